"""Entries of a model file: which kind each is, and which of their texts are expressions."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.workload.model_spec import BlockEntry, LayerEntry, ModelSpec, OperatorEntry, texts
from bohwsw.yamlfile import validate


def spec(*entries: Any) -> ModelSpec:
    return validate(ModelSpec, {"name": "net", "layers": list(entries)})


def test_the_keys_say_what_an_entry_is() -> None:
    layer, operator, block = spec(
        {"name": "a", "K": 4},
        {"name": "b", "op": "input", "K": 4},
        {"block": "c", "layers": [{"name": "a"}]},
    ).layers
    assert (type(layer), type(operator), type(block)) == (LayerEntry, OperatorEntry, BlockEntry)


@pytest.mark.parametrize(
    ("entry", "key_path", "nearest"),
    [
        (3, "layers[0]", None),
        ({"name": "a", "oop": "add"}, "layers[0].oop", "op"),
        ({"name": "a", "op": "input", "input": "b"}, "layers[0].input", "inputs"),
        ({"block": "a"}, "layers[0].layers", None),
        ({"block": "a", "layers": []}, "layers[0].layers", None),
        ({"layers": [{"name": "a"}]}, "layers[0].block", None),
        ({"block": "a", "layers": [{"name": "b", "P": 0}]}, "layers[0].layers[0].P", None),
        ({"block": "a", "repeats": 2, "layers": []}, "layers[0].repeats", "repeat"),
        ({"block": "a", "repeat": -1, "layers": [{"name": "b"}]}, "layers[0].repeat", None),
        ({"name": "a", "then": "softmax"}, "layers[0].then", None),
    ],
)
def test_what_is_refused(entry: object, key_path: str, nearest: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        spec(entry)
    assert (caught.value.key_path, caught.value.nearest) == (key_path, nearest)


def test_expressions_are_found_wherever_a_number_or_a_condition_may_stand() -> None:
    inner = {"name": "d", "op": "pool", "P": "p // i", "when": "i > j"}
    entries = [
        {"name": "a", "K": "k", "stride": [1, "s"], "bits": {"Inputs": "b"}, "inputs": "text"},
        {
            "block": "b",
            "repeat": "n",
            "index": "j",
            "when": "deep",
            "layers": [
                {"block": "c", "layers": [inner]},
            ],
        },
    ]
    found = [(t.place, t.text, t.indices, t.is_condition) for t in texts(spec(*entries).layers)]
    assert sorted(found) == [
        ("layers[0].K", "k", (), False),
        ("layers[0].bits.Inputs", "b", (), False),
        ("layers[0].stride[1]", "s", (), False),
        ("layers[1].layers[0].layers[0].P", "p // i", ("j", "i"), False),
        ("layers[1].layers[0].layers[0].when", "i > j", ("j", "i"), True),
        ("layers[1].repeat", "n", (), False),
        ("layers[1].when", "deep", (), True),
    ]

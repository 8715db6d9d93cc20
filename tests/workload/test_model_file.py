"""Networks from YAML: what is read, what is refused, and hundreds of broken files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from broken_specs import (
    NEVER_VALID,
    BrokenFile,
    BrokenTree,
    broken_files,
    broken_trees,
    result_or_error,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from bohwsw.checks import LARGEST_PRODUCT
from bohwsw.errors import SpecError, SpecWarning
from bohwsw.shipped import find_spec, shipped_names
from bohwsw.workload import CountedLayer, Edge, Layer, Operator
from bohwsw.workload.model_file import (
    load_model,
    load_network,
    model_from_dict,
    network_data,
    network_from_dict,
)
from bohwsw.workload.network import Network
from bohwsw.yamlfile import parse_yaml, yaml_text

TEXTS = {n: find_spec("models", n).read_text(encoding="utf-8") for n in shipped_names("models")}
FUZZED = [name for name in TEXTS if name not in ("gpt2", "nas-bench-201", "ofa-mobilenet-v3")]
"""Those are slow to expand, and have no key that others do not have."""


def network_of(*layers: dict[str, Any]) -> Network:
    return network_from_dict({"name": "net", "layers": list(layers)}, file="net.yaml")


def error_of(*layers: dict[str, Any]) -> SpecError:
    with pytest.raises(SpecError) as caught:
        network_of(*layers)
    assert caught.value.file == "net.yaml"
    return caught.value


def test_letters_left_out_are_one_and_steps_go_to_both_axes() -> None:
    network = network_of(
        {"name": "a", "K": 2, "stride": 2, "dilation": 3},
        {"name": "b", "G": 2, "stride": [2, 4], "dilation": [1, 5], "count": 7},
    )
    first, second = network.unique_layers()
    both = {"stride_w": 2, "stride_h": 2, "dilation_w": 3, "dilation_h": 3}
    assert first.layer == Layer("a", K=2, **both)
    assert second.layer == Layer("b", G=2, stride_w=2, stride_h=4, dilation_h=5)
    assert (first.count, second.count) == (1, 7)


def test_equal_layers_are_merged_and_the_source_is_kept() -> None:
    data = {
        "name": "net",
        "description": "two layers",
        "source": "me",
        "layers": [{"name": "a", "K": 2, "count": 2}, {"name": "b", "K": 2}],
    }
    network = network_from_dict(data)
    assert [entry.count for entry in network.unique_layers()] == [3]
    assert network.description == "two layers; source: me"


def test_a_users_own_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nlayers: [{name: fc, K: 10, C: 512}]\n")
    assert load_network(path) == load_network(str(path))
    assert load_network(path).macs == 5120


@pytest.mark.parametrize(
    ("layer", "key", "nearest"),
    [
        ({"name": "a", "strides": 2}, "strides", "stride"),
        ({"name": "a", "k": 2}, "k", "K"),
        ({"name": "a", "groups": 2}, "groups", None),
        ({"K": 2}, "name", None),
        ({"name": "", "K": 2}, "name", None),
        ({"name": "a", "K": 0}, "K", None),
        ({"name": "a", "K": -3}, "K", None),
        ({"name": "a", "K": 2.0}, "K", None),
        ({"name": "a", "K": 2**31 + 1}, "K", None),
        ({"name": "a", "count": 0}, "count", None),
        ({"name": "a", "stride": [1, 2, 3]}, "stride", None),
        ({"name": "a", "stride": [1, 0]}, "stride[1]", None),
        ({"name": "a", "dilation": 2**20}, "dilation", None),
    ],
)
def test_what_is_refused(layer: dict[str, Any], key: str, nearest: str | None) -> None:
    error = error_of({"name": "fine"}, layer)
    assert error.key_path == f"layers[1].{key}"
    assert error.nearest == nearest
    assert error.expected


def test_an_empty_network() -> None:
    assert error_of().key_path == "layers"


def test_a_name_that_occurs_twice() -> None:
    error = error_of({"name": "a"}, {"name": "b"}, {"name": "a", "K": 2})
    assert (error.key_path, error.got) == ("layers[2].name", "a")
    assert "layers[0]" in str(error)


def test_more_work_than_64_bits_can_count() -> None:
    big = {"K": 2**30, "C": 2**29}
    assert network_of({"name": "a", **big}, {"name": "b", **big}).macs == LARGEST_PRODUCT
    assert error_of({"name": "a", **big}, {"name": "b", **big, "P": 2}).key_path == "layers[1]"
    assert error_of({"name": "a", **big, "count": 3}).key_path == "layers[0]"
    wide = {"P": 2**16, "Q": 2**16, "stride": 2**16}
    assert error_of({"name": "few macs, absurd input", **wide}).key_path == "layers[0]"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("T", "3D convolution is out of scope"),
        ("D", "3D convolution is out of scope"),
        ("transposed", "not supported yet"),
        ("Deconvolution", "not supported yet"),
        ("output_padding", "not supported yet"),
    ],
)
def test_kinds_of_layers_that_are_not_there_are_refused_by_name(key: str, reason: str) -> None:
    error = error_of({"name": "a", key: 1})
    assert (error.key_path, error.got) == (f"layers[0].{key}", key)
    assert reason in error.problem


def test_numbers_of_numpy_in_plain_data() -> None:
    layer = {"name": "a", "K": np.int64(3), "P": np.int32(4), "stride": [np.uint8(2), 1]}
    assert network_of(layer).unique_layers()[0].layer == Layer("a", K=3, P=4, stride_w=2)
    assert error_of({"name": "a", "K": np.float64(3)}).key_path == "layers[0].K"
    assert error_of({"name": "a", "K": np.bool_(True)}).key_path == "layers[0].K"


def assert_refused_or_valid(
    result: Network | SpecError, kind: str, file: str, *, has_knobs: bool
) -> None:
    """The values of a knob may be fractions; nothing else may."""
    if isinstance(result, SpecError):
        assert result.file == file
        assert file in str(result)
        return
    assert kind not in (
        NEVER_VALID - {"a fraction for a whole number"} if has_knobs else NEVER_VALID
    )
    assert 0 < result.macs <= LARGEST_PRODUCT
    assert all(entry.count >= 1 for entry in result.unique_layers())


@pytest.mark.parametrize("name", FUZZED)
@settings(max_examples=24)
@given(data=st.data())
def test_broken_trees_are_refused_or_valid(name: str, data: st.DataObject) -> None:
    broken: BrokenTree = data.draw(broken_trees(TEXTS[name]))
    result = result_or_error(lambda: network_from_dict(broken.data, file="broken.yaml"))
    assert_refused_or_valid(result, broken.kind, "broken.yaml", has_knobs="knobs:" in TEXTS[name])


@pytest.mark.parametrize("name", FUZZED)
@settings(max_examples=16)
@given(data=st.data())
def test_broken_files_are_refused_or_valid(
    name: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    broken: BrokenFile = data.draw(broken_files(TEXTS[name]))
    path = tmp_path_factory.getbasetemp() / f"broken-{name}.yaml"
    path.write_bytes(broken.raw)
    result = result_or_error(lambda: load_network(path))
    assert_refused_or_valid(result, broken.kind, str(path), has_knobs="knobs:" in TEXTS[name])


@pytest.mark.parametrize("kind", ["zero", "negative", "huge", "absurd"])
def test_every_number_of_a_model_is_checked(kind: str) -> None:
    value = {"zero": 0, "negative": -1, "huge": 2**70, "absurd": 10**5000}[kind]
    tree: Any = parse_yaml(TEXTS["resnet18"], file="resnet18")

    def check(entries: list[dict[str, Any]], place: str) -> None:
        for position, entry in enumerate(entries):
            for key, sound in entry.items():
                if key == "layers":
                    check(sound, f"{place}[{position}].layers")
                if not isinstance(sound, int) or (kind == "zero" and key in ("repeat", "first")):
                    continue
                entry[key] = value
                with pytest.raises(SpecError) as caught:
                    network_from_dict(tree)
                assert caught.value.key_path == f"{place}[{position}].{key}"
                entry[key] = sound

    check(tree["layers"], "layers")


KNOBS: dict[str, Any] = {
    "name": "net",
    "knobs": {
        "width": {"values": [0.5, 1, 2]},
        "depth": {"range": [0, 3]},
        "operator": {"choices": ["conv", "separable"]},
        "bits": {"values": [4, 8]},
    },
    "constraints": ["width * depth <= 4"],
    "default": {"width": 1, "depth": 2, "operator": "conv", "bits": 8},
    "chain": True,
    "layers": [
        {"name": "image", "op": "input", "K": 3, "P": 8, "Q": 8},
        {"name": "stem", "K": "8 * width", "C": 3, "P": 8, "Q": 8, "bits": "bits"},
        {
            "block": "b",
            "repeat": "depth",
            "layers": [
                {"name": "dw", "when": "operator == 'separable'", "G": "8 * width", "P": 8, "Q": 8},
                {"name": "conv", "K": "8 * width", "C": "8 * width", "P": 8, "Q": 8},
            ],
        },
        {"name": "pool", "op": "pool", "P": 1, "Q": 1},
        {"name": "fc", "K": 10, "C": "8 * width", "bits": {"Weights": "bits"}},
    ],
}


def changed(**keys: Any) -> dict[str, Any]:
    return {**KNOBS, **keys}


def test_a_point_of_a_model_file_is_a_network() -> None:
    model = model_from_dict(KNOBS)
    assert model.space is not None
    assert [p.name for p in model.space.parameters] == ["width", "depth", "operator", "bits"]
    assert model.default == KNOBS["default"]
    assert model.network() == model.network(model.default) == network_from_dict(KNOBS)
    assert [node.name for node in model.network().nodes][1:4] == ["stem", "b.0.conv", "b.1.conv"]
    point = model.with_point({"width": 2.0, "depth": 1, "operator": "separable", "bits": 4})
    assert point == {"width": 2, "depth": 1, "operator": "separable", "bits": 4}
    stem, dw, conv, fc = model.network(point).unique_layers()
    assert (stem.layer.K, dw.layer.G, conv.layer.C, fc.layer.C) == (16, 16, 16, 16)
    assert (stem.layer.inputs_bits, fc.layer.inputs_bits, fc.layer.weights_bits) == (4, None, 4)
    assert len(model.network(model.with_point({"depth": 0})).unique_layers()) == 2


def test_a_model_without_knobs_has_no_space_and_one_network() -> None:
    model = load_model("mlp")
    assert (model.space, model.default, model.name) == (None, {}, "mlp")
    assert model.network({}) == model.network() == load_network("mlp")
    with pytest.raises(SpecError, match="unknown knob") as caught:
        model.with_point({"width": 1})
    assert caught.value.key_path == "point"


@pytest.mark.parametrize(
    ("changes", "key_path", "nearest"),
    [
        ({"widht": 1}, "point", "width"),
        ({"width": 3}, "point", None),
        ({"operator": "seperable"}, "point", "separable"),
        ({"width": 2, "depth": 3}, "point", None),
    ],
)
def test_points_that_are_refused(
    changes: dict[str, Any], key_path: str, nearest: str | None
) -> None:
    with pytest.raises(SpecError) as caught:
        model_from_dict(KNOBS, file="net.yaml").with_point(changes)
    assert (caught.value.file, caught.value.key_path) == ("net.yaml", key_path)
    assert caught.value.nearest == nearest


def layers_with(position: int, **keys: Any) -> list[dict[str, Any]]:
    layers = list(KNOBS["layers"])
    layers[position] = {**layers[position], **keys}
    return layers


@pytest.mark.parametrize(
    ("data", "key_path", "problem", "nearest"),
    [
        (changed(default={"width": 1}), "default", "not in the space", None),
        (changed(default={**KNOBS["default"], "wdith": 1}), "default", "unknown knob", "width"),
        (changed(knobs={"width": {}}), "knobs.width", "one domain", None),
        (changed(constraints=["widht > 1"]), "constraints[0]", "unknown name", "width"),
        (changed(layers=layers_with(1, K="8 * widht")), "layers[1].K", "unknown name", "width"),
        (
            changed(layers=layers_with(2, when="operator == 'con'")),
            "layers[2].when",
            "never equal",
            "conv",
        ),
        (changed(layers=layers_with(2, index="bits")), "layers[2].layers[0].G", "of a knob", None),
        (changed(layers=layers_with(2, index="and")), "layers[2].layers[0].G", "not a name", None),
        (changed(layers=layers_with(2, repeat="i")), "layers[2].repeat", "unknown name", None),
        (changed(layers=layers_with(4, K="9 * width")), "layers[4].K", "size at the default", None),
        (changed(layers=layers_with(4, bits="bits * 20")), "layers[4].bits", "not give", None),
        (changed(layers=layers_with(1, K="'8'")), "layers[1].K", "may only be compared", None),
        (changed(layers=layers_with(2, when="width + 1")), "layers[2].when", "not a cond", None),
        (
            changed(layers=layers_with(4, C="8 * max(width, 1)")),
            "layers[4].inputs",
            "cannot take the output of 'pool'.* at the default with width = 0.5, which the",
            None,
        ),
    ],
)
def test_slips_in_a_file_with_knobs(
    data: dict[str, Any], key_path: str, problem: str, nearest: str | None
) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        model_from_dict(data, file="net.yaml")
    assert (caught.value.file, caught.value.key_path) == ("net.yaml", key_path)
    assert caught.value.nearest == nearest


def test_a_knob_that_nothing_depends_on_is_warned_of() -> None:
    knobs = {**KNOBS["knobs"], "spare": {"range": [1, 2]}}
    with pytest.warns(SpecWarning, match=r"knobs\.spare: no node depends on this knob"):
        model_from_dict(changed(knobs=knobs, default={**KNOBS["default"], "spare": 1}))


def test_the_knobs_of_shipped_models_give_networks_all_over() -> None:
    rng = np.random.default_rng(0)
    for name in (name for name in TEXTS if "knobs:" in TEXTS[name]):
        model = load_model(name)
        assert model.space is not None
        for point in model.space.sample(4, rng):
            network = model.network(point)
            assert network.edges
            assert len(network.unique_layers()) <= 90


@pytest.mark.parametrize("name", shipped_names("models"))
def test_a_network_as_data_is_read_back_equal(name: str) -> None:
    network = load_network(name)
    again = network_from_dict(parse_yaml(yaml_text(network_data(network)), file="again.yaml"))
    assert (again.nodes, again.description) == (network.nodes, network.description)
    for node in network.nodes:
        for space in ("Inputs", "Weights"):
            assert again.inputs(node.name, space) == network.inputs(node.name, space)


def test_names_bits_and_axes_of_a_network_as_data() -> None:
    nodes = (
        CountedLayer(Layer("in", K=4, outputs_bits=8), 3),
        Operator("1e3", "input", K=2, bits=4),
        Operator("no: x", "concatenate"),
        Operator("wide", "concatenate", axis="P"),
    )
    edges = (*(Edge(x, "no: x") for x in ("1e3", "in", "1e3")), Edge("no: x", "wide"))
    network = Network("~", (*nodes, CountedLayer(Layer("fc", K=6, C=8, weights_bits=2))), edges)
    again = network_from_dict(parse_yaml(yaml_text(network_data(network)), file="again.yaml"))
    assert again == network


@pytest.mark.parametrize("name", ["digits-cnn", "nas-bench-201", "gpt2"])
def test_a_model_file_as_data_is_read_back_equal(name: str) -> None:
    model = load_model(name)
    again = model_from_dict(json.loads(json.dumps(model.to_data())))
    assert again.spec == model.spec
    assert again.network() == model.network()

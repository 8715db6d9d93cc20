"""Operators: the sizes that they put out, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.workload import Operator, Tensor

IMAGE = Tensor(K=64, P=56, Q=28)
GATE = Tensor(K=64)


@pytest.mark.parametrize(
    ("operator", "inputs", "expected"),
    [
        (Operator("x", "input", K=3, P=224, Q=224), [], Tensor(K=3, P=224, Q=224)),
        (Operator("x", "add"), [IMAGE, IMAGE], IMAGE),
        (Operator("x", "multiply"), [IMAGE, GATE], IMAGE),
        (Operator("x", "multiply"), [GATE, IMAGE], IMAGE),
        (Operator("x", "concatenate"), [IMAGE, IMAGE, IMAGE], Tensor(K=192, P=56, Q=28)),
        (Operator("x", "concatenate", axis="Q"), [IMAGE, IMAGE], Tensor(K=64, P=56, Q=56)),
        (Operator("x", "pool", P=28, Q=14), [IMAGE], Tensor(K=64, P=28, Q=14)),
        (Operator("x", "pool", P=1, Q=1), [IMAGE], GATE),
        (Operator("x", "normalise"), [IMAGE], IMAGE),
        (Operator("x", "activation", K=64), [IMAGE], IMAGE),
        (Operator("x", "softmax"), [GATE], GATE),
        (Operator("x", "slice", K=16), [IMAGE], Tensor(K=16, P=56, Q=28)),
        (Operator("x", "reshape", K=64 * 56 * 28), [IMAGE], Tensor(K=64 * 56 * 28)),
        (Operator("x", "reshape", K=2, P=3), [Tensor(N=4, K=6)], Tensor(N=4, K=2, P=3)),
    ],
)
def test_sizes_follow_from_the_inputs(
    operator: Operator, inputs: list[Tensor], expected: Tensor
) -> None:
    assert operator.output(inputs) == expected


@pytest.mark.parametrize(
    ("operator", "inputs", "got"),
    [
        (Operator("x", "input"), [IMAGE], 1),
        (Operator("x", "add"), [IMAGE], 1),
        (Operator("x", "activation"), [IMAGE, IMAGE], 2),
        (Operator("x", "concatenate"), [], 0),
        (Operator("x", "add"), [IMAGE, Tensor(K=32, P=56, Q=28)], "K=64 P=56 Q=28 and K=32"),
        (Operator("x", "concatenate"), [IMAGE, GATE], "K=64 P=56 Q=28 and K=64"),
        (Operator("x", "pool", P=57), [IMAGE], "K=64 P=57 Q=28"),
        (Operator("x", "pool", K=32), [IMAGE], "K=32 P=56 Q=28"),
        (Operator("x", "slice", K=65), [IMAGE], "K=65 P=56 Q=28"),
        (Operator("x", "softmax", Q=1), [IMAGE], "K=64 P=56"),
        (Operator("x", "reshape", K=64), [IMAGE], "K=64"),
    ],
)
def test_inputs_that_it_cannot_take(operator: Operator, inputs: list[Tensor], got: Any) -> None:
    with pytest.raises(SpecError, match="'x'") as caught:
        operator.output(inputs)
    assert caught.value.expected
    assert caught.value.got == got or str(caught.value.got).startswith(str(got))


@pytest.mark.parametrize(
    ("fields", "key_path", "nearest"),
    [
        ({"kind": "softmaks"}, "op", "softmax"),
        ({"kind": "add", "axis": "C"}, "axis", None),
        ({"kind": "input", "K": 0}, "K", None),
        ({"kind": "input", "P": 2**31 + 1}, "P", None),
        ({"kind": "input", "bits": 65}, "bits", None),
    ],
)
def test_what_is_refused(fields: dict[str, Any], key_path: str, nearest: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        Operator("x", **fields)
    assert (caught.value.key_path, caught.value.nearest) == (key_path, nearest)

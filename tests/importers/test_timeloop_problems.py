"""Problems are known by their projections: whatever names they have, and whatever is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from importers.timeloop_files import as_text, imported

from bohwsw.errors import SpecError
from bohwsw.workload import Layer

Projection = dict[str, list[list[list[str]]]]


def axes(text: str) -> list[list[list[str]]]:
    """``c p*s+r`` as a projection: an axis each word, a term each sum."""
    return [[term.split("*") for term in axis.split("+")] for axis in text.split()]


def problem(
    spaces: dict[str, str], sizes: dict[str, int], written: str = "Outputs", **steps: int
) -> str:
    data_spaces: list[dict[str, Any]] = [
        {
            "name": name,
            "projection": axes(text),
            **({"read-write": True} if name == written else {}),
        }
        for name, text in spaces.items()
    ]
    shape = {
        "name": "it",
        "dimensions": list(sizes),
        "data-spaces": data_spaces,
        "coefficients": [{"name": name, "default": 1} for name in steps],
    }
    return as_text({"problem": {"shape": shape, "instance": {**sizes, **steps}}})


def layer(folder: Path, text: str) -> Layer:
    found = imported(folder, text).layer
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("spaces", "expected"),
    [
        (
            {"Weights": "k c r s", "Inputs": "n c p*a+r*b q+s", "Outputs": "n k q p"},
            {"K": 2, "C": 3, "R": 5, "S": 7, "N": 11, "P": 13, "Q": 17},
        ),
        (  # the same under names that mean nothing, the input first
            {"A": "n c r*b+p*a s+q", "B": "s r c k", "Outputs": "p q k n"},
            {"K": 2, "C": 3, "R": 5, "S": 7, "N": 11, "P": 13, "Q": 17},
        ),
        (  # depthwise: a channel indexes all three
            {"W": "c r s", "I": "n c p*a+r*b q+s", "Outputs": "n c p q"},
            {"G": 3, "R": 5, "S": 7, "N": 11, "P": 13, "Q": 17},
        ),
        ({"Weights": "k r", "Inputs": "p*a+r*b", "Outputs": "k p"}, {"K": 2, "R": 5, "P": 13}),
        ({"A": "n c", "B": "c k", "Outputs": "n k"}, {"P": 11, "C": 3, "K": 2}),
        ({"Weights": "n c", "Inputs": "c k", "Outputs": "n k"}, {"K": 11, "C": 3, "P": 2}),
        ({"A": "r p c", "B": "r c k", "Outputs": "r p k"}, {"G": 5, "P": 13, "C": 3, "K": 2}),
        (  # two of rows and two that are reduced: no two share an axis
            {"A": "n p c s", "B": "c s k", "Outputs": "n p k"},
            {"N": 11, "Q": 13, "C": 3, "R": 7, "K": 2},
        ),
        ({"W": "k c", "I": "c p*a", "Outputs": "k p"}, {"K": 2, "C": 3, "P": 13}),
    ],
)
def test_products_of_two_tensors(
    spaces: dict[str, str], expected: dict[str, int], tmp_path: Path
) -> None:
    primes = {"k": 2, "c": 3, "r": 5, "s": 7, "n": 11, "p": 13, "q": 17}
    used = "".join(spaces.values())
    sizes = {dim: size for dim, size in primes.items() if dim in used}
    steps = {name: value for name, value in (("a", 4), ("b", 6)) if f"*{name}" in used}
    found = layer(tmp_path, problem(spaces, sizes, **steps))
    assert {dim: size for dim, size in found.sizes.items() if size > 1} == expected
    assert (found.stride_w, found.dilation_w) == (steps.get("a", 1), steps.get("b", 1))
    assert (found.stride_h, found.dilation_h) == (1, 1)


def test_names_of_ours_are_kept_where_they_can_be(tmp_path: Path) -> None:
    """Height first in the file: P and R stay width."""
    spaces = {"Weights": "C K R S", "Inputs": "C Q*h+S P*w+R", "Outputs": "K P Q"}
    sizes = {"Q": 5, "S": 2, "P": 6, "R": 3, "C": 4, "K": 7}
    found = layer(tmp_path, problem(spaces, sizes, h=2, w=3))
    assert {dim: getattr(found, dim) for dim in sizes} == sizes
    assert (found.stride_w, found.stride_h) == (3, 2)


@pytest.mark.parametrize(
    ("spaces", "message", "key_path"),
    [
        (
            {"W": "k c", "I": "c p", "Outputs": "k p q"},
            "q indexes Outputs only",
            "[2].projection[2]",
        ),
        ({"W": "k c", "I": "c p", "Outputs": "k+c p"}, "no single dimension", "[2].projection[0]"),
        (
            {"W": "k c r", "I": "c p+q+r", "Outputs": "k p q"},
            "no sliding window",
            "[1].projection[1]",
        ),
        (
            {"W": "c r", "I": "p*a+r", "Outputs": "c*a p"},
            "no single dimension",
            "[2].projection[0]",
        ),
        ({"W": "k+c", "I": "p+c", "Outputs": "k p"}, "both W and I have", "[1].projection[0]"),
        (
            {"W": "k c", "I": "c p", "Outputs": "k p p"},
            "indexes Outputs twice",
            "[2].projection[2]",
        ),
        (
            {"W": "k c r", "I": "c p", "Outputs": "k r p"},
            "as more dimensions do",
            "[0].projection[2]",
        ),
        (
            {"W": "c r s k", "I": "n+c p+r q+s", "Outputs": "n p q k"},
            "a third sliding axis",
            "[1].projection[2]",
        ),
        ({"W": "k c", "Outputs": "k c"}, "not a product of two tensors", "shape"),
        (
            {"W": "k z", "I": "c p", "Outputs": "k p"},
            "unknown dimension",
            "[0].projection[1][0][0]",
        ),
    ],
)
def test_other_products_say_which_projection(
    spaces: dict[str, str], message: str, key_path: str, tmp_path: Path
) -> None:
    used = sorted({c for text in spaces.values() for c in text if c.isalpha()} - {"a", "z"})
    with pytest.raises(SpecError, match=message) as caught:
        layer(tmp_path, problem(spaces, dict.fromkeys(used, 2), a=2))
    assert caught.value.key_path is not None
    assert caught.value.key_path.endswith(key_path)
    assert caught.value.file is not None
    assert ": line " in caught.value.file


def test_dimensions_of_size_1_need_no_place(tmp_path: Path) -> None:
    spaces = {"W": "k c r", "I": "c p", "Outputs": "k p r q"}
    found = layer(tmp_path, problem(spaces, {"k": 2, "c": 3, "p": 5, "r": 1, "q": 1}))
    assert found.macs == 30


def test_the_shape_that_comes_with_timeloop(tmp_path: Path) -> None:
    text = "problem: {R: 3, S: 3, P: 8, Q: 8, C: 4, K: 8, N: 1, Wstride: 2, Hstride: 1}"
    found = layer(tmp_path, text)
    assert (found.macs, found.stride_w) == (9 * 64 * 32, 2)
    with pytest.raises(SpecError, match="only the name is given"):
        layer(tmp_path, "problem: {shape: mine, R: 3}")
    with pytest.raises(SpecError, match="no size of dimension S"):
        layer(tmp_path, "problem: {instance: {R: 3}}")

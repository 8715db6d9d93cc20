"""Values of very wide columns by blocks, against all of them tried one by one."""

from __future__ import annotations

import time

import numpy as np
import pytest

from bohwsw.space import Integer, Ordinal, Space, wide_domains
from bohwsw.space.component import Component, component
from bohwsw.space.wide_domains import Ranges, open_ranges
from bohwsw.strategies import strategy

CONSTRAINTS = [
    ["a + b == 41"],
    ["a + b + c <= 50"],
    ["3 * a - 2 * b == c"],
    ["a * b <= 100", "a + c >= 20"],
    ["a * a + b * b == 625"],
    ["b // a == 3 or c > 30"],
    ["a * b % c == 0"],
    ["log2(a) + log2(b) < 6"],
]


def expanded(ranges: Ranges, shape: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    for row, start, length in zip(*ranges, strict=True):
        assert not mask[row, start : start + length].any()
        mask[row, start : start + length] = True
    return mask


def component_of(constraints: list[str]) -> Component:
    numbers = [Integer(name, 1, 40) for name in "abc"]
    (part,) = [c for c in Space(numbers, constraints)._components if c.constraints]
    return component(part.parameters, part.constraints)


@pytest.mark.parametrize("constraints", CONSTRAINTS)
def test_the_same_values_as_one_by_one(
    monkeypatch: pytest.MonkeyPatch, constraints: list[str]
) -> None:
    monkeypatch.setattr(wide_domains, "BLOCK", 4)
    part = component_of(constraints)
    rng = np.random.default_rng(0)
    width, compared = len(part.columns), 0
    rows = np.stack([rng.choice(codes, 30) for codes in part.allowed], axis=1)
    for column in range(width):
        for known in ([], [(column + 1) % width], [j for j in range(width) if j != column]):
            found = open_ranges(part, rows, known, column)
            if found is not None:
                mask = part.extend(rows, known, column)
                assert (expanded(found, mask.shape) == mask).all()
                assert (np.diff(found.row) >= 0).all()
                compared += 1
    assert compared > 0 or constraints == ["a * b % c == 0"]


def test_undefined_values_are_tried_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_domains, "BLOCK", 4)
    space = Space([Ordinal("a", [0, *range(1, 40)]), Integer("b", 1, 40)], ["a == 0 or b / a >= 2"])
    (part,) = space._components
    rows = np.arange(40, dtype=np.int32)[:, None].repeat(2, axis=1)
    found = open_ranges(part, rows, [1], 0)
    mask = part.extend(rows, [1], 0)
    assert found is None or (expanded(found, mask.shape) == mask).all()


def test_picks_are_even_over_the_values_of_a_row() -> None:
    ranges = Ranges(*map(np.array, ([0, 0, 2], [5, 20, 7], [3, 1, 2])))
    group = np.repeat([0, 1, 2], 6000)
    picked, count = ranges.pick(group, 3, np.random.default_rng(0))
    assert count[::6000].tolist() == [4, 0, 2]
    values, times = np.unique(picked[:6000], return_counts=True)
    assert values.tolist() == [5, 6, 7, 20]
    assert (abs(times - 1500) < 200).all()
    assert set(picked[12000:].tolist()) == {7, 8}


def test_wide_draws_are_valid_and_even() -> None:
    space = Space([Integer("a", 1, 50_000), Integer("b", 1, 50_000)], ["a + b == 50000"])
    rows = space.columns(space.sample_rows(2000, np.random.default_rng(0)))
    assert (rows["a"] + rows["b"] == 50_000).all()
    shares, _ = np.histogram(rows["a"], bins=10, range=(0, 50_000))
    assert (abs(shares - 200) < 70).all()


FLAGS = range(24)
KNAPSACKS = [
    " + ".join(f"{3 + 7 * i % 11} * f{i}" for i in FLAGS) + " <= 60",
    " + ".join(f"{2 + 5 * i % 13} * f{i}" for i in FLAGS) + " >= 60",
]
WIDE = {
    "two factors": ([Integer(n, 1, 65_536) for n in "ab"], ["a * b == 65536"]),
    "three factors": ([Integer(n, 1, 100_000) for n in "abd"], ["a * b * d == 30030"]),
    "sum": ([Integer(n, 1, 100_000) for n in "ab"], ["a + b == 100000"]),
    "equations": ([Integer(n, 1, 100_000) for n in "abcd"], ["a * b == 5040", "c * d == a + b"]),
    "flags": ([Integer(f"f{i}", 0, 1) for i in FLAGS], KNAPSACKS),
}


@pytest.mark.parametrize("name", WIDE)
def test_wide_spaces_take_seconds_at_most(name: str) -> None:
    began = time.process_time()
    parameters, constraints = WIDE[name]
    space = Space(parameters, constraints)
    points = strategy("bayesian", space, 0).ask(3)
    assert time.process_time() - began < 8.0
    assert not any(space.violations(point) for point in points)

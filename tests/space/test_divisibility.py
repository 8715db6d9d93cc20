"""Products that equal a whole number."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.divisors import divisors
from bohwsw.space import Factorisation, Integer, Ordinal, Space
from bohwsw.space.draw import draw


def values(space: Space, name: str) -> list[int]:
    """What propagation leaves of a parameter."""
    (component,) = [c for c in space._components if name in [p.name for p in c.parameters]]
    column = [p.name for p in component.parameters].index(name)
    return [int(component.columns[column].tables[name][c]) for c in component.allowed[column]]


@pytest.mark.parametrize(
    "text", ["a * b == 65536", "65536 == b * a", "2 * a * b == 131072", "a * b == 256 * 256"]
)
def test_only_divisors_are_left(text: str) -> None:
    space = Space([Integer(n, 1, 65_536) for n in "ab"], [text])
    assert values(space, "a") == values(space, "b") == divisors(65_536)
    assert space.size().count == 17


def test_three_factors_are_counted() -> None:
    space = Space([Integer(n, 1, 100_000) for n in "abd"], ["a * b * d == 30030"])
    assert values(space, "d") == divisors(30_030)
    assert str(space.size()) == str(3**6)


def test_what_was_chosen_has_to_divide_too() -> None:
    """Drawn column by column, no row meets a dead end."""
    space = Space([Integer(n, 1, 2_000) for n in "abcd"], ["a * b * c * d == 5040"])
    (component,) = space._components
    rows = draw(component, np.zeros((200, 4), np.int32), np.random.default_rng(0)).rows
    assert component.valid(rows).all()
    assert len(rows) == 200


def test_a_side_that_others_decide() -> None:
    numbers = [Integer(n, 1, 3_000) for n in "abc"]
    space = Space([*numbers, Integer("d", 1, 50)], ["a * b == 30 * d", "c == a + b"])
    rows = space.columns(space.sample_rows(300, np.random.default_rng(0)))
    assert (rows["a"] * rows["b"] == 30 * rows["d"]).all()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a * b == 12", {(3, 4), (4, 3), (2, 6), (6, 2), (-3, -4), (-6, -2)}),
        ("a * b == 0", {(0, 5), (0, 0), (5, 0)}),
        ("a * h == 3", {(6, 0.5), (2, 1.5)}),
    ],
)
def test_nothing_valid_is_lost(text: str, kept: set[tuple[int, float]]) -> None:
    """Negative numbers, zero, and factors that are not whole."""
    half = Ordinal("h", [x / 2 for x in range(1, 2000)])
    parameters = [Integer("a", -700, 700), half if "h" in text else Integer("b", -700, 700)]
    space = Space(parameters, [text])
    table = space.all_rows(100_000)
    assert table is not None
    columns = space.columns(table)
    found = set(zip(*(column.tolist() for column in columns.values()), strict=True))
    assert kept <= found


def test_factorisations_keep_their_products() -> None:
    space = Space(
        [Factorisation("tile", 64, 3), Integer("b", 1, 5_000)], ["tile[0] * tile[1] * b == 320"]
    )
    rows = space.columns(space.sample_rows(100, np.random.default_rng(0)))
    assert (rows["tile"][:, 0] * rows["tile"][:, 1] * rows["b"] == 320).all()

"""Names that are no identifiers: as they are where they are known, or in backticks."""

from __future__ import annotations

import pytest

from bohwsw.errors import SpecError
from bohwsw.expressions import written
from bohwsw.space import Categorical, Conditional, Factorisation, Integer, Space, parse


@pytest.mark.parametrize(
    ("text", "known", "names"),
    [
        ("my lr + b <= 1", ["my lr", "b"], ("my lr", "b")),
        ("my  lr <= 1", ["my lr", "my"], ("my lr",)),
        ("lr.x - lr <= 1", ["lr", "lr.x"], ("lr.x", "lr")),
        ("a-b - a <= 1", ["a", "b", "a-b"], ("a-b", "a")),
        ("a/b <= a", ["a", "b"], ("a", "b")),
        ("lambda * 2 <= é", ["lambda", "é"], ("lambda", "é")),
        ("kind == 'my lr' or my lr <= 3", ["my lr", "kind"], ("kind", "my lr")),
        ("not my lr or b and my lr", ["my lr", "b"], ("my lr", "b")),
        ("`1st` <= `b` + 1", ["1st", "b"], ("1st", "b")),
        ("`a + b` <= a", ["a + b", "a"], ("a + b", "a")),
        ("1.5e3 * e3 <= 2.0", ["e3", "my lr"], ("e3",)),
        ("max(my lr, 2) <= 3", ["my lr"], ("my lr",)),
    ],
)
def test_known_names(text: str, known: list[str], names: tuple[str, ...]) -> None:
    assert parse(text, known).names == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("train/loss + val.acc", ("train/loss", "val.acc")),
        ("a / b", ("a", "b")),
        ("area/2", ("area",)),
        ("my loss and top 5 acc", ("my loss", "top 5 acc")),
        ("a-b", ("a", "b")),
        ("acc@5 * x:y|z", ("acc@5", "x:y|z")),
    ],
)
def test_open_names(text: str, names: tuple[str, ...]) -> None:
    assert parse(text, is_open=True).names == names


@pytest.mark.parametrize("text", ["a b", "a.real == 1", "a @ b", "`a", "``", "a ` b"])
def test_nothing_new_is_read_without_being_asked_for(text: str) -> None:
    with pytest.raises(SpecError):
        parse(text)
    with pytest.raises(SpecError):
        parse(text, ["a", "b"])


def test_misspelt_names_and_pieces_are_shown_as_they_were_written() -> None:
    with pytest.raises(SpecError) as error:
        parse("my lrr + b <= 1", ["my lr", "b"])
    assert (error.value.got, error.value.nearest) == ("my lrr", "my lr")
    with pytest.raises(SpecError, match="my lr if b else 2") as error:
        parse("my lr if b else 2", ["my lr", "b"])
    assert error.value.key_path == "my lr if b else 2"


def test_how_a_name_is_written() -> None:
    names = ["a", "my lr", "lambda", "é", "1st", "in"]
    assert [written(name) for name in names] == [
        *("a", "`my lr`", "`lambda`", "`é`", "`1st`", "`in`")
    ]
    assert parse(" + ".join(map(written, names))).names == tuple(names)


def test_a_space_of_such_names() -> None:
    space = Space(
        [
            Categorical("my kind", ["a b", "c"]),
            Conditional(Integer("sub-x", 1, 3), "my kind == 'a b'"),
            Factorisation("my tile", 4, 2),
            Integer("?", 0, 1),
        ],
        ["my tile[0] <= sub-x", "sum(my tile) <= 4", "`?` == 1 or my kind == 'c'"],
    )
    rows = space.all_rows(100)
    assert rows is not None
    points = [space.point(row) for row in rows]
    assert {(p["my kind"], p["sub-x"], p["my tile"]) for p in points} == {
        ("c", None, (2, 2)),
        ("a b", 2, (2, 2)),
        ("a b", 3, (2, 2)),
    }
    assert {p["?"] for p in points if p["my kind"] == "a b"} == {1}
    assert all(not space.violations(point) for point in points)

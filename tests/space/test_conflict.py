"""An empty space names a smallest set of constraints that clash."""

import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Ordinal, Space


def clash(parameters, constraints):
    with pytest.raises(SpecError, match="space is empty") as error:
        Space(parameters, constraints)
    return set(error.value.got.split("; "))


def test_only_the_guilty_are_named():
    parameters = [Integer(name, 1, 20) for name in "abcd"]
    guilty = ["a * b == 30", "a + b <= 9"]
    innocent = ["a <= c", "c + d > 4", "b != d"]
    assert clash(parameters, [*innocent, *guilty]) == set(guilty)


def test_three_that_clash_only_together():
    parameters = [Integer(name, 1, 9) for name in "abc"]
    guilty = ["a < b", "b < c", "c < a"]
    assert clash(parameters, ["a + b > 1", *guilty]) == set(guilty)


def test_one_alone_can_be_impossible():
    assert clash([Ordinal("a", [1, 2, 4]), Integer("b", 1, 3)], ["a > b", "2 * a == 3"]) == {
        "2 * a == 3"
    }
    kinds = [Categorical("k", ["x", "y"]), Integer("a", 1, 3)]
    assert clash(kinds, ["k == 'x' and a > 3"]) == {"k == 'x' and a > 3"}

"""Branches take turns, the middle comes before the edges, and the strategy goes by both."""

import numpy as np
import pytest

from bohwsw.acquisition import Branches, most_central
from bohwsw.acquisition.branch_turns import MOST_BRANCHES
from bohwsw.space import Categorical, Conditional, Integer, Real, Space
from bohwsw.strategies import Outcome, TrialState, strategy

NAN = float("nan")


def tree():
    leaves = [Conditional(Real(f"{leaf}_x", 0.0, 1.0), f"leaf == '{leaf}'") for leaf in "abcd"]
    return Space([Categorical("leaf", list("abcd")), *leaves])


def rows(leaves):
    return np.array([tree().row(leaf_point(leaf, 0.5)) for leaf in leaves])


def leaf_point(leaf, value):
    return {"leaf": leaf, **{f"{name}_x": value if name == leaf else None for name in "abcd"}}


def test_rows_of_a_branch_have_the_same_name():
    names = Branches(tree()).names(rows("abacd"))
    assert names[0] == names[2]
    assert len(set(names)) == 4


def test_a_space_without_conditions_has_no_branches():
    plain, branches = Branches(Space([Integer("n", 1, 8)])), Branches(tree())
    assert not any(map(plain.are_due, range(8)))
    assert sum(map(branches.are_due, range(8))) == 2


@pytest.mark.parametrize(
    ("told", "values", "there", "expected"),
    [
        ("aab", [1.0, 2.0, 3.0], "abc", "c"),  # never tried
        ("aabbbbc", [1.0, 2.0, 3.0, 3.1, 3.2, 3.1, 3.0], "abc", "c"),  # as good, tried less
        ("abbcc", [1.0, 1.2, 3.0, 3.0, 3.0], "abc", "b"),  # tried as often, better
        ("aabbbbbbcc", [1.0, 2.0, *[NAN] * 6, 2.0, 3.0], "abc", "c"),  # always fails
    ],
)
def test_the_next_branch(told, values, there, expected):
    branches = Branches(tree())
    found = branches.next(rows(told), np.array(values), rows(there))
    assert found.name == branches.names(rows(expected))[0]
    inside = [value for leaf, value in zip(told, values, strict=True) if leaf == expected]
    assert found.values.tolist() == sorted(value for value in inside if not np.isnan(value))
    assert set(branches.names(found.rows)) <= {found.name}


def test_no_branch_is_next_where_there_is_one_or_nothing_to_compare():
    branches = Branches(tree())
    assert branches.next(rows("aa"), np.array([1.0, 2.0]), rows("a")) is None
    assert branches.next(rows("ab"), np.array([NAN, NAN]), rows("ab")) is None


def test_very_many_branches_are_left_to_the_model():
    n = int(np.log2(MOST_BRANCHES)) + 1
    flags = [Categorical(f"flag_{i}", [False, True]) for i in range(n)]
    own = [Conditional(Integer(f"n_{i}", 1, 4), f"flag_{i} == True") for i in range(n)]
    space = Space([*flags, *own])
    many = space.sample_rows(400, np.random.default_rng(0))
    assert Branches(space).next(many[:2], np.array([1.0, 2.0]), many) is None


def test_every_branch_is_searched_and_the_best_one_found():
    # Branch d is best, by little and only near 0.2; a looks best at first.
    base, aim = dict(zip("abcd", (1.2, 1.6, 1.4, 1.0), strict=True)), {"d": 0.2}
    search = strategy("bayesian", tree(), seed=0, first=[leaf_point("a", 0.5)])
    for _ in range(40):
        (point,) = search.ask()
        leaf = point["leaf"]
        value = base[leaf] + 8.0 * (point[f"{leaf}_x"] - aim.get(leaf, 0.5)) ** 2
        search.tell(point, Outcome(TrialState.COMPLETED, value))
    assert search.best.point["leaf"] == "d"
    counts = [sum(told.point["leaf"] == leaf for told in search.history) for leaf in "abcd"]
    assert min(counts) >= 2


def test_branches_take_turns_where_constraints_are_noisy_and_trials_fail():
    search = strategy("bayesian", tree(), seed=0, outcome_constraints=["heat <= 1"], n_initial=5)
    rng = np.random.default_rng(0)
    for k in range(20):
        (point,) = search.ask()
        heat = float(0.8 + 0.3 * rng.normal())
        outcome = Outcome("completed", float(k % 5), {"heat": 0.3}, metrics={"heat": heat})
        search.tell(point, outcome if k % 6 else Outcome(TrialState.FAILED))
    assert len({told.point["leaf"] for told in search.history}) == 4


def test_the_most_central_row_is_the_one_nearest_the_middle():
    space = Space([Integer("n", 0, 10), Categorical("kind", ["a", "b"])])
    rows = np.array([[0, 0], [6, 1], [9, 0]], dtype=np.int32)
    assert most_central(space, rows).tolist() == [6, 1]

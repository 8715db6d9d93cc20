"""What a model sees: groups of columns of diameter 1."""

import numpy as np
import pytest

from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Features,
    Integer,
    Ordinal,
    Permutation,
    Real,
    Space,
)


@pytest.fixture(scope="module")
def space():
    return Space(
        [
            Integer("n", 1, 5),
            Categorical("k", ["x", "y", "z"]),
            Categorical("on", [False, True]),
            Ordinal("m", [1, 2, 4, 8]),
            Real("r", 1e-4, 1, log=True),
            Factorisation("tile", 24, 3),
            Permutation("order", list("abc")),
        ]
    )


def test_groups_follow_the_kinds(space):
    groups = [0, 1, 1, 1, 2, 3, 4, 5, 6, 7, *[8] * 3, *[9] * 3, *[10] * 9]
    assert space.encoding_groups.tolist() == groups
    assert space.width == len(groups)


def test_each_group_has_diameter_one(space):
    x = space.encode_rows(space.sample_rows(1500, np.random.default_rng(0)))
    for group in range(11):
        part = np.unique(x[:, space.encoding_groups == group].round(9), axis=0)
        part = np.concatenate([part[:200], part[-200:]])
        far = np.sqrt(((part[:, None] - part[None]) ** 2).sum(axis=2).max())
        assert far == pytest.approx(1.0, abs=0.01), group
    assert x.min() >= 0.0
    assert x.max() <= 1.0


def test_different_points_look_different(space):
    rows = np.unique(space.sample_rows(500, np.random.default_rng(1)), axis=0)
    assert len(np.unique(space.encode_rows(rows), axis=0)) == len(rows)


def test_categories_are_at_distance_one(space):
    point = space.sample(1, np.random.default_rng(0))[0]
    a, b, c = space.encode([{**point, "k": k} for k in "xyz"])
    assert np.linalg.norm(a - b) == pytest.approx(1.0)
    assert np.linalg.norm(b - c) == pytest.approx(1.0)


def test_each_group_has_a_name(space):
    slots, views = [f"tile[{k}]" for k in range(3)], ("positions", "precedence", "places")
    names = ["n", "k", "on", "m", "r", *slots, *(f"order ({view})" for view in views)]
    assert list(space.encoding_names) == names
    doubled = lambda c: np.stack([c["n"], 2.0 * c["n"]], axis=1)  # noqa: E731
    features = Features(doubled, ["n", "twice"])
    mixed = Space([Integer("n", 1, 5), Permutation("o", range(40))], features=features)
    assert mixed.encoding_names == ("n", "o", "n (feature)", "twice")
    replaced = Space([Integer("n", 1, 5)], features=Features(doubled, ["n", "twice"], replace=True))
    assert replaced.encoding_names == ("n", "twice")


def test_values_that_choices_share_are_counted():
    kinds = ["a", "b", "c"]
    space = Space(
        [
            Categorical("first", kinds),
            Categorical("second", kinds),
            Integer("n", 1, 4),
            Conditional(Categorical("third", kinds), "n >= 3"),
            Categorical("other", [*kinds, "d"]),
        ]
    )
    points = [
        {"first": "a", "second": "c", "n": 1, "third": None, "other": "a"},
        {"first": "b", "second": "b", "n": 4, "third": "b", "other": "b"},
    ]
    counts = space.encode(points)[:, -3:]
    np.testing.assert_allclose(counts, [[2 / 3, 0, 2 / 3], [0, 2, 0]])
    assert space.encoding_names[-1] == "first to third (counts)"
    assert space.encoding_groups[-3:].tolist() == [5, 5, 5]
    assert space.positions(space.encode(points)).shape[1] == space.width - 3

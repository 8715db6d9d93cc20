"""Permutations: coded by position, drawn evenly, moved by swaps and insertions."""

import itertools
import math

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Permutation, Space


@pytest.mark.parametrize(
    "make",
    [
        lambda: Permutation("order", []),
        lambda: Permutation("order", "KCP"),
        lambda: Permutation("order", ["K", "K"]),
        lambda: Permutation("order", ["K", 1]),
        lambda: Permutation("order", [True, False]),
        lambda: Permutation("order", [0.5, 1.5]),
        lambda: Permutation("order", list(range(65))),
    ],
)
def test_bad_definitions_are_refused(make):
    with pytest.raises(SpecError):
        make()


@pytest.mark.parametrize("value", [("K", "C"), ("K", "C", "C"), "KCP", None, ("K", "C", "Q"), 3])
def test_what_is_no_order_of_the_items_is_refused_by_name(value):
    space = Space([Permutation("order", ["K", "C", "P"])])
    with pytest.raises(SpecError) as error:
        space.row({"order": value})
    assert error.value.key_path == "order"
    assert space.violations({"order": value})


def test_rows_hold_the_item_at_each_position():
    space = Space([Integer("n", 1, 3), Permutation("order", ["K", "C", "P"])])
    assert space.n_columns == 4
    row = space.row({"n": 2, "order": ["P", "K", "C"]})
    assert row.tolist() == [1, 2, 0, 1]
    assert space.point(row) == {"n": 2, "order": ("P", "K", "C")}
    assert space.columns(row[None, :])["order"].tolist() == [[2, 0, 1]]
    numbers = Space([Permutation("order", [10, 20])])
    assert numbers.point(numbers.row({"order": np.array([20, 10])})) == {"order": (20, 10)}
    assert [columns.tolist() for columns in space.group_columns] == [[0], [1, 2, 3]]


def test_free_orders_are_even_and_counted():
    space = Space([Permutation("order", list("abcd"))])
    rows = space.sample_rows(24 * 200, np.random.default_rng(0))
    _, counts = np.unique(rows, axis=0, return_counts=True)
    assert len(counts) == 24
    assert (abs(counts - 200) < 5 * np.sqrt(200)).all()
    assert space.size().count == 24
    assert len(space.all_rows(24)) == 24
    many = Space([Permutation("order", list(range(30)))])
    assert many.size().count == math.factorial(30)
    assert many.all_rows(10**6) is None


@pytest.mark.parametrize("table_rows", [0, 10**6])
def test_constrained_orders_are_even_too(table_rows):
    texts = ["position(order, 'a') < position(order, 'b')", "order[0] != 'c' or n >= 2"]
    space = Space(
        [Permutation("order", list("abcd")), Integer("n", 1, 3)], texts, table_rows=table_rows
    )
    expected = {
        (order, n)
        for order, n in itertools.product(itertools.permutations("abcd"), (1, 2, 3))
        if order.index("a") < order.index("b") and (order[0] != "c" or n >= 2)
    }
    points = space.sample(100 * len(expected), np.random.default_rng(0))
    counts = dict.fromkeys(expected, 0)
    for point in points:
        counts[space.key(point)] += 1
    assert min(counts.values()) > 50
    assert max(counts.values()) < 170
    if table_rows:
        assert space.size().count == len(expected)


def test_neighbours_are_swaps_and_insertions():
    space = Space([Permutation("order", list("abcd"))])
    near = {p["order"] for p in space.neighbours({"order": list("abcd")})}
    swaps = set()
    for i, j in itertools.combinations(range(4), 2):
        order = list("abcd")
        order[i], order[j] = order[j], order[i]
        swaps.add(tuple(order))
    insertions = set()
    for source, target in itertools.permutations(range(4), 2):
        order = list("abcd")
        order.insert(target, order.pop(source))
        insertions.add(tuple(order))
    assert near == swaps | insertions
    large = Space([Permutation("order", list(range(64)))])
    (point,) = large.sample(1, np.random.default_rng(0))
    assert 2016 < len(large.neighbours(point)) < 3000


def test_distances_in_the_encoding_are_the_classical_ones():
    space = Space([Permutation("order", list("abcd"))])
    orders = list(itertools.permutations("abcd"))
    x = space.encode([{"order": order} for order in orders])
    groups = space.encoding_groups
    assert np.bincount(groups).tolist() == [4, 6, 16]
    place = np.array([[order.index(item) for item in "abcd"] for order in orders])

    def squared(group):
        part = x[:, groups == group]
        return ((part[:, None] - part[None]) ** 2).sum(axis=2)

    spearman = ((place[:, None] - place[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(squared(0), spearman / spearman.max(), atol=1e-12)
    first, second = np.triu_indices(4, 1)
    before = place[:, first] < place[:, second]
    kendall = (before[:, None] != before[None]).sum(axis=2)
    np.testing.assert_allclose(squared(1), kendall / 6, atol=1e-12)
    hamming = (place[:, None] != place[None]).sum(axis=2)
    np.testing.assert_allclose(squared(2), hamming / 4, atol=1e-12)
    assert Space([Permutation("order", list(range(40)))]).width == 40
    assert Space([Permutation("order", ["only"])]).encode([{"order": ["only"]}]).tolist() == [[0.0]]


def test_an_impossible_order_names_the_clash():
    texts = [
        "position(order, 'a') < position(order, 'b')",
        "position(order, 'b') < position(order, 'c')",
        "position(order, 'c') < position(order, 'a')",
    ]
    with pytest.raises(SpecError, match="space is empty") as error:
        Space([Permutation("order", list("abcd"))], ["order[0] != 'd'", *texts])
    assert set(error.value.got.split("; ")) == set(texts)

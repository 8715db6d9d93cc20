"""Constraints as tables: nothing about their meaning changes, and bounds get tighter."""

import itertools

import numpy as np
import pytest

from bohwsw.space import Categorical, Factorisation, Integer, Real
from bohwsw.space.binding import bind
from bohwsw.space.component import component
from bohwsw.space.tabulation import tabulate

PARAMETERS = [
    Factorisation("tile", 12, 2),
    Integer("n", 1, 3),
    Categorical("k", ["x", "y"]),
    Categorical("j", ["y", "z"]),
]
COLUMNS = [column for parameter in PARAMETERS for column in parameter.columns]


@pytest.mark.parametrize(
    "text",
    [
        "tile[0] * n * tile[1] <= 24",
        "tile[0] + n + tile[1] - 1 <= 9",
        "k == 'x' or sum(tile) > 7",
        "k == j",
        "k != j and n >= 2",
        "n % tile[0] == 0",
        "n / tile[0] < 0.7 or tile[1] // n == 1",
        "not (tile[0] < n < tile[1])",
        "2 * n",
    ],
)
def test_tables_mean_what_the_text_means(text):
    if text == "2 * n":
        text = "2 * n == n + n"
    constraint = bind(text, PARAMETERS)
    part = component(PARAMETERS, [constraint])
    rows = np.array(list(itertools.product(*(range(c.n_values) for c in COLUMNS))), dtype=np.int32)
    names = [p.name for p in PARAMETERS]
    expected = [
        constraint.violation(
            {n: p.value(row[[j]]) for j, (n, p) in enumerate(zip(names, PARAMETERS, strict=True))}
        )
        is None
        for row in rows
    ]
    assert part.valid(rows).tolist() == expected


def test_factors_of_one_parameter_become_one_table_wherever_they_stand():
    tabulated = tabulate(
        bind("tile[0] * n * tile[1] <= 24", PARAMETERS).expression.tree, COLUMNS, {}
    )
    assert sorted(leaf.column for leaf in tabulated.leaves) == [0, 1]
    (product,) = (leaf for leaf in tabulated.leaves if leaf.column == 0)
    assert product.table.tolist() == [12.0] * 6


def test_real_factors_are_not_reordered():
    parameters = [Real("x", 0, 1), Integer("n", 1, 3), Integer("m", 1, 3)]
    columns = [column for parameter in parameters for column in parameter.columns]
    tabulated = tabulate(bind("n * x * n * m <= 2", parameters).expression.tree, columns, {})
    assert sorted(leaf.column for leaf in tabulated.leaves) == [0, 1, 1, 2]


def test_values_that_a_constraint_cannot_tell_apart_are_one_kind():
    part = component(PARAMETERS, [bind("tile[0] <= 3 or n == 1", PARAMETERS)])
    (propagator,) = part.propagators
    assert len(propagator.alike(0, part.allowed[0])[1]) == 2
    assert len(propagator.alike(1, part.allowed[1])[1]) == 2

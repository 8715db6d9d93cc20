"""Features of cells: paths by hand, equal networks alike, what is no cell refused."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Space
from bohwsw.strategies import BayesianStrategy, Outcome, explain_run
from bohwsw.workload import cell_features

OPERATORS = ["none", "skip", "conv", "pool"]
EDGES = {"a": (0, 1), "b": (0, 2), "c": (1, 2), "d": (0, 3), "e": (1, 3), "f": (2, 3)}
FEATURES = cell_features(EDGES, OPERATORS, absent="none", identity="skip")
SPACE = Space([Categorical(name, OPERATORS) for name in EDGES], features=FEATURES)


def of(*operators):
    point = dict(zip(EDGES, operators, strict=True))
    row = SPACE.row(point)[None]
    (found,) = FEATURES.raw(SPACE.columns(row), 1)
    return dict(zip(FEATURES.names, found.tolist(), strict=True))


def test_only_what_lies_on_paths_counts():
    found = of("conv", "pool", "none", "skip", "conv", "none")  # b leads nowhere
    assert found == {
        "skip on paths": 1,
        "conv on paths": 2,
        "pool on paths": 0,
        "most conv on a path": 2,
        "most pool on a path": 0,
        "paths": 2,
        "longest path": 2,
        "shortest path": 0,
    }
    assert found == of("conv", "none", "none", "skip", "conv", "pool")
    dead = of("conv", "none", "none", "none", "none", "pool")
    assert (dead["paths"], dead["conv on paths"], dead["longest path"]) == (0, 0, 0)
    assert of(*["conv"] * 6)["longest path"] == 3


def test_they_share_a_length_scale_that_has_a_name():
    groups = SPACE.encoding_groups
    assert set(groups[-len(FEATURES.names) :]) == {groups.max()}
    assert SPACE.encoding_names[-1] == "skip on paths to shortest path"
    assert len(SPACE.encoding_names) == groups.max() + 1
    search = BayesianStrategy(SPACE, 1, n_initial=6)
    for _ in range(10):
        (point,) = search.ask()
        value = -sum(operator == "conv" for operator in point.values())
        search.tell(point, Outcome("completed", float(value)))
    assert "skip on paths to shortest path" in explain_run(search).objectives["objective"].weights


@pytest.mark.parametrize(
    ("edges", "message"),
    [({"a": (1, 0)}, "not an edge"), ({"a": (0, 1), "b": (2, 3)}, "no path"), ({}, "no path")],
)
def test_what_is_no_cell_is_refused(edges, message):
    with pytest.raises(SpecError, match=message):
        cell_features(edges, OPERATORS)


def test_features_do_not_depend_on_how_many_points_are_asked_about():
    rows = SPACE.sample_rows(50, np.random.default_rng(0))
    together = FEATURES.raw(SPACE.columns(rows), 50)
    alone = [FEATURES.raw(SPACE.columns(row[None]), 1)[0] for row in rows]
    np.testing.assert_array_equal(together, alone)

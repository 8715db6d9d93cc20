"""Objectives over neighbours and scenarios in joint searches."""

import pytest
from toy_model import Asked, quick_recipe, toy_problem

from bohwsw.errors import SpecError


def searcher(objective, **options):
    recipe = quick_recipe(strategy=options.pop("strategy", "reusing"))
    return toy_problem(Asked(), objectives=objective, recipe=recipe, **options).searcher()


def test_neighbours_of_what_is_measured_are_networks():
    chosen = searcher("robust(accuracy, neighbours, mean)")
    row = chosen.space.row(chosen.ask()[0])
    near = chosen._groups(row)
    moved = chosen.space.columns(near)
    assert len(near) > 1
    assert len({moved["entries"][k] for k in range(len(near))}) == 1
    assert len(set(moved["width"])) > 1
    assert list(chosen.tried.columns)  # still the search that tries networks again
    both = searcher("robust(accuracy, neighbours, mean), robust(edp, neighbours, worst)")
    assert [str(x) for x in both.aggregates] == ["mean", "worst"]
    near = both._groups(row)
    assert len(set(both.space.columns(near)["entries"])) > 1


def test_what_cannot_be_is_named():
    fixed = {"width": 4, "depth": 1, "weight_bits": 8}
    with pytest.raises(SpecError, match="no neighbours"):
        searcher("robust(accuracy, neighbours, mean)", knobs=fixed)
    with pytest.raises(SpecError, match="does not know neighbours"):
        searcher("robust(accuracy, neighbours, mean)", strategy="random")
    with pytest.raises(SpecError, match="one scenario only"):
        searcher("worst(accuracy)")
    with pytest.raises(SpecError, match="nearest:  accuracy"):
        searcher("worst(accuracy, acuracy)")

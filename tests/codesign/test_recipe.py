"""Recipes: which inner search serves which machine."""

from __future__ import annotations

import pytest

from bohwsw.codesign.recipe import best_recipe, frugal_recipe, recipe
from bohwsw.errors import SpecError


def test_best_opens_like_frugal_and_goes_on_with_annealing() -> None:
    best, frugal = best_recipe(), frugal_recipe()
    assert best.opening is not None
    first, last, after = (best.at(trial) for trial in (0, best.opening.trials - 1, 25))
    for opened in (first, last):
        assert (opened.mapper, opened.evaluations) == (frugal.mapper, frugal.evaluations)
    assert (after.mapper, after.evaluations) == (best.mapper, best.evaluations)
    assert first.at(99) == first
    assert frugal.at(0) == frugal.at(99) == frugal


def test_a_budget_that_is_given_is_that_of_all_machines() -> None:
    changed = best_recipe().changed(evaluations=500)
    assert changed.at(0) == changed.at(99) == changed
    assert best_recipe().changed(trials=3).opening == best_recipe().opening


def test_no_recipe_of_that_name() -> None:
    with pytest.raises(SpecError, match="frugal"):
        recipe("frugl")

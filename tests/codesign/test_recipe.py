"""Recipes: which inner search serves which machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bohwsw.codesign.recipe import FirstLook, best_recipe, paper_recipe, recipe
from bohwsw.errors import SpecError


def test_best_opens_with_bounds_and_goes_on_with_annealing() -> None:
    best, paper = best_recipe(), paper_recipe()
    opening = best.opening
    assert opening is not None
    first, last, after = (best.at(trial) for trial in (0, opening.trials - 1, opening.trials))
    assert first == last == first.at(99)
    assert (first.mapper.name, first.evaluations) == ("branch-and-bound", opening.evaluations)
    assert (after.mapper.name, after.evaluations) == ("annealing", best.evaluations)
    assert paper.at(0) == paper.at(99) == paper


def test_a_budget_that_is_given_is_that_of_all_machines() -> None:
    changed = best_recipe().changed(evaluations=500)
    assert changed.at(0) == changed.at(99) == changed
    assert best_recipe().changed(trials=3).opening == best_recipe().opening


def test_a_first_look_is_for_annealing_after_the_opening() -> None:
    best = replace(best_recipe(), first_look=FirstLook(1_000, 0.5))
    assert best.at(0).first_look is None
    assert best.at(99).first_look == FirstLook(1_000, 0.5)
    assert best.changed(evaluations=500).first_look is None


def test_no_recipe_of_that_name() -> None:
    with pytest.raises(SpecError, match="paper"):
        recipe("papr")

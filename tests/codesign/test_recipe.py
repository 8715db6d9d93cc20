"""Recipes: which inner search serves which machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bohwsw.codesign import FirstLook, best_recipe, named_recipe, paper_recipe
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
        named_recipe("papr")


@pytest.mark.parametrize("key", ["trials", "evaluations"])
def test_budgets_may_be_of_numpy_and_have_limits(key: str) -> None:
    changed = replace(best_recipe(), **{key: np.int64(7)})
    assert (getattr(changed, key), type(getattr(changed, key))) == (7, int)
    for wrong in (0, True, 2.0, 2**70):
        with pytest.raises(SpecError) as caught:
            replace(best_recipe(), **{key: wrong})
        assert caught.value.key_path == key
        assert "a whole number from 1 to" in str(caught.value.expected)

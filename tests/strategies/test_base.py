"""Outcomes: the four states and what belongs to each."""

import numpy as np
import pytest

from bohwsw.errors import BohwswError, SpecError
from bohwsw.strategies import Outcome, SpaceExhaustedError, TrialState


def test_states_come_from_their_names():
    assert Outcome("completed", 1).objective == 1.0
    assert type(Outcome(TrialState.COMPLETED, np.float64(2)).objective) is float
    assert Outcome("infeasible", reason="area").state is TrialState.INFEASIBLE


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf])
def test_what_is_not_finite_is_refused_by_name(value):
    with pytest.raises(SpecError, match="the value is not finite") as error:
        Outcome(TrialState.COMPLETED, value)
    assert error.value.key_path == "objective"


@pytest.mark.parametrize(
    ("state", "objective"),
    [
        ("completed", None),
        ("completed", "3"),
        ("completed", True),
        ("infeasible", 3.0),
        ("failed", float("nan")),
        ("done", 3.0),
        (None, None),
    ],
)
def test_what_does_not_belong_together_is_refused(state, objective):
    with pytest.raises(SpecError):
        Outcome(state, objective)


def test_exhaustion_is_one_of_our_errors():
    assert issubclass(SpaceExhaustedError, BohwswError)

"""Evaluators: whatever turns parameters into measured values, and what their results mean.

An evaluator is called with a dictionary of parameters and returns measured values by name, each a
number or a pair (mean, standard error); or one number, if there is one objective; or an `Outcome`.
It says that a point is not feasible by raising `Infeasible`. Whatever else it raises, or a value
that is not a finite number, is a failure: of the evaluator, not of the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.strategies.outcome import OBJECTIVE, Outcome, TrialState

Evaluator = Callable[[dict[str, Any]], Any]


class Infeasible(Exception):
    """Raised by an evaluator: it worked, and the answer is that the point breaks a constraint.

    Args:
        reason: which constraint, with value and limit; for people.
    """


def evaluate(evaluator: Evaluator, parameters: Mapping[str, Any]) -> Outcome:
    """Call an evaluator; whatever happens is an outcome, never an exception.

    Args:
        evaluator: what to call.
        parameters: passed on as a new dictionary.
    """
    try:
        return outcome_of(evaluator(dict(parameters)))
    except Infeasible as answer:
        return Outcome(TrialState.INFEASIBLE, reason=str(answer) or "infeasible")
    except (Exception, SystemExit) as error:
        return failure(f"{type(error).__name__}: {error}")


def failure(reason: str) -> Outcome:
    """The outcome of an evaluator that broke."""
    return Outcome(TrialState.FAILED, reason=reason)


def outcome_of(result: Any) -> Outcome:
    """What an evaluator returned as an outcome.

    Args:
        result: measured values by name, each a number or a pair (mean, standard error, which may
            be None); one number, the only objective; or an outcome, which is returned as it is.

    Raises:
        SpecError: it is none of these, or a number is not finite.
    """
    if isinstance(result, Outcome):
        return result
    values = result if isinstance(result, Mapping) else {OBJECTIVE: result}
    means: dict[str, Any] = {}
    deviations: dict[str, Any] = {}
    for name, value in values.items():
        means[str(name)], deviation = _mean_and_deviation(value, str(name))
        if deviation is not None:
            deviations[str(name)] = deviation
    return Outcome(
        TrialState.COMPLETED,
        means.pop(OBJECTIVE, None),
        metrics=means,
        deviation=deviations or None,
    )


def _mean_and_deviation(value: Any, name: str) -> tuple[Any, Any]:
    if not isinstance(value, tuple | list):
        return value, None
    if len(value) != 2:
        raise SpecError(
            "not a measured value",
            key_path=name,
            got=value,
            expected="a number, or a pair: mean and standard error (None if it is not known)",
        )
    return value[0], value[1]

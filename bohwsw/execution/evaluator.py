"""Evaluators: whatever turns parameters into measured values, and what their results mean.

An evaluator is called with a dictionary of parameters and returns measured values by name, each a
number or a pair (mean, standard error); or one number, if there is one objective; or an `Outcome`.
It says that a point is not feasible by raising `Infeasible`. Whatever else it raises, or a value
that is not a finite number, is a failure: of the evaluator, not of the point. It is an ordinary
function: what an ``async def`` returns is refused by name, on every executor alike.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.strategies import OBJECTIVE, Outcome, TrialState, as_float

Evaluator = Callable[[dict[str, Any]], Any]

_OTHER_FUNCTIONS = (
    (inspect.iscoroutinefunction, "coroutine"),
    (inspect.isasyncgenfunction, "generator"),
    (inspect.isgeneratorfunction, "generator"),
)
ORDINARY_FUNCTION = (
    "an ordinary function; around a coroutine: lambda point: asyncio.run(evaluator(point))"
)


class Infeasible(Exception):
    """Raised by an evaluator: it worked, and the answer is that the point breaks a constraint.

    What it says is for people: which constraint, with value and limit.
    """


def evaluate(evaluator: Evaluator, parameters: Mapping[str, Any]) -> Outcome:
    """Call an evaluator; whatever happens is an outcome, never an exception."""
    try:
        return outcome_of(evaluator(dict(parameters)))
    except Infeasible as error:
        return Outcome(TrialState.INFEASIBLE, reason=str(error) or "infeasible")
    except SpecError as error:
        return refused(error)
    except (Exception, SystemExit) as error:
        return failure(error_text(error))


def require_ordinary(evaluator: Evaluator) -> None:
    """Refuse what is no evaluator, or gives a coroutine, before a trial is spent on it."""
    if not callable(evaluator):
        raise SpecError(
            "not an evaluator", key_path="evaluator", got=evaluator, expected=ORDINARY_FUNCTION
        )
    for is_kind, kind in _OTHER_FUNCTIONS:
        if is_kind(evaluator) or is_kind(evaluator.__call__):  # type: ignore[operator]
            raise SpecError(
                f"the evaluator gives a {kind}, no measured values",
                key_path="evaluator",
                got=evaluator,
                expected=ORDINARY_FUNCTION,
            )


def error_text(error: BaseException) -> str:
    """Kind and text of an error, even if its text raises another."""
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:
        return type(error).__name__


def failure(reason: str) -> Outcome:
    """The outcome of an evaluator that broke."""
    return Outcome(TrialState.FAILED, reason=reason)


def refused(error: SpecError) -> Outcome:
    """The outcome of an evaluator whose result is not what it must be."""
    return failure(" ".join(str(error).split()))


def outcome_of(result: Any) -> Outcome:
    """What an evaluator returned as an outcome.

    Args:
        result: measured values by name, each a number or a pair (mean, standard error, which may
            be None or NaN); one number, the only objective; or an outcome, returned as it is.

    Raises:
        SpecError: it is none of these, or a number is not finite.
    """
    if isinstance(result, Outcome):
        return result
    if inspect.iscoroutine(result):
        result.close()  # or Python complains that nobody has awaited it
        raise SpecError("a coroutine is no measured value", got=result, expected=ORDINARY_FUNCTION)
    if result is None:
        raise SpecError(
            "a completed trial needs an objective, there is no value at all",
            expected="measured values by name",
        )
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
    mean, deviation = value
    number = as_float(deviation)
    is_known = number is None or not math.isnan(number)
    return mean, deviation if is_known else None

"""What came of evaluating a point, and what a strategy keeps of it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.space import Point

OBJECTIVE = "objective"
"""The name under which `Outcome.objective` stands among the measured values."""


class TrialState(StrEnum):
    """How an evaluation ended."""

    COMPLETED = "completed"
    """It gave an objective."""
    INFEASIBLE = "infeasible"
    """It worked, and the answer is that the point breaks a constraint: something to learn from."""
    FAILED = "failed"
    """The evaluator broke (exception, time-out, NaN): says nothing about the point."""
    ABANDONED = "abandoned"
    """It was given up."""


@dataclass(frozen=True)
class Outcome:
    """What came of evaluating a point.

    Attributes:
        state: how it ended.
        objective: the value to be minimised; finite. A completed trial has it, unless all its
            objectives are among the ``metrics``; no other state has one.
        reason: why it is not feasible, why it failed; for people.
        metrics: further measured values by name, finite: what outcome constraints speak of, and
            the objectives if there are several. An infeasible trial may have some too.
        deviation: standard deviation of the measured objective, if it is known to be noisy; or of
            several measured values by name.
    """

    state: TrialState
    objective: float | None = None
    reason: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    deviation: float | Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        state = _state(self.state)
        put = partial(object.__setattr__, self)
        put("state", state)
        put("metrics", _metrics(self.metrics, state))
        if self.reason is not None:
            put("reason", str(self.reason))  # of an exception, for one
        if isinstance(self.deviation, Mapping):
            each = {name: self._deviation(name, d) for name, d in self.deviation.items()}
            put("deviation", each)
        elif self.deviation is not None:
            put("deviation", self._deviation(OBJECTIVE, self.deviation))
        if state is TrialState.COMPLETED:
            if self.objective is not None:
                put("objective", _finite(self.objective, OBJECTIVE))
            elif not self.metrics:
                raise SpecError("a completed trial needs an objective", key_path=OBJECTIVE)
        elif self.objective is not None:
            raise SpecError(
                "only a completed trial has an objective",
                key_path=OBJECTIVE,
                got=self.objective,
                expected=f"none with state {state.value}",
            )

    @property
    def values(self) -> dict[str, float]:
        """All measured values by name, the objective as ``objective``."""
        main = {} if self.objective is None else {OBJECTIVE: self.objective}
        return {**main, **self.metrics}

    @property
    def deviations(self) -> dict[str, float]:
        """Standard deviations by name, of the measured values that have one."""
        if self.deviation is None:
            return {}
        if isinstance(self.deviation, Mapping):
            return dict(self.deviation)
        return {OBJECTIVE: self.deviation}

    def as_data(self) -> dict[str, Any]:
        """The outcome as dicts, numbers and text, ready for JSON; see `outcome_from_data`."""
        return {
            "state": self.state.value,
            "objective": self.objective,
            "reason": self.reason,
            "metrics": dict(self.metrics),
            "deviation": copy(self.deviation),
        }

    def _deviation(self, name: str, value: object) -> float:
        key_path = "deviation" if name == OBJECTIVE else f"deviation.{name}"
        deviation = _finite(value, key_path)
        if deviation < 0.0 or name not in self.values:
            raise SpecError(
                "a deviation belongs to an objective or a metric and is not negative",
                key_path=key_path,
                got=value,
            )
        return deviation


def outcome_from_data(data: Mapping[str, Any]) -> Outcome:
    """An outcome from what `Outcome.as_data` gave; a SpecError if it is not one."""
    try:
        return Outcome(**data)
    except TypeError:
        raise SpecError("not an outcome", got=data, expected="what as_data gave") from None


@dataclass(frozen=True)
class Told:
    """One point of the history with its outcome."""

    point: Point  # what was evaluated
    outcome: Outcome  # what came of it
    violations: tuple[float | None, ...] = ()
    """By how much each outcome constraint is broken; 0 or less is met. None where the trial does
    not say."""

    @property
    def is_feasible(self) -> bool:
        """Whether it completed and meets every outcome constraint."""
        return self.outcome.state is TrialState.COMPLETED and all(
            violation is not None and violation <= 0.0 for violation in self.violations
        )


def _state(state: object) -> TrialState:
    try:
        return TrialState(state)  # type: ignore[arg-type]
    except ValueError:
        raise SpecError(
            "unknown trial state", got=state, expected="one of " + ", ".join(TrialState)
        ) from None


def _metrics(metrics: object, state: TrialState) -> dict[str, float]:
    if not isinstance(metrics, Mapping):
        raise SpecError("metrics must be a mapping", got=metrics, expected="name: number")
    if metrics and state not in (TrialState.COMPLETED, TrialState.INFEASIBLE):
        raise SpecError(
            "only a completed or infeasible trial has metrics",
            got=dict(metrics),
            expected=f"none with state {state.value}",
        )
    if OBJECTIVE in metrics:
        raise SpecError(
            "a metric cannot have this name", got=OBJECTIVE, expected="the field `objective`"
        )
    return {str(name): _finite(value, f"metrics.{name}") for name, value in metrics.items()}


def _finite(value: object, key_path: str) -> float:
    number = as_float(value)
    if number is None:
        raise SpecError("not a number", key_path=key_path, got=value, expected="a number")
    if not math.isfinite(number):
        expected = "a number; report a broken evaluation as failed"
        raise SpecError("the value is not finite", key_path=key_path, got=number, expected=expected)
    return number


def as_float(value: object) -> float | None:
    """The float of a number of any kind, None for all else: text, truth values, complex numbers.

    Numbers are Python's own, decimals and fractions, those of NumPy, and arrays or tensors of one
    element, which say what they are by ``item``.
    """
    plain: Any = value
    if callable(item := getattr(value, "item", None)) and not isinstance(value, type):
        try:
            plain = item()
        except Exception:  # of several elements, or what else has such a method
            return None
    if isinstance(plain, bool) or not isinstance(plain, numbers.Real | Decimal):
        return None
    try:
        return float(plain)
    except OverflowError:  # a whole number or a fraction beyond all floats
        return math.inf
    except ValueError:  # a signalling NaN
        return math.nan

"""Objectives and outcome constraints as text: what is measured, and what strategies minimise.

``-edp`` minimises edp, ``edp`` maximises it, ``-edp, -area_mm2`` asks for a Pareto front,
``2 * accuracy - energy_pj`` maximises the sum: the language of Ax 1.x, with any arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bohwsw.errors import SpecError, nearest_name
from bohwsw.space import Expression
from bohwsw.strategies.goals import Goals, of_measured, propagated_deviation
from bohwsw.strategies.outcome import OBJECTIVE, Outcome, TrialState

_MEASURED_OBJECTIVE = "measured objective"
"""What a strategy calls a measured ``objective`` where it minimises something else of that name."""

Pair = tuple[float, float]
"""Mean and standard deviation."""

EXPECTED = "such as '-edp', 'accuracy', '-edp, -area_mm2' or '2 * accuracy - energy_pj'"


@dataclass(frozen=True)
class Optimisation:
    """What a study aims at.
    Raises:
        SpecError: one of them is not what it must be; or it is relative to a baseline.
    """

    objective: str  # expressions of measured values, divided by commas; each is maximised
    outcome_constraints: Sequence[str] = ()
    """Comparisons of measured values, such as ``area_mm2 <= 12``."""

    def __post_init__(self) -> None:
        if isinstance(self.outcome_constraints, str):
            raise SpecError("outcome constraints must be a list", got=self.outcome_constraints)
        object.__setattr__(self, "outcome_constraints", tuple(self.outcome_constraints))
        for expression in self.maximised:
            if expression.is_condition or not expression.names:
                raise SpecError("not an objective", got=expression.text, expected=EXPECTED)
        for constraint in self.measured.constraints:
            if "baseline" in constraint.names():
                raise SpecError(
                    "a constraint relative to a baseline is not supported",
                    got=constraint.text,
                    expected="a limit in the units of the value",
                )

    @cached_property
    def maximised(self) -> tuple[Expression, ...]:
        """One expression of measured values an objective, before anything is measured."""
        return self.over(())

    def over(self, measured: Iterable[str]) -> tuple[Expression, ...]:
        """The same where there are measured values of these names; see `of_measured`."""
        if not isinstance(self.objective, str):
            raise SpecError("not an objective", got=self.objective, expected=EXPECTED)
        return tuple(of_measured(part, "'-edp'", measured) for part in _parts(self.objective))

    @cached_property
    def measured(self) -> Goals:
        """The constraints on measured values, which the measured values themselves answer."""
        return Goals.of([OBJECTIVE], self.outcome_constraints)

    def names(self, measured: Iterable[str] = ()) -> tuple[str, ...]:
        """The measured values that a completed trial must have, those of the objectives first.

        Args:
            measured: names of values that there are; see `of_measured`.
        """
        given = frozenset(measured)
        named = [expression.names for expression in self.over(given)]
        named += [constraint.names(given) for constraint in self.measured.constraints]
        return tuple(dict.fromkeys(name for names in named for name in names))

    @property
    def objectives(self) -> tuple[str, ...]:
        """What the strategy calls the objectives, which it minimises."""
        if len(self.maximised) == 1 and not self.outcome_constraints:
            return (OBJECTIVE,)
        return tuple(f"minus {expression.text}" for expression in self.maximised)

    def told(self, measured: Outcome) -> Outcome:
        """What a strategy is told of measured values.

        The objectives to be minimised, and every measured value by its name, of infeasible trials
        as well: constraints and predictions learn from them.

        Raises:
            SpecError: a completed trial lacks a value, or the arithmetic is undefined there.
        """
        values, metrics = measured.values, dict(measured.metrics)
        deviations = dict(measured.deviations)
        if measured.state is TrialState.INFEASIBLE:
            try:
                self._require_defined(values)
            except SpecError:
                metrics, deviations = {}, {}
        if measured.state is not TrialState.COMPLETED:
            return replace(measured, metrics=metrics, deviation=deviations or None)
        self.require_values(values)
        self._require_defined(values)
        objective = measured.objective
        if self.objectives == (OBJECTIVE,) and objective is not None:
            metrics[_MEASURED_OBJECTIVE] = objective
        for name, expression in zip(self.objectives, self.over(values), strict=True):
            minimised = -_number(expression, values)
            spread = propagated_deviation(
                expression.evaluate, expression.names, values, measured.deviations
            )
            if name == OBJECTIVE:
                objective = minimised
                deviations.pop(OBJECTIVE, None)
            else:
                metrics[name] = minimised
            if spread is not None:
                deviations[name] = spread
        return Outcome(
            TrialState.COMPLETED, objective, metrics=metrics, deviation=deviations or None
        )

    def of_predicted(self, predicted: Mapping[str, Pair]) -> dict[str, Pair]:
        """The values that the goals speak of, among those that a strategy predicts."""
        values = {name: pair for name, pair in predicted.items() if name not in self.objectives}
        if _MEASURED_OBJECTIVE in values:
            values[OBJECTIVE] = values.pop(_MEASURED_OBJECTIVE)
        return {name: values[name] for name in self.names(values) if name in values}

    def _require_defined(self, values: Mapping[str, float]) -> None:
        """Look whether the constraints have a value, or are not measured at all."""
        for constraint in self.measured.constraints:
            constraint.violation(values)

    def require_values(self, given: Iterable[str]) -> None:
        """Look whether a completed trial has every value that the goals speak of.

        Raises:
            SpecError: one is missing; says which of the others looks most like it.
        """
        values = list(given)
        names = self.names(values)
        for name in names:
            if name not in values:
                raise SpecError(
                    "a measured value is missing",
                    key_path=name,
                    got=", ".join(values),
                    expected=f"values of {', '.join(names)}",
                    nearest=nearest_name(name, [v for v in values if v not in names]),
                )

    def named(self, measured: Outcome) -> Outcome:
        """A measurement without a name, by the name of the only value that the goals speak of."""
        names = self.names(measured.values)
        if list(measured.values) != [OBJECTIVE] or len(names) != 1 or names[0] == OBJECTIVE:
            return measured
        (name,) = names
        deviation = measured.deviations.get(OBJECTIVE)
        return Outcome(
            measured.state,
            metrics={name: measured.values[OBJECTIVE]},
            deviation=None if deviation is None else {name: deviation},
        )

    def is_feasible(self, measured: Outcome) -> bool:
        """Whether a trial completed and meets all outcome constraints."""
        if measured.state is not TrialState.COMPLETED:
            return False
        values = measured.values
        violations = [constraint.violation(values) for constraint in self.measured.constraints]
        return all(violation is not None and violation <= 0.0 for violation in violations)

    def minimised(self, measured: Outcome) -> tuple[float, ...]:
        """The objectives of a completed trial, smaller is better."""
        values = measured.values
        return tuple(-_number(expression, values) for expression in self.over(values))


def _parts(text: str) -> Sequence[str]:
    """The parts between commas that are not inside brackets."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _number(expression: Expression, values: Mapping[str, float]) -> float:
    return float(expression.evaluate(values))

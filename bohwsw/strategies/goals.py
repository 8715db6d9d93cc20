"""What a strategy aims at: objectives to be minimised under outcome constraints.

The names of measured values are only known when something is measured: ``-train/loss`` speaks of
``train/loss`` where a trial measures that, and of a quotient where it measures ``train`` and
``loss``. So a text is read anew for every set of names that trials report. Where none of its names
is known yet, words that are joined without spaces are one name, as in Ax.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.errors import SpecError, unknown_name
from bohwsw.expressions import Comparison, Name, walk
from bohwsw.space import Expression, checked
from bohwsw.strategies.outcome import OBJECTIVE, Outcome, TrialState

CONSTRAINT = "one comparison of measured values, such as 'area_mm2 <= 12'"


def of_measured(text: str, example: str, measured: Iterable[str] = ()) -> Expression:
    """Read an expression of measured values, of which these are known by name.

    The example is what it could have been, for messages.

    Raises:
        SpecError: it is not an expression.
    """
    return _read(text, example, frozenset(measured))


@lru_cache(maxsize=512)
def _read(text: str, example: str, measured: frozenset[str]) -> Expression:
    return checked(text, None, example, known=sorted(measured), is_open=True)


@lru_cache(maxsize=512)
def _sides(text: str, measured: frozenset[str]) -> tuple[Expression, Expression]:
    """The side of an outcome constraint that must not exceed the other, and the other."""
    expression = _read(text, "'area_mm2 <= 12'", measured)
    tree = expression.tree
    if (
        not isinstance(tree, Comparison)
        or len(tree.operators) != 1
        or tree.operators[0] not in ("<", "<=", ">", ">=")
        or not expression.names
    ):
        raise SpecError("not an outcome constraint", got=expression.text, expected=CONSTRAINT)
    left, right = (
        Expression(
            expression.text,
            side,
            tuple(dict.fromkeys(node.identifier for node in walk(side) if isinstance(node, Name))),
        )
        for side in tree.operands
    )
    return (left, right) if tree.operators[0] in ("<", "<=") else (right, left)


def propagated_deviation(
    function: Callable[[Mapping[str, float]], Any],
    names: Iterable[str],
    values: Mapping[str, float],
    deviations: Mapping[str, float],
) -> float | None:
    """Standard deviation of a function of independent measured values.

    The delta method, with the mean change by a step of one deviation up and down, where the
    function is defined; values without a deviation count as exact.

    Returns:
        None if none of the named values has a deviation.
    """
    noisy = [name for name in names if name in deviations]
    if not noisy:
        return None
    middle = float(function(values))
    changes = []
    for name in noisy:
        sides = []
        for moved in (values[name] + deviations[name], values[name] - deviations[name]):
            with suppress(SpecError):
                sides.append(abs(float(function({**values, name: moved})) - middle))
        changes.append(float(np.mean(sides)) if sides else 0.0)
    return math.hypot(*changes)


@dataclass(frozen=True)
class OutcomeConstraint:
    """A condition on measured values, such as ``area_mm2 <= 12``.
    Raises:
        SpecError: it is no comparison of measured values.
    """

    text: str  # as it was written

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise SpecError("not an outcome constraint", got=self.text, expected=CONSTRAINT)
        self.names()

    def names(self, measured: Iterable[str] = ()) -> tuple[str, ...]:
        """The measured values that it speaks of, if there are values of these names."""
        smaller, larger = _sides(self.text, frozenset(measured))
        return tuple(dict.fromkeys((*smaller.names, *larger.names)))

    def violation(self, values: Mapping[str, float]) -> float | None:
        """By how much the condition is broken, 0 or less if it is met.

        Returns:
            None if a measured value that it needs is missing.

        Raises:
            SpecError: the arithmetic is undefined there, such as a division by zero.
        """
        if any(name not in values for name in self.names(values)):
            return None
        return self._difference(values)

    def deviation(
        self, values: Mapping[str, float], deviations: Mapping[str, float]
    ) -> float | None:
        """Standard deviation of `violation`, from those of independent measured values by name.

        See `propagated_deviation`. None if a value is missing, too.
        """
        names = self.names(values)
        if any(name not in values for name in names):
            return None
        return propagated_deviation(self._difference, names, values, deviations)

    def _difference(self, values: Mapping[str, float]) -> float:
        smaller, larger = _sides(self.text, frozenset(values))
        return float(smaller.evaluate(values)) - float(larger.evaluate(values))


@dataclass(frozen=True)
class Goals:
    """Objectives and outcome constraints."""

    objectives: tuple[str, ...]
    """Names of measured values, each minimised; ``objective`` is `Outcome.objective`, and a minus
    before a name is a minus: ``-accuracy``."""
    constraints: tuple[OutcomeConstraint, ...]  # what a feasible trial must meet

    @staticmethod
    def of(objectives: Sequence[str], outcome_constraints: Sequence[str]) -> Goals:
        """Read them as they are given to a strategy.

        Raises:
            SpecError: no objective, one named twice, or a constraint that is not a comparison.
        """
        for what, given in (
            ("objectives", objectives),
            ("outcome constraints", outcome_constraints),
        ):
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise SpecError(f"{what} must be a list", got=given)
        names = tuple(objectives)
        if not names or len(set(names)) < len(names) or not all(isinstance(n, str) for n in names):
            raise SpecError(
                "not a list of objectives", got=list(names), expected="distinct names, at least one"
            )
        return Goals(names, tuple(OutcomeConstraint(text) for text in outcome_constraints))

    def violations(self, outcome: Outcome) -> tuple[float | None, ...]:
        """By how much each constraint is broken; None where the outcome does not say.

        Raises:
            SpecError: a completed outcome lacks an objective or a value that a constraint needs.
        """
        values = outcome.values
        if outcome.state is TrialState.COMPLETED:
            needed = [_unsigned(name, values)[1] for name in self.objectives]
            needed += [n for c in self.constraints for n in c.names(values)]
            for name in needed:
                if name not in values:
                    raise unknown_name("measured value", name, values)
        return tuple(constraint.violation(values) for constraint in self.constraints)

    def violation_deviations(self, outcome: Outcome) -> tuple[float | None, ...]:
        """Standard deviations of `violations`; None where nothing is known of it."""
        values, deviations = outcome.values, outcome.deviations
        return tuple(constraint.deviation(values, deviations) for constraint in self.constraints)

    def vector(self, outcome: Outcome) -> Values:
        """The objectives ``[n_objectives]`` of a completed outcome."""
        return np.array([value for value, _ in self.measured(outcome)])

    def measured(self, outcome: Outcome) -> list[tuple[float, float | None]]:
        """Each objective of a completed outcome with its standard deviation, if that is known."""
        values, deviations = outcome.values, outcome.deviations
        found = [_unsigned(name, values) for name in self.objectives]
        return [(sign * values[name], deviations.get(name)) for sign, name in found]

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing but the one objective."""
        return self.objectives == (OBJECTIVE,) and not self.constraints


def _unsigned(name: str, values: Container[str]) -> tuple[float, str]:
    """The sign of an objective, and the measured value that it speaks of."""
    if name in values or not name.startswith("-"):
        return 1.0, name
    return -1.0, name[1:].strip()

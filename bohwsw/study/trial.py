"""A trial: one point of a space, tried once, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.space import Point
from bohwsw.strategies.outcome import Outcome, TrialState


@dataclass(frozen=True)
class Trial:
    """One evaluation.

    Attributes:
        number: 0 for the first of a study.
        point: the parameter values.
        outcome: state, objective or several measured ones, reason.
        metrics: further results by name, units in the names.
        details: for an infeasible trial, each violated constraint with value, limit and ratio.
        seconds: how long its evaluation took.
        proposing_seconds: how long it took to propose the point.
        mappings: for each network and unique layer, by their names, the mapping as plain data.
    """

    number: int
    point: Point
    outcome: Outcome
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    details: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0
    proposing_seconds: float = 0.0
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The trial as plain data."""
        return {
            "number": self.number,
            "point": dict(self.point),
            "state": self.outcome.state.value,
            "objective": self.outcome.objective,
            **({"measured": dict(self.outcome.metrics)} if self.outcome.metrics else {}),
            "reason": self.outcome.reason,
            "metrics": dict(self.metrics),
            "details": [dict(detail) for detail in self.details],
            **({"mappings": dict(self.mappings)} if self.mappings else {}),
            "seconds": round(self.seconds, 4),
            "proposing_seconds": round(self.proposing_seconds, 4),
        }


def trial_from_json(data: Any) -> Trial:
    """A trial from what ``Trial.to_json`` gave.

    Raises:
        SpecError: it is not one.
    """
    try:
        return Trial(
            number=int(data["number"]),
            point=dict(data["point"]),
            outcome=Outcome(
                TrialState(data["state"]),
                data["objective"],
                data["reason"],
                metrics=data.get("measured", {}),
            ),
            metrics=dict(data["metrics"]),
            details=tuple(data["details"]),
            mappings=dict(data.get("mappings", {})),
            seconds=float(data["seconds"]),
            proposing_seconds=float(data.get("proposing_seconds", 0.0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError(
            "not a stored trial", got=data, expected="a line of trials.jsonl"
        ) from error


Progress = Callable[[str, int, int, Trial | None], None]
"""Called with a phase, how much of it is done, how much there is, and the trial just ended."""

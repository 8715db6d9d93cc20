"""A trial: one point of a space, tried once, and what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.space import Point
from bohwsw.strategies import Outcome, TrialState

RUNNING = "running"

ATTACHED = "attached"
"""Source of a trial that nobody suggested."""

MET = "met by the certificate"
"""Name of a trial of a machine that a proof came to, not the search."""

ARTIFACTS = ("mappings", "accuracy")
"""The kinds of artifacts that there are."""

FINDINGS = ("metrics", "details", "artifacts", "seconds", "proposing_seconds")
"""What is found of a trial beside its outcome."""


@dataclass(frozen=True)
class Trial:
    """One point and, once it has ended, what came of it."""

    number: int  # 0 for the first of a study
    point: Point
    outcome: Outcome | None = None
    """State, objective or several measured values, reason; None while it runs."""
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    """Further results by name, units in the names, which no strategy is told."""
    details: tuple[Mapping[str, Any], ...] = ()
    """For an infeasible trial, each violated constraint with value, limit and ratio."""
    seconds: float = 0.0  # how long its evaluation took; 0 while it runs
    proposing_seconds: float = 0.0  # how long it took to propose the point
    artifacts: Mapping[str, Any] = field(default_factory=dict)
    """What was made of it, by kind, plain data: of a co-design trial, under ``mappings``, those of
    each network, by its name; of one with a network of its own, under ``accuracy``, what was
    measured of that, and what it cost."""
    source: str = ""  # the strategy that suggested it, or ``attached``
    name: str = ""  # for people; ``3_0`` by default, as Ax calls the only arm of trial 3
    finish_order: int | None = None  # 1 for the first of the study that ended; None while it runs
    started_at: float = 0.0  # in seconds since 1970, as all times here
    worker: str | None = None
    alive_at: float | None = None
    """When that worker last said that it lives; None: it does not say so."""
    deaths: int = 0  # how many workers died while they had it

    @property
    def state(self) -> str:
        """``running``, or the state in which it ended."""
        return RUNNING if self.outcome is None else self.outcome.state.value

    @property
    def is_full(self) -> bool:
        """Whether results count: nothing was measured at less than the full fidelity."""
        return not self.artifacts.get("accuracy", {}).get("partial", False)

    @property
    def values(self) -> dict[str, float]:
        """What its outcome has measured, by name; nothing while it runs."""
        return {} if self.outcome is None else self.outcome.values

    @property
    def objective(self) -> float | None:
        """The objective of its outcome; None if it has none."""
        return None if self.outcome is None else self.outcome.objective

    @property
    def reason(self) -> str | None:
        """The reason that its outcome gives; None if it gives none."""
        return None if self.outcome is None else self.outcome.reason

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The mappings among the artifacts; none if there are none."""
        found: Mapping[str, Any] = self.artifacts.get("mappings", {})
        return found

    @property
    def claim(self) -> str | None:
        """Equal for equal points, of suggested trials only: no two workers get the same point."""
        if self.source == ATTACHED:
            return None
        return hashlib.sha256(json.dumps(dict(self.point), sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The trial as plain data; of one that has ended without what only running ones need."""
        data: dict[str, Any] = {"number": self.number, "point": dict(self.point)}
        if self.outcome is None:
            data |= {"state": RUNNING, "started_at": self.started_at}
            data |= {"worker": self.worker, "alive_at": self.alive_at}
        else:
            outcome = self.outcome
            data |= {"state": self.state, "objective": self.objective}
            if outcome.metrics:
                data["measured"] = dict(outcome.metrics)
            if outcome.deviation is not None:
                data["deviation"] = outcome.as_data()["deviation"]
            data |= {"reason": self.reason, **self.findings()}
        if self.name != f"{self.number}_0":
            data["name"] = self.name
        return data | {"source": self.source, "deaths": self.deaths}

    def findings(self) -> dict[str, Any]:
        """What was found beside the outcome, as plain data."""
        return {
            "metrics": dict(self.metrics),
            "details": [dict(detail) for detail in self.details],
            **self.artifacts,
            "seconds": round(self.seconds, 4),
            "proposing_seconds": round(self.proposing_seconds, 4),
        }


def trial_from_json(data: Any) -> Trial:
    """A trial from what ``Trial.to_json`` gave."""
    try:
        number = int(data["number"])
        trial = Trial(
            number=number,
            point=dict(data["point"]),
            source=data["source"],
            name=data.get("name", f"{number}_0"),
            deaths=data["deaths"],
        )
        if data["state"] == RUNNING:
            more = {key: data[key] for key in ("started_at", "worker", "alive_at")}
            return replace(trial, **more)
        outcome = Outcome(
            TrialState(data["state"]),
            data["objective"],
            data["reason"],
            metrics=data.get("measured", {}),
            deviation=data.get("deviation"),
        )
        return with_findings(replace(trial, outcome=outcome), data)
    except (KeyError, TypeError, ValueError) as error:
        expected = "a line of trials.jsonl"
        raise SpecError("not a stored trial", got=data, expected=expected) from error


def with_findings(trial: Trial, data: Mapping[str, Any]) -> Trial:
    """A trial with what was found beside its outcome, from what ``Trial.findings`` gave."""
    return replace(
        trial,
        metrics=dict(data["metrics"]),
        details=tuple(data["details"]),
        artifacts={kind: data[kind] for kind in ARTIFACTS if kind in data},
        seconds=float(data["seconds"]),
        proposing_seconds=float(data["proposing_seconds"]),
    )


Progress = Callable[[str, int, int, Trial | None], None]
"""Called with a phase, how much of it is done, how much there is, and the trial just ended."""

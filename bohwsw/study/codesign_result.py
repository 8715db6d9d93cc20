"""What a co-design study found, and where its time went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.acquisition import volume_steps
from bohwsw.codesign import (
    Design,
    Rejection,
    design_data,
    figure_of,
    mapped_for,
    rejection_data,
)
from bohwsw.errors import SpecError
from bohwsw.mapper import Objective
from bohwsw.scheduling import FoundSchedule
from bohwsw.space import Point
from bohwsw.strategies import TrialState
from bohwsw.study.trial import MET, Trial
from bohwsw.summary import Summarised, Summary, shown


def hypervolume_history(trials: Sequence[Trial], objectives: Sequence[str]) -> dict[str, Any]:
    """The hypervolume of several objectives after each trial that has enlarged it.

    In units of what strategies are told: logarithms, percents. The reference point is the worst
    that any completed trial has in each objective, so histories of two studies compare only where
    a reference of one's own is taken, see `hypervolume`.

    Returns:
        ``reference`` by objective, and ``values``: trials ended, networks measured by then (0
        where there are none), hypervolume.
    """
    ended = sorted(trials, key=lambda trial: trial.finish_order or 0)
    measures = [figure_of(name).measure for name in objectives]
    told = [
        (count, [trial.values[name] for name in measures])
        for count, trial in enumerate(ended, start=1)
        if trial.state == TrialState.COMPLETED and trial.is_full
    ]
    if not told:
        return {"reference": None, "values": []}
    asked = [trial.artifacts.get("accuracy") for trial in ended]
    measured = np.cumsum([data is not None and not data["reused"] for data in asked]).tolist()
    reference, steps = volume_steps(told)
    values = [[count, measured[count - 1], volume] for count, volume in steps]
    return {"reference": dict(zip(objectives, reference, strict=True)), "values": values}


@dataclass(frozen=True)
class Seconds:
    """Where the time of a study went, in seconds, interrupted runs included."""

    proposing: float  # choosing machines, over all trials
    mapping: float  # evaluating them
    final: float  # mapping the best machines and the baseline again
    final_limit: float | None = None  # what that was allowed to take, if anything was said

    def to_json(self) -> dict[str, float]:
        """The seconds as plain data, without a limit that was not given."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: round(value, 3) for name, value in given.items()}


@dataclass(frozen=True)
class CodesignResult(Summarised):
    """What a co-design study found.

    Every design here was mapped in the same way, with the same budget; only where a limit would be
    broken by that, a found one has the mappings of the search.

    Attributes:
        designs: the best design; with several objectives the Pareto front, best in the first
            objective first.
        points: what each was made of, knobs of networks among it.
        baseline: the baseline with its own dataflow, if it has one, else with the space's; if it is
            over a limit of the space, its ``over_limits`` and ``violations`` say so. None of chips
            of several cores.
        baseline_free: the baseline with the space's dataflow; None if that is ``baseline``.
        space_bound: no machine of the space has a smaller objective, whatever is mapped onto it;
            None if nobody asked.
    """

    designs: tuple[Design, ...]
    points: tuple[Point, ...]
    baseline: Design | Rejection | None
    baseline_free: Design | Rejection | None
    trials: tuple[Trial, ...]
    objectives: tuple[str, ...]
    seconds: Seconds
    folder: Path | None
    space_bound: float | None = None

    @property
    def best(self) -> Design:
        """The first of ``designs``: of a single objective the best."""
        return self.designs[0]

    @property
    def point(self) -> Point:
        """What the best was made of."""
        return self.points[0]

    @property
    def found(self) -> FoundSchedule:
        """The schedule of the best on a chip of several cores; a SpecError if there is none."""
        if self.best.found is None:
            raise SpecError("there is no schedule", got=self.best.network)
        return self.best.found

    @property
    def objective(self) -> str:
        """The first objective; the only one unless there are several."""
        return self.objectives[0]

    @property
    def mapped_for(self) -> Objective:
        """What the layers were mapped for: what lower bounds and gaps of designs speak of."""
        return mapped_for(self.objectives)

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the networks."""
        return tuple(network.name for network in self.best.networks)

    def summary(self) -> Summary:
        """What was found, beside the baseline, and how far it may be from the best, for people."""
        facts = [("trials", str(len(self.trials)))]
        if len(self.objectives) == 1 and self.improvement is not None:
            facts.append(("beside the baseline", f"{self.improvement:.1%} less {self.objective}"))
        if self.headroom is not None:
            facts.append(("proven", f"no machine of the space is {self.headroom:.1%} below"))
        figures = list(
            map(figure_of, dict.fromkeys([*self.objectives, "energy", "latency", "area"]))
        )
        every = {f"design {n}": design for n, design in enumerate(self.designs, start=1)}
        if isinstance(self.baseline, Design):
            every["baseline"] = self.baseline
        title = f"Co-design of {', '.join(self.networks)} for {', '.join(self.objectives)}"
        columns = ("", *(figure.name for figure in figures))
        rows = [[name, *(shown(x.figure(f.name)) for f in figures)] for name, x in every.items()]
        return Summary(title, facts, columns, rows, f"bohwsw report {self.folder or 'FOLDER'}")

    @property
    def improvement(self) -> float | None:
        """Share by which the best is below the baseline, all networks together; None if unknown."""
        return self.improvement_over(self.baseline)

    def improvement_over(
        self, other: Design | Rejection | None, objective: str | None = None
    ) -> float | None:
        """Share by which the best is below another design; None if unknown.

        Args:
            other: with all networks, or of one of them, which is then compared with its like. What
                is over a limit is no design to compare with: None.
            objective: in which objective; the first if absent.
        """
        best = self.best
        if isinstance(other, Design) and other.network != best.network:
            best = best.alone(other.network)
        return improvement(best, other, objective or self.objective)

    @property
    def headroom(self) -> float | None:
        """Share by which any machine of the space could be below the best, at most."""
        if self.space_bound is None:
            return None
        reached = self.best.objective(self.objective)
        return max(0.0, 1.0 - self.space_bound / reached) if reached > 0.0 else 0.0

    @property
    def is_met(self) -> bool:
        """Whether it was a proof that came to the best machine, and not the search."""
        return any(trial.name == MET and trial.point == self.point for trial in self.trials)

    def to_data(self) -> dict[str, Any]:
        """The result as plain data, from which JSON, files and tables are made.

        Of several objectives, ``front`` stands in the place of ``best``.
        """
        data: dict[str, Any] = {"objectives": list(self.objectives), "mapped_for": self.mapped_for}
        if len(self.objectives) == 1:
            data |= {
                "objective": self.objective,
                "improvement": self.improvement,
                "improvement_over_free_baseline": self.improvement_over(self.baseline_free),
                "space_bound": self.space_bound,
                "headroom": self.headroom,
                "met_by_certificate": self.is_met or None,
                "best": self._found_data(self.best),
            }
        else:
            data["front"] = [
                {
                    **self._found_data(design, number),
                    "improvement": {
                        name: improvement(design, self.baseline, name) for name in self.objectives
                    },
                }
                for number, design in enumerate(self.designs)
            ]
            data["hypervolume"] = hypervolume_history(self.trials, self.objectives)
        if any("accuracy" in trial.artifacts for trial in self.trials):
            data["costs"] = self.costs
        return {
            **data,
            "baseline": self.baseline and self._found_data(self.baseline),
            "baseline_free": self.baseline_free and self._found_data(self.baseline_free),
            "trials": [trial.to_json() for trial in self.trials],
            "seconds": self.seconds.to_json(),
            "folder": None if self.folder is None else str(self.folder),
        }

    @property
    def costs(self) -> dict[str, dict[str, float]]:
        """What was spent on hardware figures, and what on accuracies: how often, and seconds.

        ``measurements`` are networks that the source was asked about, ``reused`` trials of a
        network that was known by then, ``trainings`` the runs that the source says it has started.
        With several fidelities ``partial`` are measurements below the full one.
        """
        partial = {"partial": sum(not trial.is_full for trial in self.trials)}
        asked = [trial.artifacts.get("accuracy") for trial in self.trials]
        told = [data for data in asked if data is not None]
        seconds = sum(data["seconds"] for data in told)
        return {
            "hardware": {
                "evaluations": len(self.trials),
                "seconds": round(sum(trial.seconds for trial in self.trials) - seconds, 3),
            },
            "accuracy": {
                "measurements": sum(not data["reused"] for data in told),
                "reused": sum(data["reused"] for data in told),
                "trainings": sum(data["trainings"] for data in told),
                "seconds": round(seconds, 3),
                **(partial if partial["partial"] else {}),
            },
        }

    def _found_data(self, found: Design | Rejection, number: int = 0) -> dict[str, Any]:
        if isinstance(found, Rejection):
            return rejection_data(found)
        data = design_data(found, self.mapped_for, self.objectives)
        if found.schedule is not None:  # its cores have points of their own
            data["point"] = dict(self.points[number])
        return data


def improvement(found: Design, other: Design | Rejection | None, objective: str) -> float | None:
    """Share by which a design is below another one in an objective; None if unknown.

    Of several networks: 1 less the weighted mean of their ratios. Nothing is below what is over a
    limit, which cannot be built as it is.
    """
    if not isinstance(other, Design) or other.over_limits:
        return None
    if found.figure(objective) is None or not other.figure(objective):
        return None
    return 1.0 - found.ratio_to(other, objective)

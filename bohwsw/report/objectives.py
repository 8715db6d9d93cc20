"""What a study was searched for, in the units of its figures, whoever stored it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bohwsw.codesign import accuracy_figures, figure_of
from bohwsw.errors import SpecError
from bohwsw.strategies import Optimisation, TrialState
from bohwsw.study import Trial


@dataclass(frozen=True)
class Objective:
    """One objective of a study."""

    name: str  # as it was asked for
    figure: str  # the name of its values, with the unit where it has one
    unit: str  # for people
    maximised: bool  # whether larger is better
    logarithmic: bool  # whether what counts is by how many times values differ

    def is_better(self, value: float, than: float) -> bool:
        """Whether a value is better than another."""
        return value > than if self.maximised else value < than


class TrialValues:
    """The values of a study's objectives and limits, trial by trial.

    Attributes:
        objectives: what was searched for.
        limits: bounds on figures, by name: at most that, at least where larger is better.
        conditions: bounds that are only known as text.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._goals: Optimisation | None = None
        self.limits: dict[str, float] = dict(settings.get("limits", ()))
        self.conditions: Sequence[str] = settings.get("outcome_constraints", ())
        self.objectives: tuple[Objective, ...] = ()
        if isinstance(settings.get("objective"), str):
            goals = Optimisation(settings["objective"], tuple(self.conditions))
            self._goals = goals
            self.objectives = tuple(_of_text(part.text) for part in goals.maximised)
        elif "objectives" in settings:
            measured = settings.get("measured", settings.get("accuracy", {}).get("figures", ()))
            accuracy_figures(measured)
            self.objectives = tuple(_of_figure(name) for name in settings["objectives"])

    def of(self, trial: Trial) -> dict[str, float]:
        """The figures that are known of a trial, those of the objectives among them."""
        known = {key: x for key, x in trial.metrics.items() if isinstance(x, int | float)}
        if self._goals is None:
            return known
        known |= trial.values
        if trial.state == TrialState.COMPLETED and trial.outcome is not None:
            with suppress(SpecError):
                told = self._goals.told(trial.outcome).values
                names = self._goals.objectives
                for objective, name in zip(self.objectives, names, strict=True):
                    known[objective.figure] = told[name] * (-1.0 if objective.maximised else 1.0)
        return known

    def counts(self, trial: Trial) -> bool:
        """Whether a trial is one that a result may be."""
        return (
            trial.state == TrialState.COMPLETED
            and trial.is_full
            and {x.figure for x in self.objectives} <= set(self.of(trial))
        )


def _of_figure(name: str) -> Objective:
    figure = figure_of(name)
    return Objective(name, figure.name, figure.unit, figure.maximised, figure.logarithmic)


def _of_text(text: str) -> Objective:
    is_minimised = text.startswith("-")
    name = text.removeprefix("-").strip()
    return Objective(name, name, "", not is_minimised, False)

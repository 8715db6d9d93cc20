"""How far a co-design study is, for people: in the terminal, where asked, and in notebooks."""

from __future__ import annotations

import math

import numpy as np

from bohwsw import acquisition
from bohwsw.notebook import notebook_bars
from bohwsw.strategies import TrialState
from bohwsw.study.trial import Progress, Trial

PHASES = {"search": "trying machines", "final": "final mapping", "headroom": "headroom"}

OBJECTIVES = ("objective", "ln_", "minimised_")
"""How measured values begin that are objectives: others are limited figures."""


class BestSoFar:
    """The best objective of the trials of a run or, of several, how many are on the front."""

    def __init__(self) -> None:
        self._found: list[list[float]] = []

    def after(self, phase: str, trial: Trial | None) -> str:
        """In words, with one more trial; nothing but in the search."""
        if trial is not None and trial.state == TrialState.COMPLETED:
            values = trial.values.items()
            self._found.append([x for name, x in values if name.startswith(OBJECTIVES)])
        return found_text(self._found) if phase == "search" and self._found else ""


def found_text(found: list[list[float]]) -> str:
    """The best objective so far or, of several, how many designs are on the front."""
    if len(found[0]) == 1:
        best = min(found)[0]  # a logarithm, but of what is better when larger
        return f"best {math.exp(best) if best > 0.0 else -best:.4g}"
    return f"{int(acquisition.non_dominated(np.array(found)).sum())} on the front"


def or_in_notebook(progress: Progress | None) -> Progress | None:
    """What is to be called as a study goes on: what is given, else bars where a notebook runs."""
    bars, best = None if progress is not None else notebook_bars(), BestSoFar()
    if bars is None:
        return progress

    def report(phase: str, done: int, total: int, trial: Trial | None) -> None:
        bars.show(PHASES.get(phase, phase), done, total, best.after(phase, trial))

    return report

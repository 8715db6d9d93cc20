"""What the runner asks of an optimiser, ours or not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.space import Point


@dataclass(frozen=True)
class Candidate:
    """A suggestion.

    Attributes:
        point: in the words of our space; None if the suggestion is not even that (tiles that
            do not multiply to the whole).
        code: in the words of the optimiser, if they are others.
        excesses: by how much it breaks each constraint known beforehand; at most 0 is met.
    """

    point: Point | None
    code: Mapping[str, Any] | None = None
    excesses: Mapping[str, float] = field(default_factory=dict)

    @property
    def can_be_evaluated(self) -> bool:
        """Whether all constraints known beforehand are met."""
        return self.point is not None and all(value <= 0.0 for value in self.excesses.values())


class Method(ABC):
    """An optimiser at work on one problem.

    Attributes:
        packages: distributions whose versions may change what it does.
        settings: what was set, for the page and for telling old runs from new ones.
    """

    packages: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, Any]] = {}

    @abstractmethod
    def __init__(self, problem: Problem, seed: int) -> None:
        """Prepare; not timed."""

    @abstractmethod
    def suggest(self) -> Candidate:
        """The next point to evaluate."""

    @abstractmethod
    def observe(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Learn what came of it."""

    def recommended(self) -> Point | None:
        """What it takes for best after all trials; None: the one that was measured best."""
        return None

"""Searches a space of chips: which cores, of which sizes, with mappings and schedule inside.

A strategy proposes chips within the known limits; each is mapped and scheduled by ``ChipMapper``;
the best is mapped and scheduled again with a larger budget at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bohwsw.checks import MOST_THREADS, whole_number
from bohwsw.chips.chip_mapper import ChipMapper, found_data
from bohwsw.chips.chip_space import ChipSpace, load_chip_space
from bohwsw.codesign import (
    Design,
    Models,
    Rejection,
    design_data,
    joint_recipe,
    networks_of,
    over_limits,
)
from bohwsw.errors import NoValidMappingError
from bohwsw.scheduling import FoundSchedule, checked_aim
from bohwsw.space import Point
from bohwsw.strategies import Outcome, SpaceExhaustedError, Strategy, TrialState, strategy

SEARCH_MOVES, FINAL_MOVES = 1_500, 20_000
FINAL_TIMES = 10
"""How many times the mapper's budget the best chip is mapped with at the end."""


Progress = Callable[[int, int, float], None]
"""Number of the trial, how many there are, the best value so far."""


@dataclass(frozen=True)
class ChipTrial:
    """A chip that was tried: its value, or why it has none."""

    point: Point
    value: float | None
    reason: str | None = None


@dataclass(frozen=True)
class ChipResult:
    """What a search of chips found.

    Attributes:
        best: the best chip's design, mapped and scheduled again.
        found: its schedule, with a bound and a gap.
        point: its parameters.
        trials: all chips in the order in which they were tried.
    """

    best: Design
    found: FoundSchedule
    point: Point
    trials: tuple[ChipTrial, ...]

    def to_data(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "point": dict(self.point),
            "best": design_data(self.best),
            "found": found_data(self.found),
            "trials": [{**vars(trial), "point": dict(trial.point)} for trial in self.trials],
        }


def codesign_chip(
    space: str | Path | ChipSpace,
    models: Models,
    *,
    objective: str = "edp",
    trials: int = 40,
    evaluations: int = 2_000,
    limits: Mapping[str, float] | None = None,
    latency_limits: Mapping[str, float] | None = None,
    strategy_name: str = "bayesian",
    seed: int = 0,
    threads: int = 1,
    progress: Progress | None = None,
) -> ChipResult:
    """Design a chip of several cores for several networks.

    Args:
        space: a chip file, or one that is loaded.
        models: see ``networks_of``; weights mean nothing here.
        objective: ``edp``, ``latency`` or ``energy`` of all networks together.
        trials: chips to try.
        evaluations: mappings that are tried for each unique layer on each core that is new.
        limits: figures at most this, besides those of the file; see ``codesign_network``.
        latency_limits: of networks, in cycles.
        strategy_name: how chips are proposed.
        seed: same seed, same result.
        threads: how many; the results do not depend on it.
        progress: called after each trial.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: no chip that was tried is within the limits; says why for the last.
    """
    chips = space if isinstance(space, ChipSpace) else load_chip_space(space)
    if limits:
        chips = chips.limited(limits)
    mapper = ChipMapper(
        networks_of(models).networks,
        checked_aim(objective),
        joint_recipe().changed(evaluations=evaluations),
        latency_limits or {},
        moves=SEARCH_MOVES,
        branches=0,
        seed=whole_number("seed", seed, least=0),
        threads=whole_number("threads", threads, most=MOST_THREADS),
    )
    search = _Search(chips, mapper, whole_number("trials", trials), progress or (lambda *_: None))
    point, design, found = search.run(strategy(strategy_name, chips.space, seed))
    careful = replace(
        mapper,
        recipe=mapper.recipe.changed(evaluations=FINAL_TIMES * evaluations),
        moves=FINAL_MOVES,
        branches=20_000,
    )
    again = _tried(chips, careful, point)
    if not isinstance(again, Rejection) and again[1].value < found.value:
        design, found = again
    return ChipResult(design, found, point, tuple(search.done))


class _Search:
    """Tries the chips that a strategy proposes."""

    def __init__(
        self, chips: ChipSpace, mapper: ChipMapper, trials: int, progress: Progress
    ) -> None:
        self._chips, self._mapper, self._trials, self._report = chips, mapper, trials, progress
        self.done: list[ChipTrial] = []

    def run(self, proposing: Strategy) -> tuple[Point, Design, FoundSchedule]:
        """The best of the chips that were tried.

        Raises:
            NoValidMappingError: none is within the limits.
        """
        best: tuple[Point, Design, FoundSchedule] | None = None
        for number in range(self._trials):
            try:
                (point,) = proposing.ask()
            except SpaceExhaustedError:
                break
            tried = _tried(self._chips, self._mapper, point)
            if isinstance(tried, Rejection):
                self.done.append(ChipTrial(point, None, tried.reason))
                proposing.tell(point, Outcome(TrialState.INFEASIBLE, reason=tried.reason))
            else:
                design, found = tried
                self.done.append(ChipTrial(point, found.value))
                proposing.tell(point, Outcome(TrialState.COMPLETED, math.log(found.value)))
                if best is None or found.value < best[2].value:
                    best = point, design, found
            self._report(number + 1, self._trials, best[2].value if best else math.inf)
        if best is None:
            reason = f"no chip of {self._chips.spec.name} was found: {self.done[-1].reason}"
            raise NoValidMappingError(reason, "", ())
        return best


def _tried(
    chips: ChipSpace, mapper: ChipMapper, point: Point
) -> tuple[Design, FoundSchedule] | Rejection:
    """A chip, mapped and scheduled; or the limit that it is over."""
    made = mapper.map_chip(chips.hardware(point))
    if isinstance(made, Rejection):
        return made
    design, found = made
    if over := over_limits(design, chips.spec.limits):
        return over[0]
    for network, late in found.over_limits.items():
        reason = f"{network} takes {late['latency_cycles']:,.0f} cycles, its limit is "
        return Rejection(f"{reason}{late['limit']:,.0f} (ratio {late['ratio']:.3g})", None, ())
    return made

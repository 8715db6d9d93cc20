"""What every mapper does: find a good mapping of one layer on one machine within a budget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bohwsw.checks import MOST_EVALUATIONS, MOST_THREADS, whole_number
from bohwsw.errors import unknown_name
from bohwsw.mapper.skeletons import OBJECTIVES as OBJECTIVES
from bohwsw.mapper.skeletons import Objective as Objective
from bohwsw.mapping import Mapping, MapSpace
from bohwsw.simulator import Costs, Evaluation

TRACE_POINTS = 50


@dataclass(frozen=True)
class MapperResult:
    """The best mapping that a mapper found.

    Attributes:
        evaluation: what it costs, by the scalar simulator.
        evaluations: mappings evaluated.
        valid_share: share of them that were valid.
        trace: float64; best objective after each of ``len(trace)`` equal shares of the budget
            (pJ x cycles, pJ or cycles), infinite before the first valid mapping.
        lower_bound: no mapping of the map space has a smaller objective; 0 if the mapper proves
            nothing.
        hops_in_bound: whether the bound is on all of the energy. Where hops cost energy it leaves
            that out, the gap stays open, and a mapping with shorter ways may exist.
    """

    mapping: Mapping
    evaluation: Evaluation
    evaluations: int
    valid_share: float
    trace: npt.NDArray[np.float64]
    lower_bound: float = 0.0
    hops_in_bound: bool = True

    @property
    def gap(self) -> float:
        """How far, at most, the result is above the optimum, as a share of it."""
        return gap_to(float(self.trace[-1]), self.lower_bound)

    def improved(self, other: MapperResult) -> MapperResult:
        """With the mapping of another search of the same problem, if that is better."""
        evaluations = self.evaluations + other.evaluations
        if other.trace[-1] >= self.trace[-1]:
            return replace(self, evaluations=evaluations)
        trace = np.append(self.trace, other.trace[-1])
        bound = min(self.lower_bound, float(trace[-1]))
        return replace(other, evaluations=evaluations, trace=trace, lower_bound=bound)


class Mapper(Protocol):
    """A search for mappings; one algorithm a file."""

    @property
    def name(self) -> str:
        """What the mapper is called on the command line and in results."""
        ...

    def search(
        self,
        space: MapSpace,
        costs: Costs,
        *,
        objective: Objective = "edp",
        evaluations: int = 1_000_000,
        seed: int = 0,
        threads: int = 1,
        warm_starts: Sequence[Mapping] = (),
    ) -> MapperResult:
        """Find a good mapping.

        Args:
            space: where to search: layer, machine, dataflow.
            costs: what the machine's actions cost.
            objective: what to minimise: ``edp``, ``energy`` or ``latency``.
            evaluations: the budget, in mappings evaluated; more is never worse.
            seed: same seed, same result, whatever the number of threads.
            threads: how many to use.
            warm_starts: good mappings of similar layers, or of similar machines with as many
                levels, to start from. Mappers that draw all of theirs take no notice.

        Raises:
            NoValidMappingError: the space holds no valid mapping.
            SpecError: the objective is not one of those above, or a number is out of range.
        """
        ...


def gap_to(value: float, lower_bound: float) -> float:
    """How far a value is above a lower bound, as a share of that; infinite if the bound is 0."""
    return max(0.0, value / lower_bound - 1.0) if lower_bound > 0.0 else math.inf


def check_search(objective: str, evaluations: int, seed: int, threads: int) -> int:
    """Check the arguments of a search.

    Returns:
        The number by which compiled code knows the objective.

    Raises:
        SpecError: there is no such objective, or one of the numbers is too small.
    """
    code = check_objective(objective)
    whole_number("evaluations", evaluations, most=MOST_EVALUATIONS)
    whole_number("seed", seed, 0)
    whole_number("threads", threads, most=MOST_THREADS)
    return code


def check_objective(objective: str) -> int:
    """The number by which compiled code knows an objective.

    Raises:
        SpecError: there is no such objective.
    """
    if objective not in OBJECTIVES:
        raise unknown_name("objective", objective, OBJECTIVES)
    return OBJECTIVES.index(objective)

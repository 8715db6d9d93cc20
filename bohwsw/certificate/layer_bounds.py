"""Bounds of one layer on relaxed machines: asked of the mapper once, remembered for all boxes."""

from __future__ import annotations

import math
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from bohwsw.certificate.known_bounds import Dominance
from bohwsw.certificate.relaxed_machine import RelaxedMachine
from bohwsw.clock import Clock
from bohwsw.errors import SpecError
from bohwsw.mapper import (
    OBJECTIVES,
    BranchAndBoundMapper,
    Goal,
    MapperResult,
    Objective,
    TilePaths,
)
from bohwsw.mapping import Mapping, MapSpace, excess_of_operands
from bohwsw.simulator import Evaluation
from bohwsw.workload import Layer

Kind = tuple[Objective, tuple[float, ...]]
"""What is minimised, and the widths of the machine's words."""


@dataclass
class LayerBounds:
    """What is known of a layer.

    Attributes:
        layer: what runs.
        gap: how near to the optimum of a relaxed machine a bound is brought.
    """

    layer: Layer
    gap: float = 0.01
    _least: dict[Kind, Dominance] = field(default_factory=lambda: defaultdict(Dominance))
    _reached: dict[Kind, Dominance] = field(default_factory=lambda: defaultdict(Dominance))

    def least(self, objective: Objective, machine: RelaxedMachine) -> float:
        """The largest known bound for all machines of a box."""
        return self._least[objective, machine.widths].largest_of_better(machine.needs)

    def reached(self, objective: Objective, machine: RelaxedMachine) -> float:
        """What some mapping is known to reach on a relaxed machine; infinite if none is known."""
        return self._reached[objective, machine.widths].least_of_worse(machine.allows)

    def begin(self, machine: RelaxedMachine) -> None:
        """See that some energy is known: what no mapping avoids, if nothing else is."""
        if self.least("energy", machine) == 0.0:
            space = self.space(machine)
            if space is not None:
                least_pj = TilePaths(space, machine.costs).least_energy_pj
                self._least["energy", machine.widths].add(machine.allows, least_pj)

    def space(self, machine: RelaxedMachine) -> MapSpace | None:
        """The mappings; None, which is remembered, if there are none.

        That is where a dimension has no place, or a MAC takes no operands as wide as the layer's.
        """
        if not excess_of_operands(self.layer, machine.architecture.mac.word_bits):
            with suppress(SpecError):
                return MapSpace(self.layer, machine.architecture, machine.dataflow)
        for objective in OBJECTIVES:
            name = cast(Objective, objective)
            self._least[name, machine.widths].add(machine.allows, math.inf)
        return None

    def tighten(
        self,
        objective: Objective,
        machine: RelaxedMachine,
        limit: float,
        steps: float,
        clock: Clock,
    ) -> bool:
        """Look for a mapping below a limit for so many steps; what is proven is remembered.

        Returns:
            Whether the question is settled: all mappings are above the limit, or the best below it
            is known.
        """
        reached = self.reached(objective, machine)
        known = self.least(objective, machine) * (1.0 + self.gap) >= reached
        space = None if known else self.space(machine)
        if space is None:
            return True
        limit = min(limit, reached * (1.0 + 1e-6))
        # A made-up start at the limit: whatever is not below it need not be looked at.
        known = limit < math.inf
        figures = {"energy_pj": limit, "latency_cycles": limit} if known else {}
        if known and objective == "edp":
            figures["latency_cycles"] = 1.0
        start = MapperResult(
            mapping=cast(Mapping, None),
            evaluation=Evaluation(**figures),  # type: ignore[arg-type]
            evaluations=0,
            valid_share=0.0,
            trace=np.array([limit]),
        )
        mapper = BranchAndBoundMapper(gap=self.gap, seconds=clock.left)
        found = mapper.refine(space, machine.costs, Goal(objective), start, steps=steps)
        kind = objective, machine.widths
        value = Goal(objective).of(found.evaluation)
        if found.mapping is not None:
            self._reached[kind].add(machine.allows, value)
        self._least[kind].add(machine.allows, found.lower_bound)
        return found.lower_bound * (1.0 + self.gap) >= min(value, limit)

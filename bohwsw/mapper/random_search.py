"""Mapper: the best of many valid mappings drawn at random, the baseline of every comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bohwsw.mapper.goal import Goal
from bohwsw.mapper.mapper import TRACE_POINTS, MapperResult, Objective, check_search
from bohwsw.mapping import Mapping, MapSpace, sample
from bohwsw.simulator import Costs, hardware_batch, simulate, simulate_batch

BATCH = 4096


@dataclass(frozen=True)
class RandomMapper:
    """Random search over mappings that are valid by construction."""

    name: str = "random"

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
        """Find the best of a sample; see ``Mapper.search``. One thread is enough for it."""
        check_search(objective, evaluations, seed, threads)
        hardware = hardware_batch([(space.architecture, costs)])
        best, best_value, values = None, np.inf, []
        batches = -(-evaluations // BATCH)
        seeds = np.random.SeedSequence(seed).generate_state(batches)
        for number in range(batches):
            size = min(BATCH, evaluations - number * BATCH)
            mappings = sample(space, size, int(seeds[number]))
            value = Goal(objective).of_each(simulate_batch(space.layer, hardware, mappings))
            values.append(value)
            row = int(value.argmin())
            if best is None or value[row] < best_value:
                best, best_value = mappings.mapping(row), value[row]
        assert best is not None
        running = np.minimum.accumulate(np.concatenate(values))
        ends = np.linspace(0, len(running) - 1, min(TRACE_POINTS, len(running))).astype(int)
        return MapperResult(
            mapping=best,
            evaluation=simulate(space.layer, space.architecture, best, costs),
            evaluations=evaluations,
            valid_share=1.0,
            trace=running[ends],
        )

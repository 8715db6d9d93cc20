"""Mapper: simulated annealing, several chains from independent random mappings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.compiled import cache_holds
from bohwsw.mapper.annealing_kernel import anneal
from bohwsw.mapper.mapper import TRACE_POINTS, MapperResult, Objective, check_objective
from bohwsw.mapping.batch import MappingBatch, empty_batch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import find_start, space_arrays
from bohwsw.simulator.batch import hardware_batch
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer

Chain = tuple[float, int, MappingBatch, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class AnnealingMapper:
    """Simulated annealing on the compiled simulator.

    Attributes:
        chain_steps: evaluations of one chain; the budget decides how many chains run.
        name: the mapper's name.
    """

    chain_steps: int = 8_000
    name: str = "annealing"

    def search(
        self,
        space: MapSpace,
        costs: Costs,
        *,
        objective: Objective = "edp",
        evaluations: int = 1_000_000,
        seed: int = 0,
        workers: int = 1,
    ) -> MapperResult:
        """Find a good mapping; see ``Mapper.search``."""
        goal = check_objective(objective)
        arrays = space_arrays(space)
        start = find_start(space, arrays)
        hardware = hardware_batch([(space.architecture, costs)])
        chains = max(1, round(evaluations / self.chain_steps))
        steps = max(1, evaluations // chains)
        seeds = np.random.SeedSequence(seed).generate_state(chains)

        def run(chain: int) -> Chain:
            now, new, best = (empty_batch(1, space.architecture.depth) for _ in range(3))
            trace = np.full(max(1, TRACE_POINTS // chains), np.inf)
            score, valid = anneal(
                arrays, start, hardware, 0, steps, goal, seeds[chain], now, new, best, trace
            )
            return score, valid, best, trace

        if workers > 1:
            with ThreadPoolExecutor(workers) as pool:
                results = list(pool.map(run, range(chains)))
        else:
            results = [run(chain) for chain in range(chains)]
        best = min(results, key=lambda result: result[0])[2]
        mapping = best.mapping(0)
        return MapperResult(
            mapping=mapping,
            evaluation=simulate(space.layer, space.architecture, mapping, costs),
            evaluations=chains * steps,
            valid_share=sum(result[1] for result in results) / (chains * steps),
            trace=np.exp(np.minimum.accumulate(np.concatenate([r[3] for r in results]))),
        )

    def warm_up(self) -> None:
        """Compile what a search needs, or load it from the cache."""
        level = StorageLevel("DRAM", kind="dram")
        machine = Architecture("one MAC", (level,), MacArray())
        costs = Costs((StorageCost(1.0, 1.0, 1.0, None),), (0.0,), 1.0)
        self.search(MapSpace(Layer("one"), machine), costs, evaluations=1)


def is_compiled() -> bool:
    """Whether a search can start at once: its machine code is in the cache."""
    return cache_holds("annealing_kernel.anneal-")

"""Small random search problems for mappers, with all their mappings as a batch.

Everything that the bounds of a mapper speak of occurs: two to four levels, fan-outs, levels that
cannot hold a data space, finite bandwidths, blocks, strides, dilations, groups, dataflows. Some
problems have no valid mapping.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from random import Random

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.batch import TEMPORAL, MappingBatch
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.tile_kernel import RELEVANT
from bohwsw.simulator.batch import BatchEvaluation, hardware_batch, simulate_batch
from bohwsw.simulator.costs import Costs
from bohwsw.tech.technology import StorageCost
from bohwsw.testing.small_map_spaces import KINDS, factorisations, keeps, random_dataflow
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, DIMENSIONS, Layer

MOST_MAPPINGS = 12_000


@dataclass(frozen=True)
class Problem:
    """A map space, prices and all mappings."""

    space: MapSpace
    costs: Costs
    mappings: MappingBatch

    @cached_property
    def results(self) -> BatchEvaluation:
        """What each mapping costs."""
        hardware = hardware_batch([(self.space.architecture, self.costs)])
        return simulate_batch(self.space.layer, hardware, self.mappings, with_counts=True)

    def values(self, objective: str) -> npt.NDArray[np.float64]:
        """The objective of each mapping, infinite where invalid."""
        results = self.results
        figures = {
            "edp": results.edp_pj_cycles,
            "energy": results.energy_pj,
            "latency": results.latency_cycles.astype(np.float64),
        }
        return np.where(results.valid, figures[objective], np.inf)


def random_problem(
    seed: int,
    most_macs: int = 36,
    hops: bool = False,
    often: tuple[str, ...] = ("PR", "QS", "PRS", "CK", "NG", "PQ"),
) -> Problem:
    """A problem of at most ``MOST_MAPPINGS`` mappings; ``often``: dimensions that go together."""
    rng = Random(seed)
    while True:
        architecture = _machine(rng)
        names = [level.name for level in architecture.levels]
        try:
            dataflow = random_dataflow(rng, names) if rng.random() < 0.4 else FREE
            space = MapSpace(_layer(rng, most_macs, often), architecture, dataflow)
        except SpecError:
            continue
        mappings = all_mappings(space)
        if mappings is not None:
            return Problem(space, _costs(rng, architecture.depth, hops), mappings)


def all_mappings(space: MapSpace) -> MappingBatch | None:
    """All mappings, valid or not; None if there are more than ``MOST_MAPPINGS``."""
    size = space.size()
    if size.factorisations * size.bypasses > MOST_MAPPINGS:
        return None
    kept = np.array([[[s in held for s in DATA_SPACES] for held in way] for way in keeps(space)])
    factors, orders = [], []
    for split in factorisations(space):
        nest = np.ones((space.architecture.depth, len(KINDS), len(DIMENSIONS)), dtype=np.int64)
        for dim, where in split.items():
            for (level, kind), factor in where.items():
                nest[level, KINDS.index(kind), DIMENSION_INDEX[dim]] = factor
        slots = [
            _orders(tuple(loops), space.stationary(level) if kind == TEMPORAL else -1)
            for level, block in enumerate(nest.tolist())
            for kind, loops in enumerate(block)
        ]
        for order in itertools.product(*slots):
            factors.append(nest)
            orders.append(order)
            if len(factors) * len(kept) > MOST_MAPPINGS:
                return None
    shape = (len(factors), *nest.shape)
    return MappingBatch(
        np.repeat(np.array(factors), len(kept), axis=0),
        np.repeat(np.array(orders, dtype=np.int8).reshape(shape), len(kept), axis=0),
        np.tile(kept, (len(factors), 1, 1)),
    )


@lru_cache(maxsize=4096)
def _orders(loops: tuple[int, ...], stationary: int) -> list[tuple[int, ...]]:
    present = [d for d, factor in enumerate(loops) if factor > 1]
    absent = [d for d, factor in enumerate(loops) if factor == 1]
    return [
        (*absent, *inside)
        for inside in itertools.permutations(present)
        if stationary < 0 or _moves_first([bool(RELEVANT[stationary, d]) for d in inside])
    ]


def _moves_first(moves: list[bool]) -> bool:
    return moves == sorted(moves, reverse=True)


def _machine(rng: Random) -> Architecture:
    depth = rng.choice((2, 3, 3, 4))
    mesh = [[1, 1]]
    for _ in range(depth):
        grown = (rng.choice((1, 1, 2, 3)), rng.choice((1, 1, 1, 2)))
        mesh.append([have * more for have, more in zip(mesh[-1], grown, strict=True)])
    levels = [
        StorageLevel(
            f"L{index}",
            kind="sram" if index else "dram",
            entries=rng.choice((None, 2, 4, 8, 14, 30)) if index else None,
            block_size=rng.choice((1, 1, 2, 4)),
            read_words_per_cycle=rng.choice((None, None, 0.5, 1.0, 2.5)),
            write_words_per_cycle=rng.choice((None, None, 0.5, 1.5)),
            mesh_x=mesh[index][0],
            mesh_y=mesh[index][1],
            keeps=frozenset(s for s in DATA_SPACES if not index or rng.random() < 0.7),
        )
        for index in range(depth)
    ]
    return Architecture("random", tuple(levels), MacArray(16, *mesh[depth]))


def _layer(rng: Random, most_macs: int, together: tuple[str, ...]) -> Layer:
    while True:
        often = rng.choice(together)
        sizes = {
            dim: rng.choice((1, 2, 3, 4, 6)) if dim in often or rng.random() < 0.2 else 1
            for dim in DIMENSIONS
        }
        steps = {
            key: rng.choice((1, 1, 2))
            for key in ("stride_w", "stride_h", "dilation_w", "dilation_h")
        }
        if 1 < math.prod(sizes.values()) <= most_macs:
            return Layer("random", **sizes, **steps)


def _costs(rng: Random, depth: int, hops: bool) -> Costs:
    def price(level: int) -> float:
        return rng.choice((1, 2, 5)) * math.exp(rng.uniform(-2.3, 2.3)) * 100 * 0.1**level

    storage = [StorageCost(price(i), price(i), price(i), None) for i in range(depth)]
    hop_energy = tuple(rng.uniform(0.5, 20) if hops else 0.0 for _ in range(depth))
    return Costs(tuple(storage), hop_energy, rng.choice((0.0, 1.0)))

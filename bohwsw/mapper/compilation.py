"""Machine code made ready before it is needed, half of it by a second process."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

import bohwsw
from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.compiled import cache_holds, compiling_alone, has_cache
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.mapper import MapperResult
from bohwsw.mapper.skeleton_queue import Candidate
from bohwsw.mapper.skeleton_search import SkeletonSearch
from bohwsw.mapping import MapSpace, empty_batch
from bohwsw.simulator import Costs, hardware_batch, simulate, simulate_batch
from bohwsw.tech import StorageCost
from bohwsw.workload import Layer

IN_CHILD = "from bohwsw.mapper.compilation import warm_up_simulator; warm_up_simulator()"


def warm_up() -> None:
    """Compile what branch and bound needs, or load it from the cache.

    Two processes compile a half each, since numba compiles one function at a time in a process.
    Another process that wants the same meanwhile waits, and loads it.
    """
    with compiling_alone():
        child = None
        if has_cache() and not is_compiled() and (os.cpu_count() or 1) > 1:
            places = (str(Path(bohwsw.__file__).parents[1]), os.environ.get("PYTHONPATH"))
            path = os.pathsep.join(place for place in places if place)
            with suppress(OSError):  # no more processes: all is compiled here
                child = subprocess.Popen(
                    [sys.executable, "-c", IN_CHILD],
                    env={**os.environ, "PYTHONPATH": path},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
        try:
            warm_up_paths()
        finally:
            if child is not None:
                child.wait()
        warm_up_simulator()


def warm_up_simulator() -> None:
    """Compile the simulator and the annealing, or load them."""
    AnnealingMapper().warm_up()
    space, costs = _example()
    mappings = empty_batch(1, space.architecture.depth)
    mappings.factors[0, 0, 0] = [*space.layer.sizes.values()]
    simulate_batch(space.layer, hardware_batch([(space.architecture, costs)]), mappings)


def warm_up_paths() -> None:
    """Compile bounds and shortest paths, or load them."""
    space, costs = _example()
    batch = empty_batch(1, space.architecture.depth)
    batch.factors[0, 0, 0] = [*space.layer.sizes.values()]
    batch.keep[0, 1] = False
    mapping = batch.mapping(0)
    evaluation = simulate(space.layer, space.architecture, mapping, costs)
    goal = Goal("edp")
    start = MapperResult(mapping, evaluation, 1, 1.0, np.array([goal.of(evaluation)]))
    search = SkeletonSearch(space, costs, goal, start)
    search.paths.tightened(search.unrollings[0], search.paths.choices([0]), goal)
    candidate = Candidate(0, 0, bound=0.0, energy_pj=0.0, cycles=1.0)
    for _ in range(2):  # a path with guessed halos, then an exact one
        search.step(candidate)
    search.best = 1e-9  # so that no path is worth an evaluation
    search.enumerate_paths(candidate)


def is_compiled() -> bool:
    """Whether a search can start at once: its machine code is in the cache."""
    last = (
        "annealing_kernel.anneal",
        "evaluation_kernel.evaluate_rows",
        "path_walk_kernel.continue_walk",
    )
    return all(cache_holds(f"{name}-") for name in last)


def _example() -> tuple[MapSpace, Costs]:
    """A layer with halos on a machine that is short of bandwidth."""
    narrow = StorageLevel("buffer", entries=6, read_words_per_cycle=0.5)
    machine = Architecture("narrow", (StorageLevel("DRAM", kind="dram"), narrow), MacArray())
    prices = (StorageCost(8.0, 8.0, 8.0, None), StorageCost(1.0, 1.0, 1.0, None))
    return MapSpace(Layer("small", K=2, P=6, R=3), machine), Costs(prices, (0.0, 0.0), 1.0)

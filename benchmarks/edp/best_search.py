"""One search by the recipe ``best``, compared with Eyeriss; and how it goes, machine by machine."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.command import Results
from benchmarks.edp.case import Case, case
from benchmarks.edp.contender import nested, random_recipe
from benchmarks.plot import plot_curves
from bohwsw.codesign import Design, Problem, best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapping.batch import batch_of
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.simulator.reference import simulate
from bohwsw.study import Trial, run_codesign

FOUND, FREE, RANDOM = "best", "Eyeriss, dataflow free", "random search"

RANDOM_MAPPINGS = 2_500
"""Random mappings of each layer on each random machine."""

PLOTTED = f"""The plot beside this page shows the search machine by machine, before its mapping at
the end, and random machines of the same space with {RANDOM_MAPPINGS:,} random mappings of each
layer.
"""


@dataclass(frozen=True)
class Search:
    """A search of one case.

    Attributes:
        case: name of a case.
        seed: of all random draws.
        trials: machines to try.
    """

    case: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Found:
    """EDP of the network (pJ x cycles) on the best machine and on the baselines; CPU-seconds."""

    search: Search
    best: float
    best_bound: float
    restricted: float
    free: float
    macs: int
    area_mm2: float | None
    seconds: float
    simulators_differ: float
    curve: tuple[float, ...]
    """Least EDP of the network after each machine of the search, before the mapping at the end."""
    random_curve: tuple[float, ...]
    """The same of random machines with random mappings."""


def search(task: Search) -> Found:
    """One co-design search by the recipe ``best``."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    recipe = best_recipe().changed(trials=task.trials)
    problem = Problem(chosen.hardware_space(), chosen.network(), recipe=recipe, seed=task.seed)
    started = time.process_time()
    result = run_codesign(problem)
    seconds = time.process_time() - started
    free = result.baseline_free
    assert isinstance(result.baseline, Design)
    assert isinstance(free, Design)
    assert not result.baseline.over_limits + free.over_limits
    return Found(
        search=task,
        best=result.best.edp_pj_cycles,
        best_bound=result.best.lower_bound,
        restricted=result.baseline.edp_pj_cycles,
        free=free.edp_pj_cycles,
        macs=result.best.hardware.architecture.macs,
        area_mm2=result.best.area_mm2,
        seconds=seconds,
        simulators_differ=_simulators_differ(result.best),
        curve=_curve(result.trials),
        random_curve=_random_curve(chosen, task),
    )


def _curve(trials: Sequence[Trial]) -> tuple[float, ...]:
    logs = [math.inf if t.objective is None else t.objective for t in trials]
    return _least_so_far(np.exp(logs))


def _random_curve(chosen: Case, task: Search) -> tuple[float, ...]:
    search = nested(random_recipe().changed(evaluations=RANDOM_MAPPINGS))
    steps = search(chosen, task.seed, task.trials)
    return _least_so_far([math.inf if x.edp_pj_cycles is None else x.edp_pj_cycles for x in steps])


def _least_so_far(edps_pj_cycles: Sequence[float] | npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.minimum.accumulate(edps_pj_cycles).tolist())


def curves(found: Sequence[Found]) -> dict[str, list[float | None]]:
    """EDP over that of Eyeriss by machine: medians of searches, and Eyeriss with a free dataflow.

    Args:
        found: searches of one case.
    """
    baseline = found[0].restricted

    def median(each: Sequence[tuple[float, ...]]) -> list[float | None]:
        medians = np.median(each, axis=0) / baseline
        return [float(x) if math.isfinite(x) else None for x in medians]

    return {
        FOUND: median([x.curve for x in found]),
        FREE: [found[0].free / baseline] * len(found[0].curve),
        RANDOM: median([x.random_curve for x in found]),
    }


def plot(results: Results, path: Path) -> None:
    """EDP over that of Eyeriss by machine, a panel a network."""
    plot_curves(
        results["curves"],
        path,
        ours=FOUND,
        x_label="machines tried",
        y_label="EDP over that of Eyeriss",
    )


def _simulators_differ(design: Design) -> float:
    """Largest relative difference of a layer's EDP by the scalar and the compiled simulator."""
    hardware = hardware_batch([(design.hardware.architecture, design.hardware.costs)])
    differences = []
    for mapped in design.layers:
        compiled = simulate_batch(mapped.entry.layer, hardware, batch_of([mapped.mapping]))
        scalar = simulate(
            mapped.entry.layer,
            design.hardware.architecture,
            mapped.mapping,
            design.hardware.costs,
        )
        differences.append(abs(compiled.edp_pj_cycles[0] / (scalar.edp_pj_cycles or 0.0) - 1.0))
    return float(max(differences))

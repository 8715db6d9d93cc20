"""One search by the recipe ``best``, compared with Eyeriss; and how it goes, machine by machine."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.command import Results
from benchmarks.edp.case import case
from benchmarks.plot import plot_curves
from bohwsw.codesign.design import Design
from bohwsw.codesign.problem import CodesignProblem
from bohwsw.codesign.recipe import best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapping.batch import batch_of
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.simulator.reference import simulate
from bohwsw.study.codesign_study import run_codesign
from bohwsw.study.trial import Trial

FOUND, FREE = "best", "Eyeriss, dataflow free"


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


def search(task: Search) -> Found:
    """One co-design search by the recipe ``best``."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    recipe = best_recipe().changed(trials=task.trials)
    problem = CodesignProblem(
        chosen.hardware_space(), chosen.network(), recipe=recipe, seed=task.seed
    )
    started = time.process_time()
    result = run_codesign(problem)
    seconds = time.process_time() - started
    free = result.baseline_free
    assert isinstance(result.baseline, Design)
    assert isinstance(free, Design)
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
        curve=_least_so_far(result.trials),
    )


def _least_so_far(trials: Sequence[Trial]) -> tuple[float, ...]:
    logs = [math.inf if t.outcome.objective is None else t.outcome.objective for t in trials]
    return tuple(np.exp(np.minimum.accumulate(logs)).tolist())


def curves(found: Sequence[Found]) -> dict[str, list[float | None]]:
    """EDP over that of Eyeriss by machine: the searches' median, and Eyeriss with a free dataflow.

    Args:
        found: searches of one case.
    """
    baseline = found[0].restricted
    medians = np.median([x.curve for x in found], axis=0) / baseline
    return {
        FOUND: [float(x) if math.isfinite(x) else None for x in medians],
        FREE: [found[0].free / baseline] * len(medians),
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

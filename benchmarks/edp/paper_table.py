"""``python -m benchmarks.edp.paper_table``: the paper's table, at equal numbers of PEs."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.case import CASES, Case, case
from benchmarks.processes import run_each
from benchmarks.provenance import provenance
from bohwsw.codesign.design import Design
from bohwsw.codesign.headroom import least_of_space
from bohwsw.codesign.problem import CodesignProblem
from bohwsw.codesign.recipe import best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapping.batch import batch_of
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.simulator.reference import simulate
from bohwsw.study.codesign_study import run_codesign

HEADROOM_SECONDS = 120.0


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
    """EDP of the network (pJ x cycles) on the best machine and on the baselines, and the time."""

    search: Search
    best: float
    best_bound: float
    restricted: float
    free: float
    macs: int
    area_mm2: float | None
    seconds: float
    simulators_differ: float


def search(task: Search) -> Found:
    """One co-design search by the recipe ``best``."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    recipe = best_recipe().changed(trials=task.trials)
    problem = CodesignProblem(
        chosen.hardware_space(), chosen.network(), recipe=recipe, seed=task.seed
    )
    started = time.perf_counter()
    result = run_codesign(problem)
    seconds = time.perf_counter() - started
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


def bound(name: str) -> tuple[str, float]:
    """No machine of a case's space has a smaller EDP."""
    BranchAndBoundMapper().warm_up()
    chosen = CASES[name]
    least = least_of_space(chosen.hardware_space(), chosen.network(), seconds=HEADROOM_SECONDS)
    return name, least


def run(quick: bool, log: Log) -> Results:
    """Search every case, and bound it."""
    names = ["DQN conv1-3", "MLP"] if quick else list(CASES)
    seeds, trials = (1, 10) if quick else (3, 50)
    tasks = [Search(name, seed, trials) for seed in range(seeds) for name in names]
    found: list[Found] = []
    for one in run_each(search, tasks):
        found.append(one)
        share = 1 - one.best / one.restricted
        log(f"{one.search.case}, seed {one.search.seed}: {share:.1%}, {one.seconds:.0f} s")
    bounds = dict(run_each(bound, names))
    return {
        "benchmark": "edp.paper_table",
        "quick": quick,
        "provenance": provenance(),
        "trials": trials,
        "seeds": seeds,
        "rows": [
            _row(CASES[name], [x for x in found if x.search.case == name], bounds[name])
            for name in names
        ],
    }


def _row(paper: Case, found: list[Found], least: float) -> Row:
    best = statistics.median(x.best for x in found)
    restricted, free = found[0].restricted, found[0].free
    return {
        "network": paper.name,
        "machine": paper.space_name,
        "baseline_edp_pj_cycles": restricted,
        "free_baseline_edp_pj_cycles": free,
        "edp_pj_cycles": best,
        "improvement": 1 - best / restricted,
        "least_improvement": 1 - max(x.best for x in found) / restricted,
        "improvement_over_free": 1 - best / free,
        "bound_edp_pj_cycles": least,
        "headroom": 1 - least / restricted,
        "headroom_over_free": 1 - least / free,
        "paper_improvement": paper.paper_improvement,
        "mapping_gap": max(x.best / x.best_bound - 1 for x in found),
        "simulators_differ": max(x.simulators_differ for x in found),
        "seconds": statistics.median(x.seconds for x in found),
    }


COLUMNS = {
    "network": "network",
    "machine": "space",
    "baseline_edp_pj_cycles": "Eyeriss|.4g",
    "free_baseline_edp_pj_cycles": "Eyeriss, dataflow free|.4g",
    "edp_pj_cycles": "found|.4g",
    "improvement": "improvement|.1%",
    "least_improvement": "worst seed|.1%",
    "improvement_over_free": "over free Eyeriss|.1%",
    "headroom": "headroom|.1%",
    "headroom_over_free": "over free|.1%",
    "paper_improvement": "paper|.1%",
    "mapping_gap": "mapping gap|.1%",
    "simulators_differ": "simulators differ|.0e",
    "seconds": "s|.0f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("The paper's table: equal numbers of PEs", results),
        f"EDP in pJ x cycles; median of {results['seeds']} seeds of {results['trials']} machines,",
        "recipe `best`. Number of PEs and words of scratchpad in total are those of Eyeriss. Both",
        "baselines are mapped like the machines found, the first with Eyeriss's row-stationary",
        "restrictions, the second without. Headroom: what a proven lower bound on the EDP of every",
        "machine of the space would allow. Mapping gap: how far the mappings found may be from the",
        "best on the machine found. Simulators differ: the scalar and the compiled one on the",
        "mappings found. Paper: what arXiv:2010.02075 reports; its layer shapes and",
        "energies are not fully published, so this is a comparison, not a claim.\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.paper_table", "The paper's table.", run, markdown))

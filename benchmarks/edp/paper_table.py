"""``python -m benchmarks.edp.paper_table``: the paper's table, at equal numbers of PEs."""

from __future__ import annotations

import statistics
import sys

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.best_search import PLOTTED, Found, Search, curves, plot, search
from benchmarks.edp.case import CASES, Case
from benchmarks.processes import run_each
from benchmarks.provenance import head
from bohwsw.certificate import least_of_space
from bohwsw.codesign import best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper

HEADROOM_SECONDS = 120.0


def bound(name: str) -> tuple[str, float]:
    """No machine of a case's space has a smaller EDP."""
    BranchAndBoundMapper().warm_up()
    chosen = CASES[name]
    least = least_of_space(chosen.hardware_space(), chosen.network(), seconds=HEADROOM_SECONDS)
    return name, least


def run(quick: bool, log: Log) -> Results:
    """Search every case, and bound it."""
    names = ["DQN conv1-3", "MLP"] if quick else list(CASES)
    seeds, trials = (1, 10) if quick else (3, best_recipe().trials)
    tasks = [Search(name, seed, trials) for seed in range(seeds) for name in names]
    found: list[Found] = []
    for one in run_each(search, tasks):
        found.append(one)
        share = 1 - one.best / one.restricted
        log(f"{one.search.case}, seed {one.search.seed}: {share:.1%}, {one.seconds:.0f} s")
    bounds = dict(run_each(bound, names))
    by_name = {name: [x for x in found if x.search.case == name] for name in names}
    return {
        **head("edp.paper_table", quick),
        "trials": trials,
        "seeds": seeds,
        "rows": [_row(CASES[name], by_name[name], bounds[name]) for name in names],
        "curves": {name: curves(by_name[name]) for name in names},
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
    "seconds": "CPU-s|.0f",
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
        PLOTTED,
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.paper_table", "The paper's table.", run, markdown, plot=plot))

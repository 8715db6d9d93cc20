"""``python -m benchmarks.edp.equal_area``: machines on the area of an Eyeriss, PEs free."""

from __future__ import annotations

import statistics
import sys

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.best_search import PLOTTED, Found, Search, curves, plot, search
from benchmarks.edp.case import EQUAL_AREA
from benchmarks.processes import run_each
from benchmarks.provenance import head
from bohwsw.codesign import best_recipe

GOAL = 2.0
"""How many times lower the EDP than the baseline's is to be."""


def run(quick: bool, log: Log) -> Results:
    """Search every case."""
    names = ["DQN conv1-3, equal area"] if quick else list(EQUAL_AREA)
    seeds, trials = (1, 10) if quick else (2, best_recipe().trials)
    found: list[Found] = []
    tasks = [Search(name, seed, trials) for seed in range(seeds) for name in names]
    for one in run_each(search, tasks):
        found.append(one)
        times = one.restricted / one.best
        log(f"{one.search.case}, seed {one.search.seed}: {times:.2f} times, {one.seconds:.0f} s")
    rows = [_row(name, [x for x in found if x.search.case == name]) for name in names]
    return {
        **head("edp.equal_area", quick),
        "trials": trials,
        "seeds": seeds,
        "rows": rows,
        "curves": {
            name.removesuffix(", equal area"): curves([x for x in found if x.search.case == name])
            for name in names
        },
        "missed": [row["network"] for row in rows if row["times"] < GOAL],
    }


def _row(name: str, found: list[Found]) -> Row:
    best = statistics.median(x.best for x in found)
    first = found[0]
    return {
        "network": EQUAL_AREA[name].name.removesuffix(", equal area"),
        "baseline_edp_pj_cycles": first.restricted,
        "free_baseline_edp_pj_cycles": first.free,
        "edp_pj_cycles": best,
        "times": first.restricted / best,
        "least_times": first.restricted / max(x.best for x in found),
        "times_over_free": first.free / best,
        "macs": statistics.median(x.macs for x in found),
        "area_mm2": max(x.area_mm2 or 0.0 for x in found),
        "mapping_gap": max(x.best / x.best_bound - 1 for x in found),
        "simulators_differ": max(x.simulators_differ for x in found),
        "seconds": statistics.median(x.seconds for x in found),
    }


COLUMNS = {
    "network": "network",
    "baseline_edp_pj_cycles": "Eyeriss|.4g",
    "free_baseline_edp_pj_cycles": "Eyeriss, dataflow free|.4g",
    "edp_pj_cycles": "found|.4g",
    "times": "times lower|.2f",
    "least_times": "worst seed|.2f",
    "times_over_free": "over free|.2f",
    "macs": "MACs|.0f",
    "area_mm2": "area (mm2)|.3f",
    "mapping_gap": "mapping gap|.1%",
    "simulators_differ": "simulators differ|.0e",
    "seconds": "CPU-s|.0f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    missed = ", ".join(results["missed"]) or "none"
    parts = [
        heading("Equal area: any machine on the area of Eyeriss", results),
        f"EDP in pJ x cycles; median of {results['seeds']} seeds of {results['trials']} machines,",
        "recipe `best`, space `eyeriss-equal-area`: at most the 1.71 mm2 of Eyeriss with 168 PEs",
        "by the 45 nm tables, numbers of PEs and sizes of all buffers free. Both baselines are",
        "mapped like the machines found: with its row-stationary restrictions, and without.\n",
        table(results["rows"], COLUMNS),
        PLOTTED,
        f"Less than {GOAL:g} times lower than Eyeriss: {missed}.\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.equal_area", "Equal area.", run, markdown, plot=plot))

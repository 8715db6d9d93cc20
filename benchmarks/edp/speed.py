"""``python -m benchmarks.edp.speed``: how long searches take, and where the time goes."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.case import Case
from benchmarks.provenance import head
from bohwsw.codesign import Problem, named_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.study import run_codesign

THREADS = 2
TRIALS = 50


@dataclass(frozen=True)
class Search:
    """A search with a goal.

    Attributes:
        case: what is searched.
        recipe: how.
        goal_minutes: how long it may take.
    """

    case: Case
    recipe: str
    goal_minutes: float


SEARCHES = (
    Search(Case("whole ResNet-18", "whole resnet18", "eyeriss-168", None), "best", 3.0),
    Search(Case("whole ResNet-50", "resnet50", "eyeriss-168", None), "best", 10.0),
    Search(Case("ResNet-18 conv2-5", "resnet18", "eyeriss-168", None), "paper", 30.0),
)


def run(quick: bool, log: Log) -> Results:
    """Each search once."""
    BranchAndBoundMapper().warm_up()
    rows = []
    for search in SEARCHES:
        rows.append(_row(search, 3 if quick else TRIALS))
        log(f"{search.case.name}, {search.recipe}: {rows[-1]['seconds']:.0f} s")
    return {
        **head("edp.speed", quick),
        "rows": rows,
        "missed": [r["network"] for r in rows if r["seconds"] > 60.0 * r["goal_minutes"]],
    }


def _row(search: Search, trials: int) -> Row:
    chosen = named_recipe(search.recipe).changed(trials=trials)
    space, network = search.case.hardware_space(), search.case.network()
    problem = Problem(space, network, recipe=chosen, threads=THREADS)
    began, cpu = time.perf_counter(), time.process_time()
    result = run_codesign(problem)
    return {
        "network": search.case.name,
        "recipe": search.recipe,
        "layers": len(network.unique_layers()),
        "machines": len(result.trials),
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "proposing_seconds": result.seconds.proposing,
        "mapping_seconds": result.seconds.mapping,
        "final_seconds": result.seconds.final,
        "goal_minutes": search.goal_minutes,
        "edp_pj_cycles": result.best.edp_pj_cycles,
    }


COLUMNS = {
    "network": "network",
    "recipe": "recipe",
    "layers": "unique layers",
    "machines": "machines",
    "seconds": "s|.0f",
    "goal_minutes": "goal (min)|g",
    "proposing_seconds": "choosing machines (s)|.0f",
    "mapping_seconds": "mapping (s)|.0f",
    "final_seconds": "mapping at the end (s)|.0f",
    "cpu_seconds": "CPU-s|.0f",
    "edp_pj_cycles": "EDP|.4g",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("How long searches take", results),
        f"{THREADS} threads, space `eyeriss-168`, once each.\n",
        table(results["rows"], COLUMNS),
        f"Longer than the goal: {', '.join(results['missed']) or 'none'}.\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.speed", "How long searches take.", run, markdown))

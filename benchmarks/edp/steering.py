"""``python -m benchmarks.edp.steering``: what a search gains that leaves out hopeless machines.

The same search twice for each seed: as it is, and steered by a certificate (``--steer``), with as
many suggestions. Seconds are those of the process. Runs that ended are kept and not made again.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.edp.case import case
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed
from bohwsw.codesign import Problem, best_recipe
from bohwsw.mapper import BranchAndBoundMapper
from bohwsw.study import CodesignSearch, SteeredSearch, run_codesign

CASES = ("DQN conv1-3, equal area", "MLP, equal area")
SEEDS = 10
TRIALS = 40


@dataclass(frozen=True)
class Search:
    """One search."""

    case: str
    seed: int
    trials: int
    steered: bool


def search(task: Search) -> Row:
    """The least EDP (pJ x cycles), how many machines were left out, and CPU-seconds."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    recipe = replace(best_recipe().changed(trials=task.trials), final_gap=None)
    problem = Problem(chosen.hardware_space(), chosen.network(), recipe=recipe, seed=task.seed)
    kind: type[CodesignSearch] = SteeredSearch if task.steered else CodesignSearch
    searches: list[CodesignSearch] = []

    def made(*given: Any) -> CodesignSearch:
        searches.append(kind(*given))
        return searches[-1]

    started = time.process_time()
    result = run_codesign(problem, search_by=made)
    (used,) = searches
    values = [trial.objective for trial in result.trials if trial.objective is not None]
    return {
        "task": asdict(task),
        "edp_pj_cycles": math.exp(min(values)),
        "left_out": used.left_out if isinstance(used, SteeredSearch) else 0,
        "seconds": time.process_time() - started,
    }


def run(quick: bool, log: Log) -> Results:
    """Every search that the file of runs has not."""
    cases, seeds, trials = (CASES[1:], 1, 6) if quick else (CASES, SEEDS, TRIALS)
    tasks = [
        Search(name, seed, trials, steered)
        for name in cases
        for seed in range(seeds)
        for steered in (False, True)
    ]
    store = None if quick else RUNS / "edp.steering.jsonl"
    found = resumed(store, search, tasks, log)
    pairs = list(zip(found[::2], found[1::2], strict=True))
    return {
        **head("edp.steering", quick),
        "made": [] if quick else made_where(found),
        "trials": trials,
        "rows": [_row(name, [x for x in pairs if x[0]["task"]["case"] == name]) for name in cases],
    }


def _row(name: str, pairs: list[tuple[Row, Row]]) -> Row:
    ratios = [steered["edp_pj_cycles"] / plain["edp_pj_cycles"] for plain, steered in pairs]
    return {
        "case": name,
        "seeds": len(pairs),
        "left_out": statistics.median(steered["left_out"] for _, steered in pairs),
        "ratio": statistics.median(ratios),
        "better": sum(x < 1.0 - 1e-6 for x in ratios),
        "worse": sum(x > 1.0 + 1e-6 for x in ratios),
        "plain_seconds": statistics.median(plain["seconds"] for plain, _ in pairs),
        "steered_seconds": statistics.median(steered["seconds"] for _, steered in pairs),
    }


COLUMNS = {
    "case": "network",
    "seeds": "seeds",
    "left_out": "left out|g",
    "ratio": "EDP, steered / plain|.4f",
    "better": "steered better",
    "worse": "plain better",
    "plain_seconds": "plain, CPU-s|.1f",
    "steered_seconds": "steered, CPU-s|.1f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("Searches of machines steered by a certificate", results),
        runs_made(results) if results["made"] else "",
        f"{results['trials']} suggestions by `best`, as they are and with `--steer`. Left out are",
        "suggestions that provably cannot be the best: they are not mapped. Medians.\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.steering", "Searches steered by a certificate.", run, markdown))

"""``python -m benchmarks.edp.devices``: what each part of the recipe ``best`` is good for."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass, replace

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.case import case
from benchmarks.processes import run_each
from benchmarks.provenance import provenance
from bohwsw.codesign.problem import CodesignProblem
from bohwsw.codesign.recipe import Recipe, best_recipe, frugal_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.study.codesign_study import run_codesign

CASES = ("ResNet-18 conv2-5", "DQN conv1-3", "DQN conv1-3, equal area")
SEEDS, TRIALS = 3, 50


_BEST = best_recipe()
VARIANTS: dict[str, tuple[Recipe, str]] = {
    "best": (_BEST, "as shipped"),
    "random machines": (_BEST.changed(strategy="random"), "no model of machines"),
    "evolution": (_BEST.changed(strategy="evolutionary"), "evolution instead of a model"),
    "features": (replace(_BEST, features=True), "the model sees the features of the space file"),
    "20,000 mappings": (_BEST.changed(evaluations=20_000), "a fifth of the inner budget"),
    "400,000 mappings": (_BEST.changed(evaluations=400_000), "four times the inner budget"),
    "bounds after annealing": (
        replace(
            _BEST,
            mapper=BranchAndBoundMapper(gap=0.05, evaluations_a_step=_BEST.evaluations // 25),
        ),
        "25 skeletons are looked at where annealing is not proven within 5 %",
    ),
    "bounds": (
        replace(_BEST, mapper=frugal_recipe().mapper, evaluations=frugal_recipe().evaluations),
        "bounds instead of annealing in the inner search",
    ),
    "no mapping at the end": (
        replace(_BEST, final_gap=None),
        "the mappings of the search are the result",
    ),
}
"""Recipes that differ from the first in one thing, and what that is."""


@dataclass(frozen=True)
class Task:
    """A search: of a case, by a variant, from a seed, over so many machines."""

    case: str
    variant: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Found:
    """The EDP that the search ends with, and its seconds."""

    task: Task
    edp_pj_cycles: float
    seconds: float


def search(task: Task) -> Found:
    """One search."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    recipe = VARIANTS[task.variant][0].changed(trials=task.trials)
    problem = CodesignProblem(
        chosen.hardware_space(), chosen.network(), recipe=recipe, seed=task.seed
    )
    started = time.process_time()
    result = run_codesign(problem)
    return Found(task, result.best.edp_pj_cycles, time.process_time() - started)


def run(quick: bool, log: Log) -> Results:
    """Search every case by every variant."""
    names = ("DQN conv1-3",) if quick else CASES
    seeds, trials = (1, 10) if quick else (SEEDS, TRIALS)
    tasks = [
        Task(name, variant, seed, trials)
        for seed in range(seeds)
        for name in names
        for variant in VARIANTS
    ]
    found: list[Found] = []
    for one in run_each(search, tasks):
        found.append(one)
        log(f"[{len(found)}/{len(tasks)}] {one.task.case}, {one.task.variant}: {one.seconds:.0f} s")
    return {
        "benchmark": "edp.devices",
        "quick": quick,
        "provenance": provenance(),
        "trials": trials,
        "seeds": seeds,
        "rows": [_row(name, variant, found) for name in names for variant in VARIANTS],
    }


def _row(name: str, variant: str, found: list[Found]) -> Row:
    """Medians over seeds of what a variant finds and takes, relative to the first on each seed."""
    by_task = {x.task: x for x in found}
    mine = [x for x in found if (x.task.case, x.task.variant) == (name, variant)]
    pairs = [(x, by_task[replace(x.task, variant=next(iter(VARIANTS)))]) for x in mine]
    worse = [x.edp_pj_cycles / best.edp_pj_cycles - 1.0 for x, best in pairs]
    return {
        "network": name,
        "variant": variant,
        "what": VARIANTS[variant][1],
        "edp_pj_cycles": statistics.median(x.edp_pj_cycles for x in mine),
        "worse": statistics.median(worse),
        "least_worse": min(worse),
        "most_worse": max(worse),
        "seconds": statistics.median(x.seconds for x in mine),
        "times_slower": statistics.median(x.seconds / best.seconds for x, best in pairs),
    }


COLUMNS = {
    "network": "network",
    "variant": "variant",
    "what": "what that is",
    "edp_pj_cycles": "EDP|.4g",
    "worse": "worse than best|+.1%",
    "least_worse": "from|+.1%",
    "most_worse": "to|+.1%",
    "seconds": "CPU-s|.0f",
    "times_slower": "times the seconds|.2f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("What the parts of the recipe `best` are good for", results),
        f"EDP in pJ x cycles after {results['trials']} machines and the mapping at the end; median",
        f"of {results['seeds']} seeds, compared seed by seed with `best` (negative: better).\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.devices", "Parts of the recipe best.", run, markdown))

"""``python -m benchmarks.edp.devices``: what each part of the recipe ``best`` is good for."""

from __future__ import annotations

import math
import statistics
import sys
import time
from dataclasses import dataclass, replace

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.case import case
from benchmarks.processes import run_each
from benchmarks.provenance import head
from bohwsw.codesign import FirstLook, Problem, Recipe, best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.study import Trial, run_codesign

CASES = ("DQN conv1-3, equal area", "ResNet-18 conv2-5, equal area")
SEEDS = 3
FINAL_SECONDS = 3.0
"""For each machine that is mapped again at the end: less than the recipe's, alike for all."""

_BEST = replace(best_recipe(), final_seconds=FINAL_SECONDS)
_OPENED = _BEST.at(0)
VARIANTS: dict[str, tuple[Recipe, str]] = {
    "best": (_BEST, "as shipped"),
    "no opening": (replace(_BEST, opening=None), "annealing from the first machine on"),
    "no warm starts": (
        replace(_BEST, warm_starts=False),
        "each layer and machine is mapped anew",
    ),
    "no prior mean": (
        replace(_BEST, prior_mean=False),
        "the model of machines knows nothing of cycles",
    ),
    "bounds": (
        replace(_OPENED, trials=_BEST.trials),
        "bounds instead of annealing to the end",
    ),
    "no early stop": (
        replace(_BEST, first_look=None),
        "100,000 mappings a layer on machines above 1.5 times the best, too",
    ),
    "more for promising machines": (
        replace(_BEST, evaluations=200_000, first_look=FirstLook(evaluations=50_000, within=0.05)),
        "within 5 % of the best 200,000 mappings a layer, else 50,000",
    ),
    "random machines": (_BEST.changed(strategy="random"), "no model of machines"),
    "evolution": (_BEST.changed(strategy="evolutionary"), "evolution instead of a model"),
}
"""Recipes that differ from the first in one thing, and what that is."""

UNMAPPED = "no mapping at the end"
"""A variant that needs no search of its own: the first, before its mapping at the end."""


@dataclass(frozen=True)
class Task:
    """A search: of a case, by a variant, from a seed, over so many machines."""

    case: str
    variant: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Found:
    """The EDP that the search ends with, and its CPU-seconds."""

    task: Task
    edp_pj_cycles: float
    seconds: float


def search(task: Task) -> list[Found]:
    """One search; of the first variant also what it would be without the mapping at its end."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    recipe = VARIANTS[task.variant][0].changed(trials=task.trials)
    problem = Problem(chosen.hardware_space(), chosen.network(), recipe=recipe, seed=task.seed)
    started = time.process_time()
    searched: list[float] = []

    def note(phase: str, _: int, __: int, ___: Trial | None) -> None:
        if phase == "final" and not searched:
            searched.append(time.process_time() - started)

    result = run_codesign(problem, progress=note)
    found = [Found(task, result.best.edp_pj_cycles, time.process_time() - started)]
    if task.variant == next(iter(VARIANTS)):
        logs = [t.objective for t in result.trials if t.objective is not None]
        found.append(Found(replace(task, variant=UNMAPPED), math.exp(min(logs)), searched[0]))
    return found


def run(quick: bool, log: Log) -> Results:
    """Search every case by every variant."""
    names = CASES[:1] if quick else CASES
    trials = 10 if quick else _BEST.trials
    tasks = [
        Task(name, variant, seed, trials)
        for name in names
        for variant in VARIANTS
        for seed in range(1 if quick else SEEDS)
    ]
    found: list[Found] = []
    for number, some in enumerate(run_each(search, tasks), 1):
        found += some
        task, seconds = some[0].task, some[0].seconds
        log(f"[{number}/{len(tasks)}] {task.case}, {task.variant}: {seconds:.0f} s")
    return {
        **head("edp.devices", quick),
        "trials": trials,
        "rows": [
            _row(name, variant, what, found)
            for name in names
            for variant, what in [
                *((variant, what) for variant, (_, what) in VARIANTS.items()),
                (UNMAPPED, "the mappings of the search are the result"),
            ]
        ],
    }


def _row(name: str, variant: str, what: str, found: list[Found]) -> Row:
    """Medians over seeds of what a variant finds and takes, relative to the first on each seed."""
    by_task = {x.task: x for x in found}
    mine = [x for x in found if (x.task.case, x.task.variant) == (name, variant)]
    pairs = [(x, by_task[replace(x.task, variant=next(iter(VARIANTS)))]) for x in mine]
    worse = [x.edp_pj_cycles / best.edp_pj_cycles - 1.0 for x, best in pairs]
    return {
        "network": name,
        "variant": variant,
        "what": what,
        "seeds": len(mine),
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
    "seeds": "seeds|d",
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
        f"EDP in pJ x cycles after {results['trials']} machines and the mapping at the end, here",
        f"{FINAL_SECONDS:g} s a machine; medians, compared seed by seed with `best` (negative:",
        "better).\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.devices", "Parts of the recipe best.", run, markdown))

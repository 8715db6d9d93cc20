"""``python -m benchmarks.edp.warm_starts``: what inner searches gain from mappings known before.

Searches by the recipe ``best`` choose machines. These are then mapped again, in the same order, by
variants of the inner search: cold, from the most similar layer on the same machine, from machines
before, from both. All are judged machine by machine against the best of them all.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.case import case
from benchmarks.processes import run_each
from benchmarks.provenance import head
from bohwsw.codesign import Design, Problem, best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapping_search import NO_STARTS
from bohwsw.study import run_codesign

CASES = (
    "DQN conv1-3, equal area",
    "ResNet-18 conv2-5, equal area",
    "whole ResNet-18, equal area",
)
BUDGETS = (50_000, 100_000)
TRIALS = 40
HOPELESS = 1.5
"""Times the best EDP so far above which a machine counts as hopeless."""


@dataclass(frozen=True)
class Variant:
    """An inner search: its budget, and what it starts from.

    Attributes:
        layers: the most similar layer on the same machine.
        machines: machines before.
        evaluations: mappings a layer.
    """

    layers: bool
    machines: bool
    evaluations: int

    @property
    def starts(self) -> str:
        """What it starts from, in words."""
        names = ["layers"] * self.layers + ["machines"] * self.machines
        return " and ".join(names) or "nothing"


VARIANTS = tuple(
    Variant(layers, machines, evaluations)
    for evaluations in BUDGETS
    for layers, machines in ((False, False), (True, False), (False, True), (True, True))
)


@dataclass(frozen=True)
class Task:
    """A search whose machines are mapped again."""

    case: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Found:
    """What came of it.

    Attributes:
        task: the search.
        edps: pJ x cycles of the network for each variant and machine.
        seconds: CPU-seconds of each variant.
        hopeless: share of machines, the first ten left out, whose EDP is above ``HOPELESS`` times
            the best so far.
    """

    task: Task
    edps: tuple[tuple[float, ...], ...]
    seconds: tuple[float, ...]
    hopeless: float


def replay(task: Task) -> Found:
    """Choose machines by a search and map each by every variant."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    space, network = chosen.hardware_space(), chosen.network()
    recipe = replace(best_recipe(), trials=task.trials, final_gap=None)
    searched = run_codesign(Problem(space, network, recipe=recipe, seed=task.seed))
    trials = [trial for trial in searched.trials if trial.objective is not None]
    edps, seconds = [], []
    for variant in VARIANTS:
        inner = replace(recipe.changed(evaluations=variant.evaluations), warm_starts=variant.layers)
        problem = Problem(space, network, recipe=inner, seed=task.seed + 1)
        memory = problem.mapping_memory()
        started = time.process_time()
        row = []
        for trial in trials:
            starts = memory.warm_starts(trial.point) if variant.machines else NO_STARTS
            outcome, design = problem.evaluate(trial.point, starts)
            assert isinstance(design, Design)
            memory.add(trial.point, design.mappings(), outcome.objective)
            row.append(design.edp_pj_cycles)
        edps.append(tuple(row))
        seconds.append(time.process_time() - started)
    least = np.min(edps, axis=0)
    so_far = np.minimum.accumulate(least)
    return Found(task, tuple(edps), tuple(seconds), float((least > HOPELESS * so_far)[10:].mean()))


def run(quick: bool, log: Log) -> Results:
    """All cases, one search each."""
    names, trials = (CASES[:1], 15) if quick else (CASES, TRIALS)
    found: dict[str, Found] = {}
    for one in run_each(replay, [Task(name, 0, trials) for name in names]):
        found[one.task.case] = one
        log(f"[{len(found)}/{len(names)}] {one.task.case}: {sum(one.seconds):.0f} s")
    return {
        **head("edp.warm_starts", quick),
        "trials": trials,
        "rows": [_row(found[name], index) for name in names for index in range(len(VARIANTS))],
        "hopeless": {name: found[name].hopeless for name in names},
    }


def _row(found: Found, index: int) -> Row:
    edps = np.array(found.edps)
    above = edps[index] / edps.min(axis=0) - 1.0
    nearest = np.argsort(edps.min(axis=0))[: max(1, len(above) // 10)]
    return {
        "network": found.task.case,
        "starts": VARIANTS[index].starts,
        "evaluations": VARIANTS[index].evaluations,
        "above": float(above.mean()),
        "above_p90": float(np.quantile(above, 0.9)),
        "above_tenth": statistics.fmean(above[nearest]),
        "seconds": found.seconds[index],
    }


COLUMNS = {
    "network": "network",
    "evaluations": "mappings a layer|,",
    "starts": "starts from",
    "above": "above the best known|.1%",
    "above_p90": "nine in ten below|.1%",
    "above_tenth": "best tenth of machines|.1%",
    "seconds": "CPU-s|.0f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    hopeless = ", ".join(f"{name} {share:.0%}" for name, share in results["hopeless"].items())
    parts = [
        heading("What inner searches gain from mappings known before", results),
        f"The {results['trials']} machines that a search by `best` tries, mapped again in that",
        "order by variants of the inner search. EDP of the network on a machine above the least",
        "of all variants there: mean, nine tenths, mean of the tenth of machines with the least",
        "EDP.\n",
        table(results["rows"], COLUMNS),
        f"\nMachines above {HOPELESS:g} times the best EDP before them, all that an early stop",
        f"could cut short: {hopeless}.\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.warm_starts", "Mappings known before.", run, markdown))

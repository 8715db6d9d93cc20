"""``python -m benchmarks.edp.certificate``: how far the machines found may be from the best of all.

A search by the recipe `best` gives a design; a branch and bound over all machines of the space then
proves how much better any of them could be. Where it comes to a machine of which no more can be
proven, that machine is mapped, and goes on from there if it is better than what the search found.
Seconds are those of the process, as other work may run beside it. Searches and proofs that ended
are kept in files and not run again.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.edp.case import case
from benchmarks.provenance import provenance
from benchmarks.records import RUNS, made_where, resumed
from bohwsw.certificate import BoundProgress, SpaceBound
from bohwsw.codesign import HardwareSpace, Problem, best_recipe
from bohwsw.mapper import BranchAndBoundMapper, map_layers
from bohwsw.mapping import MapSpace
from bohwsw.space import Value
from bohwsw.study import run_codesign
from bohwsw.workload import Network

AT_SECONDS = (10, 30, 100, 200)
"""CPU-seconds after which the page shows what is proven."""

SECONDS = 300.0
"""For each proof; ten minutes were asked for."""

SHORTER = {"ResNet-18 conv2-5": 100.0}
"""Proofs that get fewer."""

MAPPED_GAP = 0.001
"""How near to its optimum a machine is mapped that a proof comes to."""

GOALS = {
    "MLP, equal area": 0.05,
    "DQN conv1-3, equal area": 0.05,
    "Transformer, equal area": 0.05,
    "ResNet-18 conv2-5, equal area": 0.05,
    "MLP": 0.01,
    "DQN conv1-3": 0.01,
    "Transformer": 0.01,
    "ResNet-18 conv2-5": 0.01,
}
"""What is aimed at, as a share of what was found."""


@dataclass(frozen=True)
class Found:
    """A search for a machine."""

    case: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Proof:
    """A proof of how good it is, within so many CPU-seconds."""

    case: str
    reached: float
    seconds: float


def search(task: Found) -> Row:
    """The EDP of the design at the end of a search (pJ x cycles), and its machine."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    recipe = best_recipe().changed(trials=task.trials)
    started = time.process_time()
    problem = Problem(chosen.hardware_space(), chosen.network(), recipe=recipe, seed=task.seed)
    best = run_codesign(problem).best
    return {
        "task": asdict(task),
        "edp_pj_cycles": best.edp_pj_cycles,
        "machine": dict(best.hardware.point),
        "seconds": time.process_time() - started,
    }


class _Over(Exception):
    """The time of a proof is over."""


def prove(task: Proof) -> Row:
    """The share that is proven, second by second."""
    BranchAndBoundMapper().warm_up()
    chosen = case(task.case)
    space = chosen.hardware_space()
    started = time.process_time()
    bound = SpaceBound(space, chosen.network(), reached=task.reached, goal=GOALS[task.case] / 5)
    trace = [[time.process_time() - started, bound.bound]]

    def report(progress: BoundProgress) -> None:
        spent = time.process_time() - started
        if progress.bound > trace[-1][1]:
            trace.append([spent, progress.bound])
        if spent > task.seconds:
            raise _Over

    machine = met = None
    with suppress(_Over):
        while bound.run(report=report) < bound.reached:
            if bound.least_machine in (None, machine):
                break
            machine = bound.least_machine
            value = _edp(space, chosen.network(), machine)
            if value < bound.reached:
                bound.reached, met = value, machine
    return {
        "task": asdict(task),
        "met": {"machine": met, "edp_pj_cycles": bound.reached},
        "machines": _machines(space.search_space()),
        "trace": trace,
        "bound": bound.bound,
        "seconds": time.process_time() - started,
        **{k: v for k, v in bound.progress._asdict().items() if k != "bound"},
    }


def _edp(space: HardwareSpace, network: Network, machine: dict[str, Value]) -> float:
    """What a machine reaches (pJ x cycles), with nothing that only restricts mappings."""
    free = {name: False for name in space.spec.parameters if name not in machine}
    hardware = space.hardware(space.with_point(machine | free))
    layers = [
        (MapSpace(entry.layer, hardware.architecture, hardware.dataflow), entry.count)
        for entry in network.unique_layers()
    ]
    found = map_layers(layers, hardware.costs, gap=MAPPED_GAP)
    return found.energy_pj * found.latency_cycles


def _machines(space: Any) -> str:
    return str(space.size()) if space is not None else "1"


def run(quick: bool, log: Log) -> Results:
    """Search and prove every case; what the files of runs have is not run again."""
    names = ["MLP, equal area", "DQN conv1-3, equal area"] if quick else list(GOALS)
    trials, seconds = (5, 3.0) if quick else (best_recipe().trials, SECONDS)
    store = None if quick else RUNS / "edp.certificate.jsonl"
    found_in = None if quick else RUNS / "edp.certificate.found.jsonl"
    found = resumed(found_in, search, [Found(name, 0, trials) for name in names], log)
    tasks = [
        Proof(name, x["edp_pj_cycles"], min(seconds, SHORTER.get(name, seconds)))
        for name, x in zip(names, found, strict=True)
    ]
    proven = resumed(store, prove, tasks, log)
    rows = [_row(one, proof) for one, proof in zip(found, proven, strict=True)]
    return {
        "benchmark": "edp.certificate",
        "quick": quick,
        "provenance": provenance(),
        "made": [] if quick else made_where([*found, *proven]),
        "trials": trials,
        "seconds": seconds,
        "rows": rows,
        "missed": [row["case"] for row in rows if row["headroom"] > row["goal"]],
    }


def _row(found: Row, proof: Row) -> Row:
    reached = found["edp_pj_cycles"]
    met = (proof.get("met") or {}).get("edp_pj_cycles", reached)  # older runs have none

    def at(seconds: float) -> float | None:
        """The share that was proven by then; None if the proof ended or was stopped before."""
        known = [bound for spent, bound in proof["trace"] if spent <= seconds]
        ended = proof["seconds"] < seconds
        return None if ended or not known else max(0.0, 1.0 - max(known) / reached)

    return {
        "case": found["task"]["case"],
        "space": case(found["task"]["case"]).space_name,
        "machines": proof["machines"],
        "edp_pj_cycles": reached,
        "goal": GOALS[found["task"]["case"]],
        **{f"at_{seconds}": at(seconds) for seconds in AT_SECONDS},
        "headroom": max(0.0, 1.0 - proof["bound"] / reached),
        "met": met if met < reached else None,
        "headroom_of_met": max(0.0, 1.0 - proof["bound"] / met) if met < reached else None,
        **{key: proof[key] for key in ("seconds", "splits", "passes", "open_boxes")},
    }


COLUMNS = {
    "case": "network",
    "machines": "machines",
    "edp_pj_cycles": "found|.4g",
    **{f"at_{seconds}": f"{seconds} s|.1%" for seconds in AT_SECONDS},
    "headroom": "proven|.2%",
    "goal": "aimed at|.0%",
    "met": "met|.4g",
    "headroom_of_met": "of that|.2%",
    "seconds": "CPU-s|.0f",
    "splits": "splits",
    "passes": "passes",
    "open_boxes": "boxes open",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    shorter = ", ".join(f"{name}: {most:g}" for name, most in SHORTER.items())
    parts = [
        heading("Certificates: how far from the best machine of the space", results),
        runs_made(results) if results["made"] else "",
        f"EDP in pJ x cycles of the best of {results['trials']} machines by `best` (seed 0), and",
        "what is proven of it: no machine of the space is below it by more than this share. After",
        "so many CPU-seconds, and at the end: when a fifth of what is aimed at was proven, or",
        f"after {results['seconds']:g} CPU-seconds ({shorter}). *Met* is a better machine that the",
        "proof came to, with what is proven *of that*.\n",
        table(results["rows"], COLUMNS),
        f"Missed: {', '.join(results['missed']) or 'none'}.\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.certificate", "How far from the best machine.", run, markdown))

"""``python -m benchmarks.edp.convergence``: mapping searches of the budget of the paper."""

from __future__ import annotations

import math
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.case import CASES
from benchmarks.edp.contender import MAPPINGS
from benchmarks.plot import plot_curves
from benchmarks.processes import run_each
from benchmarks.provenance import head
from bohwsw.codesign import best_recipe, paper_recipe
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.mapper import Mapper
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.simulator.costs import Costs

OURS = "best"
OPENING = best_recipe().at(0)
"""How `best` maps its first machines; the others have a budget of another kind."""

MAPPERS: dict[str, Mapper] = {
    OURS: OPENING.mapper,
    "paper": paper_recipe().mapper,
    "annealing": AnnealingMapper(),
    "random": RandomMapper(),
}
"""Inner searches: those of the recipes, and two for comparison."""

MARKS = (25, 50, 100, 250)
POINTS = 50
"""Shares of the budget at which curves are drawn."""


@dataclass(frozen=True)
class Task:
    """All layers of a case, mapped onto its Eyeriss with a free dataflow.

    Attributes:
        case: name of a case.
        mapper: name of a mapper.
        seed: of all random draws.
        bounds: for each layer, what no mapping is below (pJ x cycles).
    """

    case: str
    mapper: str
    seed: int
    bounds: tuple[float, ...]


@dataclass(frozen=True)
class Found:
    """How far above the optimum the best mapping is, at equal shares of the budget.

    Attributes:
        task: what was mapped.
        ratios: geometric mean over layers of the EDP over its proven lower bound; infinite before
            the first valid mapping of each layer.
        evaluations: mappings simulated a layer.
    """

    task: Task
    ratios: tuple[float, ...]
    evaluations: float


def _map_spaces(name: str) -> tuple[list[MapSpace], Costs]:
    """The map spaces of a case's layers on its Eyeriss with a free dataflow, and its prices."""
    case = CASES[name]
    hardware = case.hardware_space().baseline(free=True)
    layers = [entry.layer for entry in case.network().unique_layers()]
    spaces = [MapSpace(layer, hardware.architecture, hardware.dataflow) for layer in layers]
    return spaces, hardware.costs


def bounds(name: str) -> tuple[str, tuple[float, ...]]:
    """What no mapping of each layer of a case is below (pJ x cycles)."""
    mapper = BranchAndBoundMapper(gap=0.001, seconds=20.0)
    spaces, costs = _map_spaces(name)
    return name, tuple(mapper.search(space, costs).lower_bound for space in spaces)


def search(task: Task) -> Found:
    """Map each layer once."""
    logs, evaluations = np.zeros(POINTS), []
    spaces, costs = _map_spaces(task.case)
    for space, bound in zip(spaces, task.bounds, strict=True):
        mapper = MAPPERS[task.mapper]
        budget = OPENING.evaluations if task.mapper == OURS else MAPPINGS
        found = mapper.search(space, costs, evaluations=budget, seed=task.seed)
        evaluations.append(found.evaluations)
        logs += np.log(_at_shares(found.trace, found.evaluations, budget) / bound)
    ratios = np.exp(logs / len(evaluations))
    return Found(task, tuple(ratios.tolist()), statistics.mean(evaluations))


def _at_shares(trace: np.ndarray, evaluations: int, budget: int) -> np.ndarray:
    """Best objective after each share of `MAPPINGS` evaluations.

    A search that proves its answer stops early, and has it from its last evaluation on.
    """
    shares = np.arange(1, POINTS + 1) * MAPPINGS / POINTS
    if evaluations < budget:
        return np.where(shares >= evaluations, trace[-1], np.inf)
    positions = np.floor(shares / MAPPINGS * len(trace)).astype(int) - 1
    return np.where(positions >= 0, trace[np.maximum(positions, 0)], np.inf)


def run(quick: bool, log: Log) -> Results:
    """Every mapper on every case."""
    names = ["DQN conv1-3", "MLP"] if quick else list(CASES)
    seeds = 1 if quick else 5
    least = dict(run_each(bounds, names))
    tasks = [Task(n, m, seed, least[n]) for seed in range(seeds) for n in names for m in MAPPERS]
    found: list[Found] = []
    for one in run_each(search, tasks):
        found.append(one)
        log(f"[{len(found)}/{len(tasks)}] {one.task.case}, {one.task.mapper}")
    curves: dict[str, dict[str, list[float | None]]] = {}
    rows = []
    for name in names:
        curves[name] = {}
        for mapper in MAPPERS:
            mine = [x for x in found if (x.task.case, x.task.mapper) == (name, mapper)]
            medians = np.median([x.ratios for x in mine], axis=0).tolist()
            curves[name][mapper] = [_finite(value) for value in medians]
            rows.append(_row(name, mapper, mine, medians))
    return {
        **head("edp.convergence", quick),
        "seeds": seeds,
        "evaluations": MAPPINGS,
        "rows": rows,
        "curves": curves,
    }


def _row(name: str, mapper: str, found: list[Found], medians: list[float]) -> Row:
    row: Row = {"network": name, "mapper": mapper}
    for mark in MARKS:
        row[f"ratio_{mark}"] = _finite(medians[mark * POINTS // MAPPINGS - 1])
    row["worst_ratio"] = _finite(max(x.ratios[-1] for x in found))
    row["evaluations"] = statistics.median(x.evaluations for x in found)
    return row


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {"network": "network", "mapper": "inner search of"}
    columns |= {f"ratio_{mark}": f"after {mark}|.3f" for mark in MARKS}
    columns |= {"worst_ratio": "worst seed|.3f", "evaluations": "evaluations a layer|.0f"}
    parts = [
        heading("Mapping searches of the paper's budget", results),
        f"Layers of the paper's networks on Eyeriss with a free dataflow, {MAPPINGS} mappings a",
        "layer: EDP over a proven lower bound, geometric mean over layers, median of",
        f"{results['seeds']} seeds. At equal numbers of PEs most of the energy of a well-mapped",
        "layer is fixed by its multiply-accumulates, so that this is where skill decides.",
        "`best` is here what maps its first machines: it proves its mappings and stops, and counts",
        "from its last evaluation on.\n",
        table(results["rows"], columns),
    ]
    return "\n".join(parts)


def plot(results: Results, path: Path) -> None:
    """Median distance from the bound by evaluations, a panel a network."""
    plot_curves(
        results["curves"],
        path,
        ours=OURS,
        x_label="mappings a layer",
        y_label="EDP over proven bound",
        last_x=results["evaluations"],
    )


if __name__ == "__main__":
    about = "Mapping searches of the paper's budget."
    sys.exit(run_command("edp.convergence", about, run, markdown, plot=plot))

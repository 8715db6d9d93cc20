"""``python -m benchmarks.edp.regret``: distance from the best machine of an enumerated space."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.enumeration import FINE, NETWORKS, Solved, read_table
from benchmarks.edp.reduced_space import machines, network, reduced_space
from benchmarks.plot import plot_curves
from benchmarks.provenance import head
from bohwsw.codesign import Problem, Recipe, best_recipe, paper_recipe
from bohwsw.strategies import Outcome, TrialState

MARKS = (10, 20, 30, 40, 50)
GOAL = 0.01
SEEDS = 10
SMALLEST = 1e-4
"""Smaller regrets are drawn as this one."""

RECIPES: dict[str, Recipe] = {
    "best": best_recipe(),
    "paper": paper_recipe(),
    "evolutionary": best_recipe().changed(strategy="evolutionary"),
    "random": replace(best_recipe().changed(strategy="random"), baseline_first=False),
}
"""How machines are proposed; each is evaluated by its converged mappings."""


def run(quick: bool, log: Log) -> Results:
    """Let every recipe search for 50 machines."""
    rows: list[Row] = []
    facts: list[Row] = []
    curves: dict[str, dict[str, list[float | None]]] = {}
    for name in NETWORKS:
        solved = read_table(name)
        facts.append(_facts(name, solved))
        curves[name] = {}
        for method, recipe in RECIPES.items():
            regrets = [_search(recipe, name, seed, solved) for seed in range(3 if quick else SEEDS)]
            rows.append(_row(name, method, np.array(regrets)))
            medians = np.median(regrets, axis=0).tolist()
            curves[name][method] = [_finite(value) for value in medians]
            log(f"{name}, {method}: {rows[-1]['regret_50']:.2%} after 50 machines")
    return {
        **head("edp.regret", quick),
        "seeds": 3 if quick else SEEDS,
        "spaces": facts,
        "rows": rows,
        "curves": curves,
        "missed": [
            f"{row['network']}: {row['regret_50']:.2%}"
            for row in rows
            if row["method"] == "best" and row["regret_50"] > GOAL
        ],
    }


def _optimum(solved: Sequence[Solved]) -> float:
    return min(x.edp_pj_cycles for x in solved if x.edp_pj_cycles is not None)


def _facts(name: str, solved: Sequence[Solved]) -> Row:
    """What kind of space it is, and how well its optimum is known."""
    optimum = _optimum(solved)
    above = np.array([x.edp_pj_cycles for x in solved if x.edp_pj_cycles is not None]) / optimum
    bounds = [x.bound_edp_pj_cycles for x in solved if x.bound_edp_pj_cycles is not None]
    return {
        "network": name,
        "machines": len(solved),
        "infeasible": sum(x.edp_pj_cycles is None for x in solved),
        "optimum_edp_pj_cycles": optimum,
        "optimum_gap": optimum / min(bounds) - 1.0,
        "within_1_percent": int((above <= 1.01).sum()),
        "median_above": float(np.median(above) - 1.0),
        "fine": sum(x.machine.gap <= FINE for x in solved),
    }


def _search(recipe: Recipe, name: str, seed: int, solved: Sequence[Solved]) -> list[float]:
    """Regret after each machine."""
    known = {tuple(point.values()): x for point, x in zip(machines(), solved, strict=True)}
    problem = Problem(reduced_space(), network(name), recipe=recipe, seed=seed)
    proposals = problem.searcher()
    optimum, best = _optimum(solved), math.inf
    regrets = []
    for _ in range(MARKS[-1]):
        point = proposals.ask()[0]
        found = known[tuple(point.values())]
        outcome = Outcome(TrialState.INFEASIBLE, reason="no valid mapping")
        if found.edp_pj_cycles is not None:
            best = min(best, found.edp_pj_cycles)
            outcome = Outcome(TrialState.COMPLETED, math.log(found.edp_pj_cycles))
        proposals.tell(point, outcome)
        regrets.append(best / optimum - 1.0)
    return regrets


def _row(name: str, method: str, regrets: np.ndarray) -> Row:
    """Medians over seeds; a search without any feasible machine counts as infinitely far."""
    row: Row = {"network": name, "method": method}
    for mark in MARKS:
        at = regrets[:, mark - 1].tolist()
        row[f"regret_{mark}"] = _finite(statistics.median(at))
        row[f"worst_{mark}"] = _finite(max(at))
    return row


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {"network": "network", "method": "method"}
    for mark in MARKS:
        columns[f"regret_{mark}"] = f"after {mark}|.2%"
        columns[f"worst_{mark}"] = "worst|.2%"
    missed = "; ".join(results["missed"]) or "none"
    facts = {
        "network": "network",
        "machines": "machines",
        "infeasible": "cannot run it",
        "optimum_edp_pj_cycles": "best EDP (pJ x cycles)|.4g",
        "optimum_gap": "proven within|.1%",
        "within_1_percent": "machines within 1 %",
        "median_above": "median machine above the best|.1%",
    }
    parts = [
        heading("Regret: distance from the best machine of an enumerated space", results),
        "The space is eyeriss-168 with few values a parameter (`benchmarks/edp/reduced_space.py`).",
        "Every machine was mapped by branch and bound (`benchmarks/edp/enumeration.py`), so the",
        "best one is known up to what is proven:\n",
        table(results["spaces"], facts),
        f"Regret of the best machine so far, median of {results['seeds']} seeds and worst seed,",
        "each machine with its converged mappings. Random machines are the share to beat: where",
        "many machines are within 1 % of the best, they do well, too.\n",
        table(results["rows"], columns),
        f"Goal, a median of at most {GOAL:.0%} after 50 machines, missed by: {missed}.\n",
    ]
    return "\n".join(parts)


def plot(results: Results, path: Path) -> None:
    """Median regret by machines tried, a panel a network."""
    plot_curves(
        results["curves"],
        path,
        ours="best",
        x_label="machines",
        y_label="median regret",
        least=SMALLEST,
    )


if __name__ == "__main__":
    sys.exit(run_command("edp.regret", "Regret in an enumerated space.", run, markdown, plot=plot))

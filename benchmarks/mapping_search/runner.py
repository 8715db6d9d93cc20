"""Which searches are run, and the results as a page that says where the goals are missed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.mapping_search.method import METHODS, OPTIMUM_EVALUATIONS, Task, Trace
from benchmarks.mapping_search.problem import DATAFLOWS, search_problems
from benchmarks.mapping_search.traces import run_tasks
from benchmarks.provenance import provenance

MARKS = (50, 100, 250)
GOALS: dict[str, dict[int, float]] = {
    "bayesian, features": {50: 1.15, 100: 1.01, 250: 1.00},
    "bayesian, raw": {250: 1.10},
}
"""The highest median ratio to the best known that is asked for, by method and evaluations."""


def run(
    quick: bool,
    log: Log,
    *,
    layers: Sequence[str],
    seeds: int,
    evaluations: int,
    traces: Path | None = None,
) -> Results:
    """Every method on every layer in both map spaces."""
    conditions = provenance()
    spaces = list(DATAFLOWS)
    tasks = [
        Task(s, layer, "annealing", 0, OPTIMUM_EVALUATIONS) for s in spaces for layer in layers
    ]
    tasks += [
        Task(space, layer, method, seed, evaluations)
        for seed in range(seeds)
        for method in METHODS
        for space in spaces
        for layer in layers
    ]
    found = run_tasks(tasks, traces, conditions["commit"], log)
    optimum = {
        (t.task.space_name, t.task.layer): t.best_edp_pj_cycles[-1]
        for t in found
        if t.task.method == "annealing"
    }
    searched = [trace for trace in found if trace.task.method != "annealing"]
    marks = [mark for mark in MARKS if mark <= evaluations] or [evaluations]
    rows = [
        row
        for space in spaces
        for method in METHODS
        for row in _rows(searched, optimum, space, method, layers, marks)
    ]
    return {
        "benchmark": "mapping_search",
        "quick": quick,
        "provenance": conditions,
        "seeds": list(range(seeds)),
        "evaluations": evaluations,
        "marks": marks,
        "rows": rows,
        "missed": [text for row in rows for text in _missed(row)],
    }


def _rows(
    traces: Sequence[Trace],
    optimum: dict[tuple[str, str], float],
    space: str,
    method: str,
    layers: Sequence[str],
    marks: Sequence[int],
) -> list[Row]:
    """A row a layer, and one for all layers together: the median over layers and seeds."""
    mine = [t for t in traces if (t.task.space_name, t.task.method) == (space, method)]
    groups = {layer: [t for t in mine if t.task.layer == layer] for layer in layers}
    groups["all"] = mine
    best_known = {
        layer: search_problems()[space, layer].best_known_edp_pj_cycles for layer in layers
    }
    rows = []
    for layer, group in groups.items():
        row: Row = {"space": space, "layer": layer, "method": method}
        for mark in marks:
            known = [_ratio(t, mark, best_known[t.task.layer]) for t in group]
            own = [_ratio(t, mark, optimum[space, t.task.layer]) for t in group]
            row[f"to_best_known_{mark}"] = statistics.median(known)
            row[f"worst_to_best_known_{mark}"] = max(known)
            row[f"to_optimum_{mark}"] = statistics.median(own)
        row["cpu_s_per_suggestion"] = float(
            np.mean([t.seconds / t.task.evaluations for t in group])
        )
        rows.append(row)
    return rows


def _ratio(trace: Trace, evaluations: int, reference: float) -> float:
    return trace.best_edp_pj_cycles[evaluations - 1] / reference


def _missed(row: Row) -> list[str]:
    return [
        f"{row['space']} {row['layer']}, {row['method']}: {row[key]:.3f} after {mark}, goal {goal}"
        for mark, goal in GOALS.get(row["method"], {}).items()
        if (key := f"to_best_known_{mark}") in row and row[key] > goal
    ]


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {"space": "map space", "method": "method", "layer": "layer"}
    for mark in results["marks"]:
        columns[f"to_best_known_{mark}"] = f"{mark}: to best known|.3f"
        columns[f"worst_to_best_known_{mark}"] = "worst|.3f"
        columns[f"to_optimum_{mark}"] = "to optimum|.3f"
    columns["cpu_s_per_suggestion"] = "CPU-s a suggestion|.3f"
    missed = "\n".join(f"- {text}" for text in results["missed"]) or "- none"
    parts = [
        heading("Mapping searches of few evaluations", results),
        f"One layer on the baseline of eyeriss-168, {results['evaluations']} evaluations, seeds",
        f"{results['seeds']}: median over seeds of the best EDP after so many evaluations. Best",
        "known: `benchmarks/mapper/reference.json`; it is the optimum of the map space",
        "`restricted`, where the global buffer keeps Inputs and Outputs and each scratchpad its",
        "own data. In the space `free` any level may be bypassed, and ratios below 1 are possible.",
        f"Optimum: the best of the annealing mapper after {OPTIMUM_EVALUATIONS:,} evaluations in",
        "the same space. Random draws come from the constructive sampler that feeds the optimiser,",
        "too. The strategies are told the logarithm of the EDP. Encodings: all features, those",
        "without the words that pass each level (`usage`), and raw parameters.\n",
        table(results["rows"], columns),
        f"Goals missed, by the median over seeds:\n\n{missed}\n",
    ]
    return "\n".join(parts)

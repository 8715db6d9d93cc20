"""The results as a page that says where we lose, and as a plot."""

from __future__ import annotations

import math
from pathlib import Path

from benchmarks.command import Results, Row, heading, runs_made, table
from benchmarks.optimizers.methods.registry import OURS
from benchmarks.plot import plot_curves

SMALLEST = 1e-4
"""Regrets below are drawn here: the scale is logarithmic."""


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("Optimisers on constrained problems with known optima", results),
        "Regret: (best feasible value - optimum) / optimum, median over seeds; a dash if half of",
        "the runs or more found nothing feasible. Infeasible: share of evaluations spent on",
        "points that break a constraint, known or not. First feasible: the trial that found a",
        "feasible point first, median, and how many runs found none. Duplicates: suggestions of a",
        "point evaluated before, mean a run. CPU: seconds a suggestion on one thread, learning",
        "included. At equal seconds, every method has the time of all evaluations alone, and its",
        "own CPU-seconds count.\n",
        runs_made(results),
        *_unfinished(results),
        "## Mean rank\n",
        table(_rank_rows(results), _rank_columns()),
        "Of the halves and kinds of the suite, at equal trials and at equal seconds (an evaluation",
        "of 1 s and of 0.1 s); no default was chosen by the half that is held back:\n",
        table(_part_rows(results), _part_columns(results)),
        "## Where ours is not the best\n",
        "Random search counts by its exact median over all draws where the space can be listed;",
        "its ten seeds are elsewhere in this page.\n",
        _losses(results),
    ]
    if results["hidden"]:
        parts += ["## Hidden constraints: evaluations wasted\n", _hidden(results)]
    parts += ["## Every problem\n"]
    for name, by_method in results["problems"].items():
        about = results["suite"][name]
        parts += [
            f"### {name}\n",
            f"{about['kind']}, {about['parameters']} parameters, {about['n_trials']} trials,",
            f"optimum {about['optimum']:.7g}. {about['source']}.",
            *_random_exactly(about),
            "",
            table([_row(m, cell) for m, cell in by_method.items()], _columns()),
        ]
    parts += ["## Methods\n", table(_method_rows(results), _method_columns())]
    return "\n".join(parts)


def _random_exactly(about: Row) -> list[str]:
    """What random search finds in the median over all draws, where it is known."""
    if "random_exactly" not in about:
        return []
    regret = about["random_exactly"]
    what = "finds nothing" if regret is None else f"has a regret of {regret:.4f}"
    return [f"Random search {what} in the exact median over all draws of its points."]


def _unfinished(results: Results) -> list[str]:
    """A warning where runs are missing."""
    missing = results["unfinished"]
    if not missing:
        return []
    return [
        f"**{missing:,} runs of the plan are not done yet**; the column of seeds says",
        "how many each figure rests on. Ranks are of methods with runs on every problem.\n",
    ]


def _row(method: str, cell: Row) -> Row:
    low, high = cell["regret_interval"]
    return {
        "method": method,
        **cell,
        "interval": f"{_short(low)} to {_short(high)}",
        "at_1": cell["regret_median_equal_seconds"]["1.0"],
        "infeasible": f"{100.0 * cell['infeasible_share']:.0f} %",
    }


def _columns() -> dict[str, str]:
    return {
        "method": "method",
        "regret_median": "regret|.4f",
        "interval": "95 % interval",
        "at_1": "regret, equal seconds (1 s)|.4f",
        "infeasible": "infeasible",
        "first_feasible": "first feasible|g",
        "nothing_feasible": "runs without",
        "duplicates": "duplicates|.1f",
        "cpu_s_per_suggestion": "CPU s|.3f",
        "seeds": "seeds",
        "broken": "broken runs",
    }


def _rank_rows(results: Results) -> list[Row]:
    seconds = results["mean_rank_equal_seconds"]
    rows = []
    for method, rank in sorted(results["mean_rank"].items(), key=lambda item: item[1]):
        low, high = results["mean_rank_interval"][method]
        row = {"method": method, "rank": rank, "interval": f"{low:.2f} to {high:.2f}"}
        rows.append(row | {cost: by_method[method] for cost, by_method in seconds.items()})
    return rows


def _rank_columns() -> dict[str, str]:
    return {
        "method": "method",
        "rank": "equal trials|.2f",
        "interval": "95 % interval",
        "1.0": "equal seconds, 1 s an evaluation|.2f",
        "0.1": "equal seconds, 0.1 s|.2f",
    }


def _part_rows(results: Results) -> list[Row]:
    return [
        {"part": part, "view": view, "problems": found["problems"], **found["mean_rank"]}
        for view, parts in results["mean_rank_of_parts"].items()
        for part, found in parts.items()
    ]


def _part_columns(results: Results) -> dict[str, str]:
    methods = {name: f"{name}|.2f" for name in sorted(results["mean_rank"])}
    return {"part": "part", "view": "equal", "problems": "problems", **methods}


def _losses(results: Results) -> str:
    """A line for each problem and view, most important peers first."""
    if OURS not in results["methods"]:
        return "Ours was not run.\n"
    lines = []
    for loss in results["losses"]:
        better = ", ".join(f"{method} {_short(v)}" for method, v in loss["better"].items())
        lines.append(f"- {loss['problem']} ({loss['view']}): ours {_short(loss['ours'])}; {better}")
    return "\n".join(lines or ["Nowhere."]) + "\n"


def _hidden(results: Results) -> str:
    rows = [{"problem": name, **row} for name, row in results["hidden"].items()]
    columns = {
        "problem": "problem",
        "ours_infeasible": f"{OURS}: infeasible a run|.1f",
        "ours_regret": "regret|.4f",
        "peer": "most careful peer",
        "peer_infeasible": "its infeasible|.1f",
        "peer_regret": "its regret|.4f",
        "ratio": "ours / its|.2f",
        "ours_infeasible_until_peer": "ours until as good as it|.1f",
        "ours_regret_within_peer": "our regret within its infeasible|.4f",
        "best_peer": "peer of the best value",
        "best_peer_infeasible": "its infeasible|.1f",
        "best_peer_regret": "its regret|.4f",
        "ratio_best_peer": "ours / its|.2f",
        "ours_infeasible_until_best_peer": "ours until as good|.1f",
        "ratio_until_best_peer": "until as good / its|.2f",
    }
    saved = sum(r["ours_infeasible_until_peer"] <= r["peer_infeasible"] for r in rows)
    kept = sum(_number(r["ours_regret_within_peer"]) <= _number(r["peer_regret"]) for r in rows)
    about = (
        "Ours beside the peer that wastes the fewest evaluations, and beside the one that ends\n"
        "best; *until as good*: infeasible evaluations before a run of ours has that value (all\n"
        "of them if it never has); *within its infeasible*: had ours ended before it wasted more\n"
        "than that peer does in a whole run. Ours wastes no more than the most careful peer until\n"
        f"it is as good on {saved} of {len(rows)}, and is no worse within that on {kept}.\n\n"
    )
    return about + table(rows, columns)


def _number(regret: float | None) -> float:
    return math.inf if regret is None else regret


def _method_rows(results: Results) -> list[Row]:
    return [{"method": name, **about} for name, about in results["methods"].items()]


def _method_columns() -> dict[str, str]:
    return {"method": "method", "settings": "settings", "versions": "versions"}


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def plot(results: Results, path: Path) -> None:
    """Median regret after each trial, a panel a problem."""
    plot_curves(
        results["curves"],
        path,
        ours=OURS,
        x_label="trials",
        y_label="median regret",
        least=SMALLEST,
    )

"""The results as a page."""

from __future__ import annotations

from benchmarks.command import Results, Row, heading, runs_made, table
from benchmarks.searches.run import MOST, TRAINING
from benchmarks.searches.runner import OURS

PROBLEMS = {
    "problem": "problem",
    "size": "designs",
    "limit": "limit",
    "optimum": "lowest within it|.3f",
    "known": "how it is known",
    "evaluations": "evaluations",
    "source": "source",
}
ROWS = {
    "strategy": "strategy",
    "best": "above the optimum|.3f",
    "best_low": "from|.3f",
    "best_high": "to|.3f",
    "best_worst": "worst seed|.3f",
    "reached": "at the optimum",
    "seeds": "of seeds",
    "best_cost": "at equal cost|.3f",
    "best_cost_low": "from|.3f",
    "best_cost_high": "to|.3f",
    "infeasible": "infeasible|.0%",
    "trained": "trainings|.0f",
    "tried_cost": "tried for the cost|.0f",
    "seconds": "CPU-s|.2f",
}
BOTH = {"best": "equal evaluations", "best_cost": "equal cost"}


def markdown(results: Results) -> str:
    """The results as a page."""
    page = heading("Published searches", results) + (
        f"\nMedians of up to {results['seeds']} seeds, with 95 % intervals (bootstrap), of the "
        "error above the lowest that\nthere is: points of accuracy, or the logarithm of the EDP "
        "where nothing is trained (`equal_area`). What is over\nits limit is not trained. "
        f"At equal cost a training counts {TRAINING:.0f}, looking at the hardware 1, and a network "
        "that was\ntrained is not trained again on another machine; the cost is that of the "
        f"evaluations, a third of which are trained.\nA search goes on for it beyond its "
        f"evaluations, {MOST} times as many at most. CPU-seconds are the strategy's own, for its\n"
        "evaluations. `-`: no seed, or not half of them, kept the limit.\n\n"
    )
    page += table(results["problems"], PROBLEMS)
    page += "\n## Where each is best\n\n" + table(_places(results), _place_columns())
    page += _ranks(results)
    for about in results["problems"]:
        page += f"\n## {about['problem']}\n\n"
        rows = [row for row in results["rows"] if row["problem"] == about["problem"]]
        page += table(sorted(rows, key=_order), ROWS)
    if results["refused"]:
        named = {"problem": "problem", "strategy": "strategy", "why": "why not"}
        page += "\n## Not run\n\n" + table(results["refused"], named)
    return page + ("\n" + runs_made(results) if results["made"] else "")


def _order(row: Row) -> tuple[bool, float, str]:
    return row["best"] is None, row["best"] or 0.0, row["strategy"]


def _place_columns() -> dict[str, str]:
    columns = {"problem": "problem"}
    for key, how in BOTH.items():
        columns[f"{key}_least"] = f"best at {how}"
        columns[f"{key}_below_ours"] = f"better than `{OURS}` there"
    return columns


def _places(results: Results) -> list[Row]:
    """By problem: who has the least median, and who a lower one than ours."""
    rows = []
    for about in results["problems"]:
        own = [row for row in results["rows"] if row["problem"] == about["problem"]]
        place: Row = {"problem": about["problem"]}
        for key in (f"{key}_{end}" for key in BOTH for end in ("least", "below_ours")):
            place[key] = ", ".join(f"`{row['strategy']}`" for row in own if row[key]) or "none"
        rows.append(place)
    return rows


def _ranks(results: Results) -> str:
    page = ""
    columns = {"strategy": "strategy", "rank": "mean rank|.2f", "low": "from|.2f", "high": "to|.2f"}
    for key, how in BOTH.items():
        if results["ranks"][key]:
            page += f"\n## Mean ranks at {how}\n\n" + table(results["ranks"][key], columns)
    return page and page + (
        "\nOf those that ran on all problems whose evaluations are cheap, by their medians, "
        "with 95 % intervals\n(bootstrap over seeds).\n"
    )

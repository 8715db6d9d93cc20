"""What is run in which order, and the results as a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.provenance import head
from benchmarks.surrogates.categories import category_rows
from benchmarks.surrogates.cost import cost_rows
from benchmarks.surrogates.method import (
    classifications,
    regressions,
    score_classification,
    score_regression,
)
from benchmarks.surrogates.problem import label_problems, regression_problems

HELD_OUT = 1000


def run(quick: bool, log: Log) -> Results:
    """Every model on every problem and size, once for each seed; then the costs."""
    sizes = [10, 40] if quick else [10, 20, 40, 80, 160]
    label_sizes = [5, 40] if quick else [5, 10, 20, 40, 80, 160, 320]
    seeds = 2 if quick else 5
    return {
        **head("surrogates", quick),
        "seeds": seeds,
        "regression": _rows(
            regressions(), regression_problems(), score_regression, sizes, seeds, log
        ),
        "classification": _rows(
            classifications(), label_problems(), score_classification, label_sizes, seeds, log
        ),
        "cost": cost_rows([250] if quick else [250, 500, 1000, 2000, 5000]),
        "categories": category_rows([25] if quick else [25, 50, 100, 200], log),
    }


def _rows(
    models: dict[str, Any],
    problems: list[Any],
    score: Callable[..., dict[str, float]],
    sizes: list[int],
    seeds: int,
    log: Log,
) -> list[Row]:
    """Means over the seeds of one model on one problem at one size."""
    rows: list[Row] = []
    for problem in problems:
        test = problem.draw(np.random.default_rng(999), HELD_OUT)
        for n in sizes:
            trains = [problem.draw(np.random.default_rng(seed), n) for seed in range(seeds)]
            for name, model in models.items():
                scores = [score(model, train, test) for train in trains]
                means = {key: float(np.mean([s[key] for s in scores])) for key in scores[0]}
                rows.append({"problem": problem.name, "n": n, "model": name, **means})
        log(f"{problem.name} done")
    return rows


def over_problems(rows: list[Row]) -> list[Row]:
    """Means over the problems."""
    keys = list(dict.fromkeys((row["n"], row["model"]) for row in rows))
    scores = [key for key in rows[0] if key not in ("problem", "n", "model")]
    result: list[Row] = []
    for n, model in sorted(keys, key=lambda key: key[0]):
        same = [row for row in rows if (row["n"], row["model"]) == (n, model)]
        means = {key: float(np.mean([row[key] for row in same])) for key in scores}
        result.append({"n": n, "model": model, **means})
    return result


def markdown(results: Results) -> str:
    """The results as a page."""
    regression = {
        "n": "training points",
        "model": "model",
        "log_score": "log score|.3f",
        "rmse": "error / deviation|.3f",
        "coverage_90": "inside 90 %|.2f",
    }
    classification = {
        "n": "labels",
        "model": "model",
        "log_loss": "log loss|.3f",
        "brier": "Brier|.3f",
        "auc": "AUC|.3f",
        "calibration_error": "calibration error|.3f",
    }
    cost = {
        "model": "model",
        "observations": "observations|,",
        "fit_ms": "warm fit, 30 steps|.0f",
        "condition_ms": "condition|.1f",
        "predict_ms": "predict 3,000|.1f",
    }
    categories = {
        "model": "model",
        "observations": "observations",
        "fit_s": "fit, CPU-s|.2f",
        "log_score": "log score|.2f",
    }
    parts = [
        heading("Surrogates", results),
        f"Held out: {HELD_OUT:,} points; means over {results['seeds']} seeds and all problems",
        "(each apart: the JSON file). Scores of regression are in standard deviations.\n",
        "## Regression\n",
        table(over_problems(results["regression"]), regression),
        "## Feasibility\n",
        table(over_problems(results["classification"]), classification),
        "## Cost\n",
        "CPU-milliseconds on one thread, 30 columns.\n",
        table(results["cost"], cost),
        "## Categorical parameters\n",
        "Five integers and three categories of four values; one fit from the priors each.\n",
        table(results["categories"], categories),
    ]
    return "\n".join(parts)

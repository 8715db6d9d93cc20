"""Runs the methods on the problems, at equal cost, and writes the page."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.joint.method import Reached, interval, search, volumes, worst
from benchmarks.joint.problem import Budget, nahas, tabled_digits, trained_digits
from benchmarks.provenance import head
from bohwsw.accuracy import AccuracySource, accuracy_source, measure
from bohwsw.acquisition import hypervolume, non_dominated
from bohwsw.joint import JointProblem
from bohwsw.workload import load_model

POINTS = 0.5
"""Accuracies that differ by less count as equal on digits; on ImageNet a tenth of a point."""

IMAGENET_POINTS = 0.1
METHODS = ("joint", "network-first", "fixed-hardware", "random")
"""Those for several objectives."""

Make = Callable[[Budget, int], JointProblem]


def run(quick: bool, log: Log) -> Results:
    """All three problems."""
    began, busy = time.perf_counter(), time.process_time()
    found = {
        "trained": _trained(quick, log),
        "tabled": _tabled(quick, log),
        "nahas": _nahas(quick, log),
    }
    return {
        **head("joint", quick),
        **found,
        "seconds": round(time.perf_counter() - began, 1),
        "processor_seconds": round(time.process_time() - busy, 1),
    }


def _trained(quick: bool, log: Log) -> Row:
    """Digits: each method trains as many networks."""
    budget = Budget(8, 3, 2) if quick else Budget(50, 20, 5)
    options = {"epochs": 2, "seeds": 1} if quick else {"epochs": 8, "seeds": 1}
    source = accuracy_source("train", **options)
    return _compared("digits, trained", _of(trained_digits, source), budget, POINTS, log)


def _nahas(quick: bool, log: Log) -> Row:
    budget = Budget(12, None, 2) if quick else Budget(50, None, 5)
    found = _compared("NAHAS", nahas, budget, IMAGENET_POINTS, log)
    source = accuracy_source("table", path="ofa-mobilenet-v3", missing="predict")
    return {**found, "predicted_within": getattr(source, "estimation_errors", {})}


def _tabled(quick: bool, log: Log) -> Row:
    """Digits from the table of all networks: against the true front."""
    source = accuracy_source("table", path="digits-cnn", fidelity=("epochs",))
    networks = load_model("digits-cnn").space
    assert networks is not None
    rows = networks.size().count
    budget = Budget(12, 6, 2) if quick else Budget(90, rows // 10, 5)
    make = _of(tabled_digits, source)
    truth = _true_front(make(budget, 0), source, 8 if quick else None)
    reference = truth.max(axis=0)
    true_volume = hypervolume(truth, reference)
    rows_of: list[Row] = []
    for method in ("joint", "random"):
        shares, regrets = [], []
        for seed in range(budget.seeds):
            found = search(make(budget, seed), method)
            shares.append(hypervolume(found.front, reference) / true_volume)
            regrets.append(float(-truth[:, 0].min() - found.accuracy.max()))
            log(f"table, {method}, seed {seed}: {shares[-1]:.3f}, {found.seconds:.0f} s")
        share, half = interval(shares)
        rows_of.append(
            {
                "method": method,
                "measurements": found.measurements,
                "trials": found.trials,
                "share": share,
                "half": half if math.isfinite(half) else None,
                "least_share": min(shares),
                "accuracy_regret": median(regrets),
            }
        )
    return {"networks": rows, "points_of_true_front": len(truth), "methods": rows_of}


def _true_front(problem: JointProblem, source: AccuracySource, most: int | None) -> Any:
    """Minus accuracy and ln EDP of every network on every machine that no other beats."""
    rows = problem.space.all_rows(100_000)
    assert rows is not None
    known: dict[str, float] = {}
    vectors = []
    for row in rows[: most and most * 12]:
        point = problem.space.point(row)
        knobs, _ = problem.joint.split(point)
        concrete, machine = problem.concrete(point)
        outcome, _ = concrete.evaluate(machine)
        if outcome.objective is None:
            continue
        key = str(knobs)
        if key not in known:
            known[key] = measure(source, knobs).figures["accuracy_percent"]
        vectors.append([-known[key], outcome.objective])
    found = np.array(vectors)
    return found[non_dominated(found)]


def _of(make: Callable[..., JointProblem], source: AccuracySource) -> Make:
    return lambda budget, seed: make(source, budget, seed)


def _compared(name: str, make: Make, budget: Budget, points: float, log: Log) -> Row:
    """All methods at equal cost: hypervolumes, and cost at equal accuracy."""
    found: dict[str, list[Reached]] = {method: [] for method in METHODS}
    for seed in range(budget.seeds):
        for method in METHODS:
            reached = search(make(budget, seed), method)
            found[method].append(reached)
            log(
                f"{name}, {method}, seed {seed}: {len(reached.cost)} designs, "
                f"{reached.measurements} measured, {reached.seconds:.0f} s"
            )
    reference = worst([x for each in found.values() for x in each])
    joint = found["joint"]
    rows = []
    for method, each in found.items():
        mean, half = interval(volumes(each, reference))
        rows.append(
            {
                "method": method,
                "trials": each[0].trials,
                "measurements": max(x.measurements for x in each),
                "hypervolume": mean,
                "half": half if math.isfinite(half) else None,
                "better": sum(
                    a > b
                    for a, b in zip(
                        volumes(joint, reference), volumes(each, reference), strict=True
                    )
                ),
                "best_accuracy": median(_best(x) for x in each),
                "edp_ratio": _ratio(each, joint, points, "cost"),
                "energy_ratio": _ratio(each, joint, points, "energy"),
                "over_limits": sum(x.over_limits for x in each),
                "seconds": sum(x.seconds for x in each),
            }
        )
    return {"seeds": budget.seeds, "points": points, "methods": rows}


def _best(found: Reached) -> float:
    return float(found.accuracy.max()) if len(found.accuracy) else 0.0


def _ratio(
    others: Sequence[Reached], joint: Sequence[Reached], points: float, figure: str
) -> float | None:
    """How many times more the other's most accurate design costs; median over seeds."""
    ratios = [0.0] * (not any(len(other.cost) for other in others))
    for other, ours in zip(others, joint, strict=True):
        if not len(other.cost):
            continue
        best = _best(other)
        least = ours.least(best - points, figure)
        ratios.append(other.least(best, figure) / least if math.isfinite(least) else 0.0)
    found = median(ratios)
    return found or None


def markdown(results: Results) -> str:
    """The page."""
    columns = {
        "method": "method",
        "trials": "trials",
        "measurements": "networks measured",
        "hypervolume": "hypervolume|.2f",
        "half": "+-|.2f",
        "better": "joint is better in",
        "best_accuracy": "best accuracy %|.2f",
        "edp_ratio": "EDP at equal accuracy / joint|.2f",
        "energy_ratio": "energy|.2f",
        "over_limits": "designs over a limit",
        "seconds": "s|.0f",
    }
    trained, tabled, space = (results[key] for key in ("trained", "tabled", "nahas"))
    errors = ", ".join(f"{k} {x:.2f}" for k, x in space["predicted_within"].items())
    parts = [
        heading("Networks and machines, together and apart", results),
        "Hypervolumes: accuracy in points times the logarithm of the EDP, from the worst that any\n"
        "method has reached; means over seeds, with 95 % intervals. At equal accuracy: how many\n"
        "times the EDP, or energy, the most accurate design of a method has of the least among\n"
        "joint designs that are as accurate; medians over seeds.\n",
        "## Digits, each network trained\n\n"
        f"EDP on Eyeriss-168 within 0.02 ms; {trained['seeds']} seeds; equal within "
        f"{trained['points']} points.\n",
        table(trained["methods"], columns),
        "## Digits, against the true front\n\n"
        f"The table of all {tabled['networks']} networks, on 12 machines each; the true front has "
        f"{tabled['points_of_true_front']} points.\n",
        table(
            tabled["methods"],
            {
                "method": "method",
                "measurements": "networks measured",
                "trials": "trials",
                "share": "share of the true hypervolume|.1%",
                "half": "+-|.1%",
                "least_share": "least|.1%",
                "accuracy_regret": "best accuracy missed by|.2f",
            },
        ),
        "## NAHAS: Once-for-All MobileNetV3 on an edge accelerator\n\n"
        f"EDP within the area and 2 ms; {space['seeds']} seeds; equal within {space['points']} "
        f"points. Accuracies are those of the table, others predicted ({errors} off on rows left "
        "out).\n",
        table(space["methods"], columns),
        f"All of it took {results['seconds']:.0f} s, and {results['processor_seconds']:.0f} s of "
        "one processor; what more it\ntook went to other work on the machine.\n",
    ]
    return "\n".join(parts)

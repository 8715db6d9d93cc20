"""The figure that each published search is held to: ``python -m benchmarks.searches.figures NAME``.

What was asked of it, and what is found here; `docs/searches.md` has them all.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Row
from benchmarks.searches.channel_factors import channel_factors
from benchmarks.searches.foxnas import DOMAINS, LATENCY_BASE, STAGES, predicted, relaxed_stage
from benchmarks.searches.predictors import PREDICTORS
from benchmarks.searches.problems import problem
from benchmarks.searches.robust import robust, worst_case
from benchmarks.searches.run import search
from bohwsw.errors import SpecError
from bohwsw.strategies.published.distribution import DistributionStrategy
from bohwsw.strategies.published.edge_shrinking import EdgeShrinkingStrategy
from bohwsw.strategies.published.staged_shgo import staged_minima

MOST_EVALUATIONS = 900
FILES = (
    "what may not be shipped: nb201 after 200 epochs (npz), FOX-NAS's 300 rows for linear_terms "
    "(csv), NAQS's networks for nn_degree (json.gz)"
)

Figure = Callable[[int, "Path | None"], Row]


def annealing(seeds: int, _: Path | None) -> Row:
    """FOX-NAS's polynomial within 55 ms, 14,000 evaluations: median at least 73.66."""
    subject = problem("foxnas")
    found = [100.0 - search(subject, "annealing", seed, 14_000).best for seed in range(seeds)]
    return {"median": float(np.median(found)), "worst": min(found), "goal": 73.66}


def bayesian(seeds: int, _: Path | None, evaluations: int = 300) -> Row:
    """The same within 300 evaluations of our Bayesian strategy: at least 73.5; five seeds at most.

    Ten CPU-seconds each.
    """
    subject = problem("foxnas")
    runs = [search(subject, "bayesian", seed, evaluations) for seed in range(min(seeds, 5))]
    found = [100.0 - run.best for run in runs]
    return {"median": float(np.median(found)), "worst": min(found), "goal": 73.5}


def policy_gradient(seeds: int, accuracies: Path | None) -> Row:
    """NAS-Bench-201 without a limit, 400 evaluations; random search beside it."""
    return _free(("policy_gradient", "two_level", "random"), seeds, accuracies)


def policy_gradient_rnn(seeds: int, accuracies: Path | None, evaluations: int = 400) -> Row:
    """The same with a recurrent network; three seeds at most, five CPU-seconds each."""
    names = ("policy_gradient", "random")
    return _free(names, min(seeds, 3), accuracies, evaluations, policy="rnn")


def _free(
    names: Sequence[str],
    seeds: int,
    accuracies: Path | None,
    evaluations: int = 400,
    **options: Any,
) -> Row:
    """Mean accuracy of searches of NAS-Bench-201 without a limit; options are the first one's."""
    subject = problem("nb201", accuracies=accuracies, limit_ms=1000.0)
    rows: Row = {"seeds": seeds, "optimum": 100.0 - subject.optimum}
    for name in names:
        given = options if name == names[0] else {}
        runs = [search(subject, name, seed, evaluations, **given) for seed in range(seeds)]
        rows[name] = 100.0 - float(np.mean([run.best for run in runs]))
    return rows


def two_level(seeds: int, accuracies: Path | None) -> Row:
    """NAS-Bench-201 within 4.5 ms: trainings until it is as good as a plain policy gradient.

    That one trains all that it draws. Its median after 300 trainings is what has to be reached.
    """
    subject = problem("nb201", accuracies=accuracies)
    plain = [search(subject, "policy_gradient", seed, 300) for seed in range(seeds)]
    runs = [search(subject, "two_level", seed, 300) for seed in range(seeds)]
    rows: Row = {"seeds": seeds, "over_the_limit": 300 - np.mean([r.trainings for r in runs])}
    for n in (50, 100, 200, 300):
        firsts = [[e for e in run.errors[:n] if e is not None] for run in plain]
        reached = float(np.median([min(errors, default=np.inf) for errors in firsts]))
        needed = [run.trainings_to(reached) or np.inf for run in runs]
        median = float(np.median(needed))
        rows[f"ratio_to_{n}_trainings"] = n / median
    return rows


def shrinking_evolution(seeds: int, _: Path | None) -> Row:
    """NAS-Bench-Macro, 300 evaluations: points below the optimum; evolution beside it; limits."""
    subject = problem("macro_free")
    rows: Row = {"goal": 0.1}
    for name in ("shrinking_evolution", "evolutionary"):
        found = [search(subject, name, seed, 300).best - subject.optimum for seed in range(seeds)]
        rows |= {f"{name}_mean": float(np.mean(found)), f"{name}_worst": max(found)}
    return rows | _beside_evolution("shrinking_evolution", seeds)


def distribution(seeds: int, accuracies: Path | None) -> Row:
    """NAS-Bench-201 without a limit: samples until the distribution is sure, K fixed or by entropy.

    Samples are counted with those seen before, evaluations without.
    """
    subject = problem("nb201", accuracies=accuracies, limit_ms=1000.0)
    rows: Row = {}
    for name, is_adaptive in (("fixed", False), ("adaptive", True)):
        ends = []
        for seed in range(seeds):
            chosen = DistributionStrategy(subject.space, seed, adaptive=is_adaptive)
            while not chosen.is_sure and len(chosen.history) < MOST_EVALUATIONS:
                (point,) = chosen.ask()
                chosen.tell(point, subject.evaluate(point))
            best = min(t.outcome.objective or np.inf for t in chosen.history)
            ends.append((100.0 - best, chosen.samples_drawn, len(chosen.history)))
        means = np.mean(ends, axis=0).tolist()
        rows |= dict(zip((name, f"{name}_samples", f"{name}_evaluations"), means, strict=True))
    return rows


def two_stage(seeds: int, _: Path | None) -> Row:
    """NAS-Bench-Macro and NAS-Bench-201 within their limits: points below the optimum.

    Ten seeds at most, four CPU-seconds each.
    """
    return _beside_evolution("two_stage", min(seeds, 10))


def progressive(seeds: int, _: Path | None) -> Row:
    """The same of the progressive search."""
    return _beside_evolution("progressive", seeds)


def coordinate_descent(seeds: int, _: Path | None) -> Row:
    """The same of the coordinate descent."""
    return _beside_evolution("coordinate_descent", seeds)


def shgo(seeds: int, _: Path | None) -> Row:
    """FOX-NAS's polynomial at 55 ms: at least 73.6 in a second; then as a search of 300 trials."""
    rows = shgo_polynomial()
    for name in ("shgo", "random"):
        runs = [search(problem("foxnas"), name, seed, 300) for seed in range(seeds)]
        rows[f"{name}_of_300_trials"] = 100.0 - float(np.median([run.best for run in runs]))
    return rows | _beside_evolution("shgo", seeds)


def shgo_polynomial() -> Row:
    """What SHGO makes of the polynomial where that is the model itself."""
    sizes = np.array([len(domain) for domain in DOMAINS.values()], np.int32)
    stages = range(len(STAGES))
    start = time.process_time()
    models = [relaxed_stage(stage) for stage in stages]
    row = staged_minima(models, [sizes for _ in stages], 55.0 - LATENCY_BASE)[0]
    rows: Row = {"seconds": time.process_time() - start, "goal": 73.6}
    codes = row.reshape(len(STAGES), -1).T.ravel()
    error, rows["latency_ms"] = predicted(problem("foxnas").space.point(codes))
    return {**rows, "accuracy": 100.0 - error}


def edge_shrinking(_: int, accuracies: Path | None) -> Row:
    """NAS-Bench-201 from 3x3 convolutions on all edges: points lost at 70 % of its latency.

    No chance is in it: the candidates of a round are all that there are.
    """
    subject = problem("nb201", accuracies=accuracies, limit_ms=1000.0)
    whole = dict.fromkeys(subject.space.names, "nor_conv_3x3")
    chosen = EdgeShrinkingStrategy(subject.space, 0, cost=subject.cost, first=[whole])
    while not chosen.history or chosen.is_running:
        (point,) = chosen.ask()
        chosen.tell(point, subject.evaluate(point))
    ends = [(told.outcome.objective, told.outcome.metrics[subject.cost]) for told in chosen.history]
    errors, costs = np.array(ends, np.float64).T
    small = costs <= 0.7 * costs[0]
    best = int(np.argmin(np.where(small, errors, np.inf)))
    return {
        "trainings": len(ends),
        "points_lost": float(errors[best] - errors[0]),
        "share_of_latency": float(costs[best] / costs[0]),
    }


def edge_shrinking_digits(seeds: int, _: Path | None) -> Row:
    """A graph of eight nodes trained on the digits: 70 % of the MACs at half a point less.

    Three seeds at most, 40 CPU-seconds each.
    """
    from benchmarks.searches.digits_graph import shrunk  # with torch

    found = [shrunk(seed) for seed in range(min(seeds, 3))]
    return {"seeds": len(found), **{key: [run[key] for run in found] for key in found[0]}}


def robust_digits(seeds: int, _: Path | None) -> Row:
    """Digits in the worst of rotations, contrasts and noises: of a clean search, and of min-max.

    Three seeds at most, about two minutes each.
    """
    from benchmarks.searches.robust_digits import against_scenarios  # with torch

    found = [against_scenarios(seed) for seed in range(min(seeds, 3))]
    gains = [run["robust_worst"] - run["clean_worst"] for run in found]
    return {"gains": gains, **{key: [run[key] for run in found] for key in found[0]}}


def _beside_evolution(name: str, seeds: int, **options: Any) -> Row:
    """Mean points below the optimum after 300 evaluations within limits, and plain evolution's."""
    rows: Row = {"seeds": seeds}
    for place in ("macro", "nb201"):
        for each, given in ((name, options), ("evolutionary", {})):
            ends = [_end(place, each, seed, **given) for seed in range(seeds)]
            means = np.mean(ends, axis=0).tolist()
            rows[f"{place}_{each}"], rows[f"{place}_{each}_trainings"] = means
    return rows


@cache
def _end(place: str, name: str, seed: int, **options: Any) -> tuple[float, int]:
    """Points above the optimum after 300 evaluations, and trainings."""
    run = search(problem(place), name, seed, 300, **options)
    return run.best - problem(place).optimum, run.trainings


FIGURES: dict[str, Figure] = {
    "annealing": annealing,
    "bayesian": bayesian,
    "policy_gradient": policy_gradient,
    "policy_gradient_rnn": policy_gradient_rnn,
    "two_level": two_level,
    "shrinking_evolution": shrinking_evolution,
    "distribution": distribution,
    "two_stage": two_stage,
    "progressive": progressive,
    "coordinate_descent": coordinate_descent,
    "shgo": shgo,
    "edge_shrinking": edge_shrinking,
    "edge_shrinking_digits": edge_shrinking_digits,
    "robust": robust,
    **PREDICTORS,
    "channel_factors": channel_factors,
    "robust_digits": robust_digits,
    "worst_case": worst_case,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print figures as JSON, a line each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.searches.figures")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--accuracies", type=Path, metavar="FILE", help=FILES)
    chosen = parser.parse_args(arguments)
    for name in chosen.names or FIGURES:
        if name not in FIGURES:
            print(f"no figure {name}; expected one of {', '.join(FIGURES)}", file=sys.stderr)
            return 2
        try:
            found: dict[str, Any] = FIGURES[name](chosen.seeds, chosen.accuracies)
        except SpecError as error:
            print(error, file=sys.stderr)
            return 2
        print(json.dumps({"search": name, **found}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The figure that each published search is held to: ``python -m benchmarks.searches.figures NAME``.

What was asked of it, and what is found here; `docs/searches.md` has them all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Row
from benchmarks.searches.problems import problem
from benchmarks.searches.run import search
from bohwsw.strategies.published.distribution import DistributionStrategy

MOST_EVALUATIONS = 900

Figure = Callable[[int, "Path | None"], Row]


def annealing(seeds: int, _: Path | None) -> Row:
    """FOX-NAS's polynomial within 55 ms, 14,000 evaluations: median at least 73.66."""
    subject = problem("foxnas")
    found = [100.0 - search(subject, "annealing", seed, 14_000).best for seed in range(seeds)]
    return {"median": float(np.median(found)), "worst": min(found), "goal": 73.66}


def policy_gradient(seeds: int, accuracies: Path | None) -> Row:
    """NAS-Bench-201 without a limit, 400 evaluations; random search beside it."""
    subject = problem("nb201", accuracies=accuracies, limit_ms=1000.0)
    rows: Row = {"optimum": 100.0 - subject.optimum}
    for name in ("policy_gradient", "random"):
        found = [100.0 - search(subject, name, seed, 400).best for seed in range(seeds)]
        rows[name] = float(np.mean(found))
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
    """NAS-Bench-Macro, 300 evaluations: points below the optimum; plain evolution beside it."""
    subject = problem("macro_free")
    rows: Row = {"goal": 0.1}
    for name in ("shrinking_evolution", "evolutionary"):
        found = [search(subject, name, seed, 300).best - subject.optimum for seed in range(seeds)]
        rows |= {f"{name}_mean": float(np.mean(found)), f"{name}_worst": max(found)}
    return rows


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


FIGURES: dict[str, Figure] = {
    "annealing": annealing,
    "policy_gradient": policy_gradient,
    "two_level": two_level,
    "shrinking_evolution": shrinking_evolution,
    "distribution": distribution,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print figures as JSON, a line each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.searches.figures")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--accuracies", type=Path, metavar="FILE", help="nb201 after 200 epochs")
    chosen = parser.parse_args(arguments)
    for name in chosen.names or FIGURES:
        if name not in FIGURES:
            print(f"no figure {name}; expected one of {', '.join(FIGURES)}", file=sys.stderr)
            return 2
        found: dict[str, Any] = FIGURES[name](chosen.seeds, chosen.accuracies)
        print(json.dumps({"search": name, **found}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

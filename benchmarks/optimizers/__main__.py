"""``python -m benchmarks.optimizers``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.optimizers.page import markdown, plot
from benchmarks.optimizers.runner import STORE, Plan, run
from bohwsw.atomicfile import atomic_write
from bohwsw.errors import BohwswError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; the exit code is 2 if what was asked for does not exist."""
    chosen = _parser().parse_args(arguments)
    plan = Plan(
        quick=chosen.quick,
        problems=chosen.problems,
        methods=chosen.methods,
        seeds=chosen.seeds,
        slow_seeds=chosen.ax_seeds,
        held_out=chosen.held_out,
        rerun=chosen.rerun,
        workers=chosen.workers,
        store=chosen.store,
        finished_only=chosen.finished,
    )
    try:
        results = run(plan, lambda line: print(line, file=sys.stderr, flush=True))
        text = json.dumps(results, indent=1, allow_nan=False)
        page = markdown(results)
        if chosen.out is not None:
            chosen.out.mkdir(parents=True, exist_ok=True)
            atomic_write(chosen.out / "optimizers.json", text + "\n")
            atomic_write(chosen.out / "optimizers.md", page)
            plot(results, chosen.out / "optimizers.svg")
    except BohwswError as error:
        print(error, file=sys.stderr)
        return 2
    print(text if chosen.json else page, end="\n" if chosen.json else "")
    return 0


def _parser() -> argparse.ArgumentParser:
    def names(text: str) -> list[str]:
        return [name.strip() for name in text.split(",") if name.strip()]

    def positive(text: str) -> int:
        number = int(text)
        if number < 1:
            raise argparse.ArgumentTypeError("at least 1")
        return number

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.optimizers",
        description="Our optimiser and its peers on constrained problems with known optima.",
    )
    parser.add_argument("--quick", action="store_true", help="3 problems, fast methods: 2 minutes")
    parser.add_argument("--json", action="store_true", help="print JSON, nothing else")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write JSON, page and plot")
    parser.add_argument("--seeds", type=positive, help="runs of each method (10; quick: 3)")
    parser.add_argument("--ax-seeds", type=positive, help="fewer for Ax, the slowest")
    parser.add_argument("--problems", type=names, metavar="A,B", help="instead of all")
    parser.add_argument("--methods", type=names, metavar="X,Y", help="instead of all installed")
    parser.add_argument("--held-out", type=int, metavar="SEED", help="other coefficients")
    parser.add_argument("--rerun", type=names, default=[], metavar="X,Y", help="do these anew")
    parser.add_argument("--workers", type=positive, default=2, help="processes (2)")
    parser.add_argument("--store", type=Path, default=STORE, help="file of finished runs")
    parser.add_argument("--finished", action="store_true", help="report finished runs, run none")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""``python -m benchmarks.searches``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.searches.page import markdown
from benchmarks.searches.runner import SEEDS, Plan, run
from benchmarks.searches.store import PATH
from bohwsw.atomicfile import atomic_write
from bohwsw.errors import BohwswError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; the exit code is 2 if what was asked for does not exist."""
    chosen = _parser().parse_args(arguments)
    store = None if chosen.quick or chosen.accuracies else PATH
    plan = Plan(
        chosen.only,
        chosen.seeds,
        chosen.quick,
        chosen.accuracies,
        chosen.store or store,
        chosen.again,
        chosen.stored,
    )
    try:
        results = run(plan, lambda line: print(line, file=sys.stderr, flush=True))
    except BohwswError as error:
        print(error, file=sys.stderr)
        return 2
    text, page = json.dumps(results, indent=1, allow_nan=False), markdown(results)
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
        atomic_write(chosen.out / "searches.json", text + "\n")
        atomic_write(chosen.out / "searches.md", page)
    print(text if chosen.json else page, end="\n" if chosen.json else "")
    return 0


def _parser() -> argparse.ArgumentParser:
    def names(text: str) -> list[str]:
        return [name.strip() for name in text.split(",") if name.strip()]

    def positive(text: str) -> int:
        if (number := int(text)) < 1:
            raise argparse.ArgumentTypeError("at least 1")
        return number

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.searches",
        description="Published searches on the same problems, at equal evaluations and equal cost.",
    )
    parser.add_argument("--quick", action="store_true", help="two problems, 100 evaluations")
    parser.add_argument("--json", action="store_true", help="print JSON, nothing else")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write JSON and page")
    parser.add_argument("--only", type=names, default=[], metavar="A,B", help="names of either")
    parser.add_argument("--seeds", type=positive, help=f"runs of each search ({SEEDS}; quick: 2)")
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE",
        help="finished searches (benchmarks/runs/searches.jsonl)",
    )
    parser.add_argument("--stored", action="store_true", help="finished searches, no new ones")
    parser.add_argument(
        "--again", type=names, default=[], metavar="A,B", help="do these once more, of either"
    )
    parser.add_argument("--accuracies", type=Path, metavar="FILE", help="nb201 after 200 epochs")
    return parser


if __name__ == "__main__":
    sys.exit(main())

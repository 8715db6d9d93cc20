"""The command line: how many cases, from which seed; exit code 1 if a claim does not hold."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.command import Log, Results, run_command
from benchmarks.proofs.runner import CHECKS, markdown, run

CASES, QUICK_CASES = 2_000, 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark with the arguments of the process, or with those given."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--cases", type=int, help=f"problems, {CASES} if not quick")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the first one; each case has its own"
    )
    parser.add_argument("--checks", nargs="+", choices=tuple(CHECKS), default=tuple(CHECKS))
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen, rest = parser.parse_known_args(given)
    if {"-h", "--help"} & set(rest):
        print(parser.format_help())
    failed = False

    def sized(quick: bool, log: Log) -> Results:
        nonlocal failed
        cases = chosen.cases or (QUICK_CASES if quick else CASES)
        results = run(quick, log, cases=cases, seed=chosen.seed, checks=chosen.checks)
        failed = bool(results["failures"])
        return results

    code = run_command("proofs", "Bounds and optima against a brute force.", sized, markdown, rest)
    return 1 if failed else code

"""The command line: what is common to all benchmarks, and where the peers are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.command import Log, Results, run_command
from benchmarks.layers import LAYERS
from benchmarks.mapper_peers.method import peers
from benchmarks.mapper_peers.runner import markdown, run

QUICK_LAYERS = ("dqn-conv3",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark with the arguments of the process, or with those given."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--zigzag-python", type=Path, help="interpreter that has zigzag-dse")
    parser.add_argument("--accelforge-python", type=Path, help="interpreter that has accelforge")
    parser.add_argument("--seconds", type=float, help="a layer, 60 if not quick, else 15")
    parser.add_argument("--layers", nargs="+", choices=list(LAYERS), help="; ".join(LAYERS))
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen, rest = parser.parse_known_args(given)
    if {"-h", "--help"} & set(rest):
        print(parser.format_help())

    def sized(quick: bool, log: Log) -> Results:
        return run(
            quick,
            log,
            peers=peers(chosen.zigzag_python, chosen.accelforge_python),
            layers=chosen.layers or list(QUICK_LAYERS if quick else LAYERS),
            seconds=chosen.seconds or (15.0 if quick else 60.0),
        )

    return run_command("mapper_peers", "Mappers of other projects.", sized, markdown, rest)

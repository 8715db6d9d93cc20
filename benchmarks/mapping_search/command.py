"""The command line: what is common to all benchmarks, and the size of the run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.command import Log, Results, run_command
from benchmarks.mapping_search.problem import check_layers, layer_names
from benchmarks.mapping_search.runner import markdown, run
from bohwsw.errors import SpecError

QUICK_LAYERS = ("resnet18-conv4", "dqn-conv2")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark with the arguments of the process, or with those given."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--seeds", type=int, help="searches of each kind, 5 if not quick")
    parser.add_argument("--evaluations", type=int, help="of each search, 250 if not quick")
    parser.add_argument("--layers", nargs="+", help="; ".join(layer_names()))
    parser.add_argument("--traces", type=Path, help="JSON lines of all searches, to go on from")
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen, rest = parser.parse_known_args(given)
    if {"-h", "--help"} & set(rest):
        print(parser.format_help())
    try:
        layers = check_layers(chosen.layers) if chosen.layers else None
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2

    def sized(quick: bool, log: Log) -> Results:
        return run(
            quick,
            log,
            layers=layers or list(QUICK_LAYERS if quick else layer_names()),
            seeds=chosen.seeds or (1 if quick else 5),
            evaluations=chosen.evaluations or (100 if quick else 250),
            traces=chosen.traces,
        )

    return run_command(
        "mapping_search", "Mapping searches of few evaluations.", sized, markdown, rest
    )

"""The command line: what is common to all benchmarks, and where the tools are."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from benchmarks.command import Log, Results, run_command
from benchmarks.exports.runner import TOOLS, markdown, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark with the arguments of the process, or with those given."""
    parser = argparse.ArgumentParser(add_help=False)
    for tool in TOOLS:
        variable = f"BOHWSW_{tool.upper()}_PYTHON"
        text = f"interpreter that has it; by default what {variable} says"
        parser.add_argument(f"--{tool}-python", default=os.environ.get(variable), help=text)
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen, rest = parser.parse_known_args(given)
    if {"-h", "--help"} & set(rest):
        print(parser.format_help())
    named = {tool: getattr(chosen, f"{tool}_python") for tool in TOOLS}
    pythons = {tool: python for tool, python in named.items() if python}

    def sized(quick: bool, log: Log) -> Results:
        return run(quick, log, pythons)

    return run_command("exports", "Exported designs run by other tools.", sized, markdown, rest)

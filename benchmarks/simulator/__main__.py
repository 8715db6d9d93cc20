"""``python -m benchmarks.simulator``."""

from __future__ import annotations

import sys

from benchmarks.command import run_command
from benchmarks.simulator.runner import markdown, run

if __name__ == "__main__":
    sys.exit(run_command("simulator", "Speed of the batched simulator.", run, markdown))

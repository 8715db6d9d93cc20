"""``python -m benchmarks.fidelity``."""

from __future__ import annotations

import sys

from benchmarks.command import run_command
from benchmarks.fidelity.runner import markdown, run

if __name__ == "__main__":
    sys.exit(run_command("fidelity", "Several fidelities at equal cost.", run, markdown))

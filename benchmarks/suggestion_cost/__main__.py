"""``python -m benchmarks.suggestion_cost``."""

from __future__ import annotations

import sys

from benchmarks.command import run_command
from benchmarks.suggestion_cost.runner import markdown, run

if __name__ == "__main__":
    sys.exit(run_command("suggestion_cost", "Cost of a suggestion.", run, markdown))

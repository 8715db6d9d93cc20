"""``python -m benchmarks.acquisition_search``."""

from __future__ import annotations

import sys

from benchmarks.acquisition_search.runner import markdown, run
from benchmarks.command import run_command

if __name__ == "__main__":
    sys.exit(run_command("acquisition_search", "Climb against a random pool.", run, markdown))

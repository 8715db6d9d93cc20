"""``python -m benchmarks.surrogates``."""

from __future__ import annotations

import sys

from benchmarks.command import run_command
from benchmarks.surrogates.runner import markdown, run

if __name__ == "__main__":
    sys.exit(run_command("surrogates", "Quality and cost of the surrogates.", run, markdown))

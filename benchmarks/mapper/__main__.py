"""``python -m benchmarks.mapper``."""

from __future__ import annotations

import sys

from benchmarks.command import run_command
from benchmarks.mapper.runner import markdown, run

if __name__ == "__main__":
    sys.exit(run_command("mapper", "Quality of the mappers.", run, markdown))

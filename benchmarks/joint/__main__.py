"""``python -m benchmarks.joint``."""

from __future__ import annotations

import sys

from benchmarks.command import run_command
from benchmarks.joint.runner import markdown, run

if __name__ == "__main__":
    text = "Networks and machines searched together, against apart, at equal cost."
    sys.exit(run_command("joint", text, run, markdown))

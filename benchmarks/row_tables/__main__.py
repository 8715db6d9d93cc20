"""``python -m benchmarks.row_tables``."""

import sys
from functools import partial

from benchmarks.command import run_command
from benchmarks.row_tables.runner import markdown, run

main = partial(run_command, "row_tables", "Several objectives on tables.", run, markdown)

if __name__ == "__main__":
    sys.exit(main())

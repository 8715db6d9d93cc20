"""``python -m benchmarks.mapping_search``."""

from __future__ import annotations

import sys

from benchmarks.mapping_search.command import main

if __name__ == "__main__":
    sys.exit(main())

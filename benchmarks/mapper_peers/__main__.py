"""``python -m benchmarks.mapper_peers``."""

from __future__ import annotations

import sys

from benchmarks.mapper_peers.command import main

if __name__ == "__main__":
    sys.exit(main())

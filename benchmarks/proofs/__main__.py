"""``python -m benchmarks.proofs``."""

from __future__ import annotations

import sys

from benchmarks.proofs.command import main

if __name__ == "__main__":
    sys.exit(main())

"""``python -m benchmarks.exports``."""

from __future__ import annotations

import sys

from benchmarks.exports.command import main

if __name__ == "__main__":
    sys.exit(main())

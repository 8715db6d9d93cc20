"""``python -m benchmarks.searches.machine_tables``: maps all that stands in ``machines.npz`` again.

The best machine of `equal_area` is that of a long evolution: what shorter searches are held to.
"""

from __future__ import annotations

import io
import sys

import numpy as np

from benchmarks.searches.edge import edge_machine_points, edge_ms, edge_optimum
from benchmarks.searches.eyeriss import digits_edp, equal_area
from benchmarks.searches.layer_costs import FILE
from bohwsw.atomicfile import atomic_write
from bohwsw.strategies import strategy

LONG = 4_000
"""Machines that are tried for the best one."""


def best_ln_edp(evaluations: int = LONG, seeds: int = 2) -> float:
    """The lowest of a few long evolutions."""
    subject, best = equal_area(0.0), np.inf
    for seed in range(seeds):
        search = strategy("evolutionary", subject.space, seed, population=32)
        for _ in range(evaluations // seeds):
            (point,) = search.ask()
            outcome = subject.evaluate(point)
            search.tell(point, outcome)
            best = min(best, np.inf if outcome.objective is None else outcome.objective)
    return float(best)


def main() -> int:
    """Write the file."""
    found = [edge_ms(point) for point in edge_machine_points()]
    block_ms = np.array([blocks for blocks, _ in found], np.float32)
    rest_ms = np.array([rest for _, rest in found], np.float32)
    content = io.BytesIO()
    np.savez_compressed(
        content,
        edge_block_ms=block_ms,
        edge_rest_ms=rest_ms,
        edge_error=edge_optimum(block_ms.astype(float), rest_ms.astype(float)),
        digits_edp=digits_edp(),
        equal_area_ln_edp=best_ln_edp(),
    )
    atomic_write(FILE, content.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())

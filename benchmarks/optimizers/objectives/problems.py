"""The problems by name, one half of them held back."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from benchmarks.optimizers.objectives import discrete, engineering, reactors
from benchmarks.optimizers.objectives.problem import FrontProblem

BUILDERS: dict[str, Callable[..., FrontProblem]] = {
    "welded_beam": engineering.welded_beam,
    "matmul_buffer": discrete.matmul_buffer,
    "cells_devices": discrete.cells_devices,
    "flags_size": discrete.flags_size,
    "reactor_hidden": reactors.reactor_hidden,
    "disc_brake": engineering.disc_brake,
    "matmul_volts": discrete.matmul_volts,
    "cells_three": discrete.cells_three,
    "flags_levels": discrete.flags_levels,
    "reactor_told": reactors.reactor_told,
}
"""Name to builder; all but engineering take the seed of other coefficients."""

HELD_BACK = tuple(BUILDERS)[5:]
"""Nothing is chosen by these: they are looked at once, when all else is done."""


@lru_cache(maxsize=32)
def problem(name: str, *coefficients: int) -> FrontProblem:
    """A problem by its name, or one of its kind with other coefficients."""
    return BUILDERS[name](*coefficients)

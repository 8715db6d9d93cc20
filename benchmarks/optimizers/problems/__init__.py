"""The suite by name; a problem is built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.problems import engineering, hidden, machines, mappings, orders, tilings
from bohwsw.errors import unknown_name

Builder = Callable[[int | None], Problem]
"""Builds a problem; with a seed, one of the same kind with other coefficients."""

BUILDERS: dict[str, Builder] = {
    "pressure_vessel": engineering.pressure_vessel,
    "welded_beam": machines.welded_beam,
    "speed_reducer": machines.speed_reducer,
    "coil_spring": engineering.coil_spring,
    "matmul_tiling": tilings.matmul_tiling,
    "fft_plan": tilings.fft_plan,
    "loop_nest": tilings.loop_nest,
    "assignment": orders.assignment,
    "flow_shop": orders.flow_shop,
    "hidden_product": hidden.hidden_product,
    "hidden_rules": hidden.hidden_rules,
    "hidden_capacity": hidden.hidden_capacity,
    "hidden_timing": hidden.hidden_timing,
    "hidden_schedule": orders.hidden_schedule,
    "mapping_convolution": mappings.mapping_convolution,
    "mapping_dense": mappings.mapping_dense,
}
"""Name to builder, in the order of the tables."""


@lru_cache(maxsize=64)
def problem(name: str, held_out: int | None = None) -> Problem:
    """A problem of the suite.

    Args:
        name: one of `BUILDERS`.
        held_out: a seed for other coefficients; None for those of the suite.

    Raises:
        SpecError: no problem has that name.
    """
    if name not in BUILDERS:
        raise unknown_name("problem", name, BUILDERS)
    return BUILDERS[name](held_out)

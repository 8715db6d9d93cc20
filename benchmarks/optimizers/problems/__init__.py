"""The suite by name; a problem is built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.problems import (
    engineering,
    flags,
    hidden,
    machines,
    mappings,
    mixed,
    networks,
    orders,
    thin,
    tilings,
    trees,
)
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
    "nb201_told": networks.nb201_told,
    "nb201_hidden": networks.nb201_hidden,
    "nb201_floor": networks.nb201_floor,
    "macro_hidden": networks.macro_hidden,
    "fbnet_told": networks.fbnet_told,
    "ofa_told": networks.ofa_told,
    "stepped_beam": mixed.stepped_beam,
    "reactor": mixed.reactor,
    "flags_pairs": flags.flags_pairs,
    "flags_choices": flags.flags_choices,
    "thin_window": thin.thin_window,
    "thin_told": thin.thin_told,
    "tree_listed": trees.tree_listed,
    "tree_nested": trees.tree_nested,
    "nb201_two_sided": networks.nb201_two_sided,
    "nb201_fast": networks.nb201_fast,
    "macro_floor": networks.macro_floor,
    "fbnet_hidden": networks.fbnet_hidden,
    "ofa_floor": networks.ofa_floor,
    "concrete_beam": mixed.concrete_beam,
    "reactor_told": mixed.reactor_told,
    "furnace": mixed.furnace,
    "flags_clauses": flags.flags_clauses,
    "flags_levels": flags.flags_levels,
    "flags_budget": flags.flags_budget,
    "thin_shell": thin.thin_shell,
    "thin_corner": thin.thin_corner,
    "tree_hidden": trees.tree_hidden,
    "tree_layers": trees.tree_layers,
}
"""Name to builder, in the order of the tables."""

HELD_BACK = tuple(BUILDERS)[list(BUILDERS).index("nb201_two_sided") :]
"""No default was chosen by these: they are looked at once, when all others are done."""


@lru_cache(maxsize=128)
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

"""The area limit of a space as a known constraint, so that no machine above it is proposed.

Area depends on sizes alone, not on what runs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bohwsw.arch.machine_sizes import SHAPE, Columns, MachineSizes, Prices
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.space import Predicate
from bohwsw.tech.technology import Technology


def area_limit(spec: SpaceSpec, technology: Technology) -> Predicate | None:
    """Which points make machines within the area limit of their space.

    Args:
        spec: the space.
        technology: knows the areas.

    Returns:
        The constraint; None if the space has no limit, or no parameter changes the area.
    """
    limit_mm2, machine = spec.limits.area_mm2, spec.architecture
    names = machine.names((*SHAPE, "fanout[0]", "fanout[1]"))
    parameters = tuple(name for name in spec.parameters if name in names)
    if limit_mm2 is None or not parameters:
        return None
    prices = Prices(technology)

    def is_within(columns: Columns) -> npt.NDArray[np.bool_]:
        n = len(next(iter(columns.values())))
        return ~(prices.areas_mm2(MachineSizes(machine, columns, n)) > limit_mm2)

    return Predicate(is_within, parameters, f"area_mm2 <= {limit_mm2:g}")

"""A layer on a priced machine, packed for the compiled functions of branch and bound."""

from __future__ import annotations

import numpy as np

from bohwsw.mapper.skeleton_kernel import Machine
from bohwsw.mapping import TEMPORAL, MapSpace, layer_arrays
from bohwsw.simulator import Costs, hardware_batch, used_words


def machine_arrays(space: MapSpace, costs: Costs, *, with_energy: bool) -> Machine:
    """Pack a map space and its prices; without energies only multipliers cost anything."""
    levels = range(space.architecture.depth)
    hardware = hardware_batch([(space.architecture, costs)]).seen_by(space.layer)
    return Machine(
        layer=layer_arrays(space.layer),
        sizes=np.array([*space.layer.sizes.values()], dtype=np.int64),
        energy=hardware.energy[0] * with_energy,
        units=hardware.units[0],
        block=hardware.block[0],
        capacity=hardware.capacity[0],
        bandwidth=hardware.bandwidth[0],
        allowed=np.ascontiguousarray(space.allowed[:, TEMPORAL]),
        stationary=np.array([space.stationary(index) for index in levels]),
        last=np.array([np.flatnonzero(space.keep_may[:, s]).max() for s in range(3)]),
        used_words=np.array(used_words(space.layer), dtype=np.int64),
    )

"""A layer on a priced machine, packed for the compiled functions of branch and bound."""

from __future__ import annotations

import numpy as np

from bohwsw.mapper.skeleton_kernel import Machine
from bohwsw.mapping.batch import TEMPORAL
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.tile_kernel import layer_arrays
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.delivery import distinct_pair_sums
from bohwsw.simulator.hardware import hardware_batch
from bohwsw.workload import Layer


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


def used_words(layer: Layer) -> tuple[int, int, int]:
    """Elements of Weights, Inputs and Outputs that a layer uses; gaps between Inputs left out."""
    across = distinct_pair_sums(layer.P, layer.stride_w, layer.R, layer.dilation_w)
    down = distinct_pair_sums(layer.Q, layer.stride_h, layer.S, layer.dilation_h)
    return (
        layer.G * layer.K * layer.C * layer.R * layer.S,
        layer.N * layer.G * layer.C * across * down,
        layer.N * layer.G * layer.K * layer.P * layer.Q,
    )

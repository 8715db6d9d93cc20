"""The fewest cycles that networks can take on each machine of a space, as a feature for models.

A multiply-accumulate unit does one operation a cycle, and a layer keeps as many busy as the product
of its spatial factors: a divisor of its operations, made of one factor for each axis of each
fan-out, none larger than that fan-out. So the fewest cycles of a layer follow from its sizes and
from the fan-outs, and all layers of all networks share what this tells of a machine. It is worked
out for thousands of machines at a time. Dataflows, buffers and bandwidths are left out: models
learn what these cost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arch import MAX_INSTANCES, MachineSizes
from bohwsw.codesign.networks import Networks
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.divisors import LargestProduct
from bohwsw.space import Features

LN_LEAST_CYCLES = "ln_least_cycles"

Values = npt.NDArray[np.float64]
Sizes = npt.NDArray[np.int64]


def least_cycles(spec: SpaceSpec, networks: Networks) -> Features:
    """The feature: the weighted sum over networks of ln(cycles), one number for each machine."""
    machine = spec.architecture
    fan_outs = [
        (number, f"fanout[{axis}]")
        for number, level in enumerate(machine.levels)
        for axis in (0, 1)
        if level.fanout[axis] != 1
    ]
    units = {
        at_once: LargestProduct(at_once)
        for network in networks.networks
        for entry in network.unique_layers()
        for at_once in [entry.layer.macs // entry.layer.steps]
    }

    def feature(columns: dict[str, npt.NDArray[Any]]) -> Values:
        n = len(next(iter(columns.values())))
        sizes = MachineSizes(machine, columns, n)
        limits = np.ones((n, len(fan_outs)), dtype=np.int64)
        for position, (level, key) in enumerate(fan_outs):
            limits[:, position] = _whole(sizes.of(level, key))
        total = np.zeros(n)
        for network, weight in zip(networks.networks, networks.weights, strict=True):
            cycles = np.zeros(n)
            for entry in network.unique_layers():
                macs, steps = entry.layer.macs, entry.layer.steps
                cycles += entry.count * macs / units[macs // steps].of(limits)
            total += weight * np.log(cycles)
        return total[:, None]

    return Features(feature, [LN_LEAST_CYCLES])


def _whole(sizes: Values) -> Sizes:
    """Sizes as whole numbers; 1 for what is none: evaluating the point says what is wrong."""
    return np.clip(np.nan_to_num(sizes, nan=1.0), 1.0, MAX_INSTANCES).astype(np.int64)

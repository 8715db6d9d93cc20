"""What models are told of points besides parameters and knobs: how much work there is.

That explains most of energies and cycles; what a model learns is the rest. Of machines alone it is
the fewest cycles that networks can take. A multiply-accumulate unit does one operation a cycle, and
a layer keeps as many busy as the product of its spatial factors: a divisor of its operations, made
of one factor for each axis of each fan-out, none larger than that fan-out. It is worked out for
thousands of machines at a time; dataflows, buffers and bandwidths are left out.

Of networks on machines it is multiply-accumulates and weights: a network of twice the operations
takes about twice the energy, and on as many units twice the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arch import MAX_INSTANCES, ArchitectureSpec, MachineSizes
from bohwsw.codesign.networks import Networks
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.divisors import LargestProduct
from bohwsw.space import Features, Value
from bohwsw.workload import ModelSpec, model_sizes

LN_LEAST_CYCLES = "ln_least_cycles"

Values = npt.NDArray[np.float64]


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
            # 1 for what is no size: evaluating the point says what is wrong.
            limits[:, position] = np.clip(
                np.nan_to_num(sizes.of(level, key), nan=1.0), 1.0, MAX_INSTANCES
            )
        total = np.zeros(n)
        for network, weight in zip(networks.networks, networks.weights, strict=True):
            cycles = np.zeros(n)
            for entry in network.unique_layers():
                macs, steps = entry.layer.macs, entry.layer.steps
                cycles += entry.count * macs / units[macs // steps].of(limits)
            total += weight * np.log(cycles)
        return total[:, None]

    return Features(feature, [LN_LEAST_CYCLES])


LN_MACS, LN_WEIGHTS, LN_CYCLES, LN_EDP = "ln_macs", "ln_weights", "ln_ideal_cycles", "ln_ideal_edp"

OF_NETWORKS = (LN_MACS, LN_WEIGHTS)
"""The features that belong to the network alone."""

OF_MACHINES = (*OF_NETWORKS, LN_CYCLES, LN_EDP)
"""Those of a network on a machine."""

PRIOR_MEANS: Mapping[str, str] = MappingProxyType(
    {
        "edp_pj_cycles": LN_EDP,
        "energy_pj": LN_MACS,
        "latency_cycles": LN_CYCLES,
        "latency_ms": LN_CYCLES,
    }
)
"""For figures, the feature that their logarithm follows before anything is known."""


@dataclass(frozen=True)
class _Work:
    """The features of points; an object, so that it travels to other processes."""

    model: ModelSpec
    machine: ArchitectureSpec
    each: Sequence[Mapping[str, Value]] = ({},)

    def __call__(self, columns: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        n = len(next(iter(columns.values())))
        sizes_of = [
            model_sizes(self.model, {**columns, **{k: np.full(n, x) for k, x in own.items()}})
            for own in self.each
        ]
        macs, weights = np.mean([np.log(np.maximum(sizes, 1.0)) for sizes in sizes_of], axis=0).T
        sizes = MachineSizes(self.machine, columns, n)
        units = np.zeros(n)
        for number, level in enumerate(self.machine.levels):
            for axis in (0, 1):
                if level.fanout[axis] != 1:
                    fan_out = np.nan_to_num(sizes.of(number, f"fanout[{axis}]"), nan=1.0)
                    units += np.log(np.clip(fan_out, 1.0, MAX_INSTANCES))
        return np.stack([macs, weights, macs - units, 2.0 * macs - units], axis=1)


def joint_features(
    model: ModelSpec, machines: SpaceSpec, each: Sequence[Mapping[str, Value]] = ({},)
) -> Features:
    """ln of MACs and weights of a network; of its cycles and EDP if every unit were always busy.

    Where a machine runs the networks at several values of some knobs, ``each``, means of these.
    """
    function = _Work(model, machines.architecture, tuple(each))
    return Features(function, (LN_MACS, LN_WEIGHTS, LN_CYCLES, LN_EDP))

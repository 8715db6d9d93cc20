"""What a model of networks on machines is told besides knobs and parameters.

That is how much work there is, which explains most of energies and cycles: a network of twice the
multiply-accumulates takes about twice the energy, and on as many units twice the time. What a model
learns is the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arch import MAX_INSTANCES, ArchitectureSpec, MachineSizes
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.space import Features, Value
from bohwsw.workload import ModelSpec, model_sizes

LN_MACS, LN_WEIGHTS, LN_CYCLES, LN_EDP = "ln_macs", "ln_weights", "ln_ideal_cycles", "ln_ideal_edp"

OF_NETWORKS = (LN_MACS, LN_WEIGHTS)
"""The features that belong to the network alone."""

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

"""The batched simulator: many (machine, mapping) pairs of one layer in one call.

Carried by numba: see ``docs/simulator-backends.md`` for the measurement behind that choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.mapping.batch import MappingBatch
from bohwsw.mapping.tile_kernel import layer_arrays
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.evaluation_kernel import evaluate_rows, new_scratch
from bohwsw.workload import Layer

UNLIMITED = -1
"""Entries of a level without limit."""


class HardwareBatch(NamedTuple):
    """H machines of equal depth L as arrays (a named tuple, as compiled functions take it).

    Attributes:
        entries: int64, H x L; words of one instance, ``UNLIMITED`` for no limit.
        fanout: int64, H x L x 2; children on (X, Y) of one instance of each level.
        block: int64, H x L; words moved by one access.
        bandwidth: float64, H x L x 2; (read, write) words per cycle of one instance.
        energy: float64, H x L x 3; pJ per access for (read, fill, update).
        hop_energy: float64, H x L; pJ per word and hop below each level.
        mac_energy: float64, H; pJ per multiply-accumulate.
    """

    entries: npt.NDArray[np.int64]
    fanout: npt.NDArray[np.int64]
    block: npt.NDArray[np.int64]
    bandwidth: npt.NDArray[np.float64]
    energy: npt.NDArray[np.float64]
    hop_energy: npt.NDArray[np.float64]
    mac_energy: npt.NDArray[np.float64]


@dataclass(frozen=True)
class BatchEvaluation:
    """Results of B pairs.

    Attributes:
        worst_ratio: float64, B; the largest use over limit; a pair is valid if it is at most 1.
        latency_cycles: int64, B; 0 where invalid.
        energy_pj: float64, B; 0 where invalid.
        counts: int64, B x L x 3 x 3; per instance, (Weights, Inputs, Outputs) x (reads, fills,
            updates); None unless asked for.
    """

    worst_ratio: npt.NDArray[np.float64]
    latency_cycles: npt.NDArray[np.int64]
    energy_pj: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64] | None

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Whether each mapping fits its machine."""
        return self.worst_ratio <= 1.0

    @property
    def edp_pj_cycles(self) -> npt.NDArray[np.float64]:
        """Energy-delay product; infinite where invalid."""
        return np.where(self.valid, self.energy_pj * self.latency_cycles, np.inf)


def hardware_batch(machines: Sequence[tuple[Architecture, Costs]]) -> HardwareBatch:
    """Pack priced machines of equal depth.

    Raises:
        SpecError: no machine, or machines of different depth.
    """
    depths = sorted({architecture.depth for architecture, _ in machines})
    if len(depths) != 1:
        raise SpecError("machines of one batch have one depth", got=depths, expected="one depth")
    return HardwareBatch(
        entries=np.array(
            [
                [UNLIMITED if level.entries is None else level.entries for level in a.levels]
                for a, _ in machines
            ],
            dtype=np.int64,
        ),
        fanout=np.array(
            [[a.fanout(index) for index in range(a.depth)] for a, _ in machines], dtype=np.int64
        ),
        block=np.array([[x.block_size for x in a.levels] for a, _ in machines], dtype=np.int64),
        bandwidth=np.array(
            [
                [
                    (x.read_words_per_cycle or np.inf, x.write_words_per_cycle or np.inf)
                    for x in a.levels
                ]
                for a, _ in machines
            ],
            dtype=np.float64,
        ),
        energy=np.array(
            [[(x.read_pj, x.fill_pj, x.update_pj) for x in c.storage] for _, c in machines],
            dtype=np.float64,
        ),
        hop_energy=np.array([c.hop_energy_pj for _, c in machines], dtype=np.float64),
        mac_energy=np.array([c.mac_energy_pj for _, c in machines], dtype=np.float64),
    )


def simulate_batch(
    layer: Layer,
    hardware: HardwareBatch,
    mappings: MappingBatch,
    machine: npt.NDArray[np.int64] | None = None,
    *,
    with_counts: bool = False,
) -> BatchEvaluation:
    """Evaluate B mappings of a layer, each on a machine of its own.

    Args:
        layer: the work.
        hardware: H machines.
        mappings: B mappings whose factors multiply to the layer's sizes (not checked here).
        machine: int64, B; which machine each mapping runs on; all on the first if absent.
        with_counts: whether to return the counts, not only what follows from them.

    Raises:
        SpecError: mappings and machines differ in depth.
    """
    size, depth = mappings.size, mappings.depth
    if hardware.entries.shape[1] != depth:
        raise SpecError(
            "mappings and machines differ in depth",
            got=f"{depth} levels",
            expected=f"{hardware.entries.shape[1]} levels",
        )
    ratios = np.empty(size)
    cycles = np.empty(size, dtype=np.int64)
    energies = np.empty(size)
    counts = np.zeros((size if with_counts else 0, depth, 3, 3), dtype=np.int64)
    if machine is None:
        machine = np.zeros(size, dtype=np.int64)
    evaluate_rows(
        mappings,
        layer_arrays(layer),
        hardware,
        machine,
        new_scratch(hardware),
        ratios,
        cycles,
        energies,
        counts,
    )
    return BatchEvaluation(ratios, cycles, energies, counts if with_counts else None)

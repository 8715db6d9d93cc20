"""The batched simulator: many (machine, mapping) pairs of one layer in one call.

Carried by numba: see ``docs/simulator-backends.md`` for the measurement behind that choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.mapping import MappingBatch, layer_arrays, sequence_ratios
from bohwsw.simulator.evaluation_kernel import evaluate_rows, new_scratch
from bohwsw.simulator.hardware import HardwareBatch, hardware_batch
from bohwsw.workload import Layer

__all__ = ["BatchEvaluation", "HardwareBatch", "hardware_batch", "simulate_batch"]


@dataclass(frozen=True)
class BatchEvaluation:
    """Results of B pairs."""

    worst_ratio: npt.NDArray[np.float64]
    """Float64, B; the largest use over limit; a pair is valid if it is at most 1."""
    latency_cycles: npt.NDArray[np.int64]  # int64, B; 0 where invalid
    energy_pj: npt.NDArray[np.float64]  # float64, B; 0 where invalid
    counts: npt.NDArray[np.int64] | None
    """Int64, B x L x 3 x 3; per instance, (Weights, Inputs, Outputs) x (reads, fills, updates);
    None unless asked for."""

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Whether each mapping fits its machine."""
        return self.worst_ratio <= 1.0

    @property
    def edp_pj_cycles(self) -> npt.NDArray[np.float64]:
        """Energy-delay product; infinite where invalid."""
        return np.where(self.valid, self.energy_pj * self.latency_cycles, np.inf)


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
    layer.require_countable()
    ratios, energies = np.empty((2, size))
    cycles = np.empty(size, dtype=np.int64)
    counts = np.zeros((size if with_counts else 0, depth, 3, 3), dtype=np.int64)
    if machine is None:
        machine = np.zeros(size, dtype=np.int64)
    machines = hardware.seen_by(layer)
    evaluate_rows(
        mappings,
        layer_arrays(layer),
        machines,
        machine,
        new_scratch(machines),
        ratios,
        cycles,
        energies,
        counts,
    )
    sequence = sequence_ratios(layer, mappings)
    if sequence is not None:
        ratios = np.maximum(ratios, sequence)
        for figures in (cycles, energies, counts):
            figures[sequence[: len(figures)] > 1.0] = 0
    return BatchEvaluation(ratios, cycles, energies, counts if with_counts else None)

"""ResNet-18 on Stream's TPU-like quad core: ``python -m benchmarks.quad_core``.

Stream 2.1.1 (stream-dse, KU Leuven; Symons et al., IEEE Trans. Computers 2025) was run on its own
tpu_like_quad_core.yaml with its own ResNet-18: 12,697,310 cycles and 14.05 mJ layer by layer,
7,739,942 cycles fused, in 147 processor seconds; it takes 32 bits from the ONNX file on cores that
say int8. The space file is `spaces/cores/tpu-like-quad.yaml`; energies here are Stream's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from bohwsw import load_space, map_network
from bohwsw.codesign import Design
from bohwsw.tech import MacCost, StorageCost, register_technology
from bohwsw.workload import Layer, tensor_words

SPACE = Path(__file__).parents[1] / "spaces/cores/tpu-like-quad.yaml"
STREAM = {"cycles": 12_697_310, "fused_cycles": 7_739_942, "energy_mj": 14.05, "seconds": 147}
DRAM_BITS = 64
"""What Stream's DRAM moves in a cycle, reads and writes together."""


@dataclass(frozen=True)
class StreamEnergies:
    """Energies of Stream's files, in pJ: 64 bits of DRAM, 2,048 of SRAM, 8 or 32 of registers."""

    name: str = "stream-tpu-like"
    source: str = "stream-dse 2.1.1, hardware/cores/tpu_like.yaml and offchip.yaml"

    def storage(self, shape: Any) -> StorageCost:
        if shape.entries is None:
            return StorageCost(1000.0, 1000.0, 1000.0, 0.0)
        if shape.entries > 1024:
            return StorageCost(416.16, 378.4, 378.4, 0.0)
        energy_pj = 0.021 if shape.entries == 1 else 0.095 * shape.word_bits / 8
        return StorageCost(energy_pj, energy_pj, energy_pj, 0.0)

    def mac(self, word_bits: int) -> MacCost:
        return MacCost(0.04, 0.0)

    def hop_energy_pj(self, word_bits: int) -> float:
        return 0.0


def shared_port(design: Design, bits: int) -> float:
    """Cycles if reads and writes of the DRAM share its 64 bits, layer by layer."""
    total = 0.0
    for mapped in design.layers:
        dram = mapped.evaluation.levels[0]
        words = sum(x.reads + x.fills + x.updates for x in dram.data_spaces.values())
        moved = dram.instances * words * bits / DRAM_BITS
        total += mapped.entry.count * max(mapped.evaluation.latency_cycles or 0, moved)
    return total


def touched(layer: Layer) -> int:
    """Words of Inputs, padding included, that a layer cannot do without."""
    (width, height) = (
        (outputs - 1) * stride + taps if taps >= stride else outputs * taps
        for outputs, taps, stride in (
            (layer.P, layer.R, layer.stride_w),
            (layer.Q, layer.S, layer.stride_h),
        )
    )
    return layer.N * layer.C * layer.G * width * height


def least_dram_cycles(design: Design, bits: int) -> float:
    """No run layer by layer takes fewer: a layer reads its operands and writes its result once."""
    words = 0
    for entry in (mapped.entry for mapped in design.layers):
        own = sum(tensor_words(entry.layer, space) for space in ("Weights", "Outputs"))
        words += entry.count * (own + touched(entry.layer))
    return words * bits / DRAM_BITS


def on_stream(network: str = "resnet18", widths: tuple[int, ...] = (8, 32)) -> list[Row]:
    """A network on the four cores at some widths of operands."""
    register_technology(StreamEnergies(), replace=True)
    space = load_space(SPACE)
    space = replace(space, spec=space.spec.model_copy(update={"technology": "stream-tpu-like"}))
    rows = []
    for bits in widths:
        began = time.process_time()
        design = map_network(
            space, network, point={"bits": bits}, objective="latency", seconds=60.0, threads=1
        )
        macs = sum(x.entry.count * x.entry.layer.macs for x in design.layers)
        rows.append(
            {
                "bits": bits,
                "cycles": design.latency_cycles,
                "bound": design.lower_bound,
                "shared": shared_port(design, bits),
                "dram": least_dram_cycles(design, bits),
                "compute": macs / 4096,
                "energy_mj": design.energy_pj * 1e-9,
                "seconds": time.process_time() - began,
            }
        )
    return rows


def run(quick: bool, log: Log) -> Results:
    """Both widths."""
    network = "mlp" if quick else "resnet18"
    rows = on_stream(network)
    log(f"{network}: {sum(row['seconds'] for row in rows):.1f} processor seconds")
    return {
        **head("quad_core", quick),
        "network": network,
        "on_stream": rows,
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    page = heading("ResNet-18 on Stream's quad core", results)
    page += (
        f"\n{results['network']} on the four TPU-like cores of Stream's examples (`spaces/cores/"
        "tpu-like-quad.yaml`), each layer cut over the cores, one layer after the other, with "
        "Stream's energies. Compute: every unit always busy; DRAM: each layer reads its operands "
        "and writes its result once over 64 bits that reads and writes share:\n\n"
    )
    rows = [
        {
            **row,
            "compute_times": row["shared"] / row["compute"],
            "dram_times": row["shared"] / row["dram"],
        }
        for row in results["on_stream"]
    ]
    page += table(
        rows,
        {
            "bits": "bits",
            "cycles": "cycles, DRAM ports apart|,.0f",
            "bound": "proven bound|,.0f",
            "shared": "cycles, one DRAM port|,.0f",
            "compute_times": "times compute|.2f",
            "dram_times": "times DRAM|.3f",
            "energy_mj": "mJ|.2f",
            "seconds": "processor s|.1f",
        },
    )
    return page + (
        f"\nStream 2.1.1 says {STREAM['cycles']:,} cycles and {STREAM['energy_mj']} mJ layer "
        f"by layer ({STREAM['fused_cycles']:,} cycles fused) in {STREAM['seconds']} processor "
        "seconds, at the 32 bits of its ONNX file on cores of 8 bits. Here operands wider than a "
        "core's are refused by name. Stream has links between cores and transfers of its own, and "
        "counts additions and pooling; none of that is in our figures. Fused, it is below the "
        "bound of the DRAM at 32 bits, which is one layer by layer: what is handed on need not "
        "pass the DRAM then. We do not fuse.\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    description = "ResNet-18 on Stream's quad core, beside bounds and Stream"
    return run_command("quad_core", description, run, markdown, arguments)


if __name__ == "__main__":
    sys.exit(main())

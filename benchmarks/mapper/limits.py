"""``python -m benchmarks.mapper.limits``: what the mapper takes of time and memory.

Each search runs in a process of its own, after the code is compiled, on all cores.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.codesign import load_space
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.network_mapper import map_layers
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.simulator.costs import Costs
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer

LAYERS = {
    "middle": Layer("middle", N=4, K=256, C=256, P=56, Q=56, R=3, S=3),
    "large": Layer("large", N=12, K=480, C=480, P=120, Q=120, R=3, S=3),
    "largest": Layer("largest", N=60, K=5040, C=5040, P=1280, Q=1280, R=12, S=12),
}
SPACES = ("eyeriss-168", "eyeriss-equal-area", "simba-like")
FIVE_LEVELS = "five-level"
SECONDS = (1.0, 2.0, 10.0)
THREADS = 2


def machine(name: str) -> tuple[Architecture, Costs]:
    """The baseline of a space, or a machine of five levels with three fan-outs."""
    if name != FIVE_LEVELS:
        hardware = load_space(name).baseline(free=True)
        return hardware.architecture, hardware.costs
    levels = (
        StorageLevel("DRAM", kind="dram", read_words_per_cycle=16, write_words_per_cycle=16),
        StorageLevel("L2", entries=2**18, read_words_per_cycle=32, write_words_per_cycle=32),
        StorageLevel("L1", entries=2**14, mesh_x=4, mesh_y=4, read_words_per_cycle=16),
        StorageLevel("L0", entries=512, mesh_x=16, mesh_y=8),
        StorageLevel("Register", entries=4, mesh_x=32, mesh_y=16),
    )
    prices = tuple(StorageCost(x, x, x, None) for x in (200.0, 20.0, 5.0, 1.0, 0.1))
    return Architecture(FIVE_LEVELS, levels, MacArray(16, 32, 16)), Costs(prices, (0.0,) * 5, 1.0)


def measure(layer: str, machine_name: str, seconds: float) -> Row:
    """One search in this process."""
    BranchAndBoundMapper().warm_up()
    architecture, costs = machine(machine_name)
    space = MapSpace(LAYERS[layer], architecture, FREE)
    began = time.perf_counter()
    found = map_layers([(space, 1)], costs, seconds=seconds, threads=THREADS)
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux
    return {
        "layer": layer,
        "machine": machine_name,
        "seconds": seconds,
        "took_seconds": took,
        "peak_gib": peak / 2**20,
        "edp_pj_cycles": found.energy_pj * found.latency_cycles,
        "bound_edp_pj_cycles": found.lower_bound,
        "gap": found.gap,
    }


def measure_apart(layer: str, machine_name: str, seconds: float) -> Row:
    """One search in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.mapper.limits", layer, machine_name, str(seconds)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    row: Row = json.loads(ended.stdout)
    return row


def run(quick: bool, log: Log) -> Results:
    """All layers on all machines for each time."""
    rows = []
    for layer in LAYERS:
        for name in (*SPACES, FIVE_LEVELS):
            for seconds in SECONDS[:1] if quick else SECONDS:
                rows.append(measure_apart(layer, name, seconds))
                log(
                    f"{name} {layer}: {rows[-1]['took_seconds']:.2f} s of {seconds:g},"
                    f" {rows[-1]['peak_gib']:.2f} GiB, gap {rows[-1]['gap']:.1%}"
                )
    return {**head("mapper.limits", quick), "rows": rows}


def markdown(results: Results) -> str:
    """The results as a page."""
    rows = results["rows"]
    sizes = "; ".join(
        f"{name}: " + ", ".join(f"{d} {size}" for d, size in layer.sizes.items() if size > 1)
        for name, layer in LAYERS.items()
    )
    over = max(row["took_seconds"] - row["seconds"] for row in rows)
    return "\n".join(
        [
            heading("Limits of time and memory", results),
            f"`seconds` is what the mapper may take. Layers: {sizes}. {THREADS} threads.\n",
            f"- Longest over the time asked for: {max(over, 0.0):.2f} s.",
            f"- Most memory of a process: {max(row['peak_gib'] for row in rows):.2f} GiB.\n",
            table(rows, COLUMNS),
        ]
    )


COLUMNS = {
    "machine": "machine",
    "layer": "layer",
    "seconds": "seconds|g",
    "took_seconds": "taken|.2f",
    "peak_gib": "peak (GiB)|.2f",
    "edp_pj_cycles": "EDP (pJ x cycles)|.4g",
    "bound_edp_pj_cycles": "bound|.4g",
    "gap": "gap|.1%",
}


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in LAYERS:
        print(json.dumps(measure(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
    else:
        sys.exit(run_command("mapper.limits", "Time and memory of the mapper.", run, markdown))

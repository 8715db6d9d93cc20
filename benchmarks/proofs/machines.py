"""``python -m benchmarks.proofs.machines``: what is proven in what time on machines to be built.

Seconds are CPU seconds of one thread, so that other processes on the machine change nothing: 30 s
on two cores are counted as 60.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from unittest.mock import patch

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.provenance import provenance
from benchmarks.records import RUNS, Record, made_where, read_records, resumed
from bohwsw.codesign import Hardware, load_space
from bohwsw.mapper import BranchAndBoundMapper, map_layers
from bohwsw.mapping import MapSpace
from bohwsw.workload import load_network

SIZES = ("mesh_x", "mesh_y", "lanes", "input_entries", "weight_entries", "output_entries")
EQUAL_AREA = {
    name: dict(zip((*SIZES, "glb_entries", "glb_block_size"), sizes, strict=True))
    for name, sizes in {
        "equal area, issue": (1, 64, 8, 8, 512, 8, 4096, 16),
        "equal area, ResNet-18": (1, 64, 8, 8, 512, 2, 8192, 16),
        "equal area, Transformer": (64, 2, 4, 4, 128, 1, 24576, 4),
        "equal area, report": (1, 24, 16, 32, 512, 64, 32768, 16),
        "equal area, digits": (64, 1, 8, 24, 16, 16, 2048, 16),
    }.items()
}
"""Machines of `eyeriss-equal-area` that searches found: the first is that of a report on slow
proofs, the next two are what the recipe `best` found for a network with seed 0, the last two are
those of the reports in `docs/reports`."""

BASELINES = ("simba-like", "edge-tpu-like", "eyeriss-168")
MACHINES = (*EQUAL_AREA, *BASELINES)
NETWORKS = ("resnet18", "resnet50", "mobilenet-v2", "bert-base")
ABOUT = "Proofs on machines to be built; --networks, --machines: some; --stored: run none."
SOON, LATE = 10.0, 60.0
"""CPU seconds in which nine of ten layers, and all of them, are to be proven optimal."""

WITHIN, NETWORK_SECONDS, CORES = 0.02, {"resnet50": 60.0}, 2
"""Gap of whole networks, seconds in which it is to be proven if not 30, and on how many cores."""


@dataclass(frozen=True)
class Task:
    """A layer of a network on a machine, or, without a layer, the network."""

    machine: str
    network: str
    layer: str | None = None


def hardware(machine: str) -> Hardware:
    """A machine by its name, its dataflow free."""
    if machine in EQUAL_AREA:
        return load_space("eyeriss-equal-area").hardware(EQUAL_AREA[machine])
    return load_space(machine).baseline(free=True)


@contextmanager
def cpu_time() -> Iterator[None]:
    """Searches inside end by the CPU time of this process."""
    with patch("bohwsw.clock.time.perf_counter", time.process_time):
        yield


def measure(task: Task) -> Record:
    """Gap and CPU seconds of one search."""
    BranchAndBoundMapper().warm_up()
    machine = hardware(task.machine)
    entries = load_network(task.network).unique_layers()
    spaces = [(MapSpace(x.layer, machine.architecture, machine.dataflow), x.count) for x in entries]
    began = time.process_time()
    with cpu_time():
        if task.layer is None:
            seconds = CORES * NETWORK_SECONDS.get(task.network, 30.0)
            network = map_layers(spaces, machine.costs, gap=WITHIN, seconds=seconds)
            gap = network.gap
        else:
            space = next(x for x, _ in spaces if x.layer.name == task.layer)
            mapper = BranchAndBoundMapper(gap=0.0, seconds=LATE)
            gap = mapper.search(space, machine.costs).gap
    return {"task": asdict(task), "gap": gap, "cpu_s": time.process_time() - began}


def tasks(networks: Sequence[str] = NETWORKS, machines: Sequence[str] = MACHINES) -> Iterator[Task]:
    """All layers of networks on machines, then the networks."""
    for network in networks:
        layers = [x.layer.name for x in load_network(network).unique_layers()]
        for machine in machines:
            yield from (Task(machine, network, layer) for layer in (*layers, None))


def run(quick: bool, log: Log, wanted: Sequence[Task], only_stored: bool = False) -> Results:
    """What is stored is not run again, or all there is; one layer if there is little time."""
    if quick:
        wanted = [Task(MACHINES[0], "resnet18", "layer4.0.conv2")]
    stored = None if quick else RUNS / "proofs.machines.jsonl"
    if only_stored and stored is not None:
        known = [x["task"] for x in read_records(stored)]
        wanted = [x for x in wanted if asdict(x) in known]
    records = resumed(stored, measure, wanted, log)
    pairs = dict.fromkeys((x["task"]["machine"], x["task"]["network"]) for x in records)
    return {
        "benchmark": "proofs.machines",
        "quick": quick,
        "provenance": provenance(),
        "made": [] if quick else made_where(records),
        "rows": [_row(*pair, records) for pair in pairs],
    }


def _row(machine: str, network: str, records: list[Record]) -> Row:
    own = [x for x in records if (x["task"]["machine"], x["task"]["network"]) == (machine, network)]
    layers = [x for x in own if x["task"]["layer"] is not None]
    whole = next((x for x in own if x["task"]["layer"] is None), None)
    proven = [x["cpu_s"] for x in layers if x["gap"] <= 1e-9]
    return {
        "machine": machine,
        "network": network,
        "layers": f"{len(layers)} of {len(load_network(network).unique_layers())}",
        "soon": sum(x <= SOON for x in proven) / len(layers),
        "late": sum(x <= LATE for x in proven) / len(layers),
        "slowest": max(x["cpu_s"] for x in layers),
        "worst_gap": max(x["gap"] for x in layers),
        "network_gap": whole and whole["gap"],
        "network_cpu_s": whole and whole["cpu_s"],
    }


COLUMNS = {
    "machine": "machine",
    "network": "network",
    "layers": "layers",
    "soon": f"optimal in {SOON:g} s|.0%",
    "late": f"in {LATE:g} s|.0%",
    "slowest": "slowest (s)|.1f",
    "worst_gap": "largest gap|.1%",
    "network_gap": "network's gap|.1%",
    "network_cpu_s": "after (s)|.0f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    return "\n".join(
        [
            heading("Proofs on machines to be built", results),
            "Layers alone, until optimal; whole networks until they are proven within"
            f" {WITHIN:.0%}, for 30 s on {CORES} cores at most, ResNet-50 for 60. All seconds are"
            " CPU seconds of one thread, two for each on two cores. Equal area: MACs share"
            " scratchpads, as searches found it best.\n",
            table(results["rows"], COLUMNS),
            runs_made(results) if results["made"] else "",
        ]
    )


def main() -> int:
    """Run the benchmark with the arguments of the process."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--machines", nargs="+", choices=MACHINES, default=MACHINES)
    parser.add_argument("--stored", action="store_true")
    chosen, rest = parser.parse_known_args()
    wanted = list(tasks(chosen.networks, chosen.machines))
    measured = partial(run, wanted=wanted, only_stored=chosen.stored)
    return run_command("proofs.machines", ABOUT, measured, markdown, rest)


if __name__ == "__main__":
    sys.exit(main())

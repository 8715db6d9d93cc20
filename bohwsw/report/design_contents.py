"""What a report tells of a design: its chip, its layers and where their energy and cycles go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.codesign import FIGURES, OF_BOARDS, Design, Hardware, MappedLayer, MappedNetwork
from bohwsw.fpga import FpgaRun
from bohwsw.mapper import TilePaths, least_cycles
from bohwsw.mapping import MapSpace, nest_text
from bohwsw.simulator import LevelUse, explain, is_sparse
from bohwsw.workload import CountedLayer, Network

MOST_NODES = 400
"""Nodes of a graph that are told one by one."""


def design_contents(name: str, design: Design) -> dict[str, Any]:
    """A design as plain data; figures of a layer are of one run, ``count`` says how many.

    Where a layer is not mapped, or its mapping is not valid, there are no figures of it.
    """
    hardware = design.hardware
    return {
        "name": name,
        "networks": [_network(mapped) for mapped in design.networks],
        "point": dict(hardware.point),
        "figures": {
            key: {"value": value, "unit": FIGURES[key].unit}
            for key, value in design.figures().items()
            if value is not None
        },
        "cores": [] if design.fpga else [_core(core) for core in hardware.cores],
        "dram_bits_per_cycle": hardware.dram_bits_per_cycle,
        "layers": [
            _layer(mapped, design.core_of(mapped), network.name, len(design.networks) > 1)
            for network in design.networks
            for mapped in network.layers
            if mapped.evaluation.valid
        ],
        "unmapped": [
            *({"name": x.entry.name, "reason": x.reason} for x in design.unmapped),
            *(
                {"name": x.entry.name, "reason": "; ".join(map(str, x.evaluation.violations))}
                for x in design.layers
                if not x.evaluation.valid
            ),
        ],
        "schedule": _schedule(design),
        **({"fpga": _board(hardware, design.fpga)} if design.fpga is not None else {}),
    }


def _board(hardware: Any, run: FpgaRun) -> dict[str, Any]:
    """What an engine takes of its board, and its layers; of a board nothing else is known."""
    board = hardware.board
    resources = [
        {
            "resource": resource,
            "taken": getattr(run.usage, resource) if resource in run.says else None,
            "available": hardware.most_luts if resource == "luts" else getattr(board, resource),
        }
        for resource in OF_BOARDS
    ]
    return {
        "board": board.name,
        "part": board.part,
        "source": board.source,
        "engine": hardware.engine,
        "clock_mhz": hardware.clock_mhz,
        "resources": [x for x in resources if x["taken"] is not None or x["available"]],
        "layers": [dict(layer) for layer in run.layers],
    }


def energy_parts(layers: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """Energy of all runs of layers, as they are told, by level and by data space or kind, in pJ."""
    total: Counter[tuple[str, str]] = Counter()
    for layer in layers:
        for where, kind, pj in layer.get("energy_parts", ()):
            total[where, kind] += layer["count"] * pj
    return total


def _network(mapped: MappedNetwork) -> dict[str, Any]:
    data = {"name": mapped.name, "weight": mapped.weight, "knobs": dict(mapped.knobs)}
    return data | {"graph": None if mapped.network is None else _graph(mapped.network)}


def _graph(network: Network) -> dict[str, Any] | None:
    """Nodes with their unique layer's name, and edges; None where it is a bag, or too large."""
    if not network.edges or len(network.nodes) > MOST_NODES:
        return None
    names = {entry.layer.shape: entry.name for entry in network.unique_layers()}
    nodes = [
        {"name": x.name, "layer": names[x.layer.shape] if isinstance(x, CountedLayer) else None}
        for x in network.nodes
    ]
    return {"nodes": nodes, "edges": [[edge.producer, edge.consumer] for edge in network.edges]}


def _core(core: Hardware) -> dict[str, Any]:
    architecture = core.architecture
    return {
        "name": architecture.name,
        "point": dict(core.point),
        "area_mm2": core.area_mm2,
        "macs": architecture.macs,
        "mesh": [architecture.mac.mesh_x, architecture.mac.mesh_y],
        "mac_bits": architecture.mac.word_bits,
        "levels": [
            {
                "name": level.name,
                "kind": level.kind,
                "entries": level.entries,
                "word_bits": level.word_bits,
                "instances": level.instances,
                "mesh": [level.mesh_x, level.mesh_y],
                "keeps": sorted(level.keeps),
                "read_words_per_cycle": level.read_words_per_cycle,
                "write_words_per_cycle": level.write_words_per_cycle,
            }
            for level in architecture.levels
        ],
    }


def _schedule(design: Design) -> dict[str, Any] | None:
    """When each node runs on which core, and how busy each core and the DRAM are."""
    timeline = design.timeline if design.is_whole else None
    if timeline is None:
        return None
    shared = design.hardware.dram_bits_per_cycle
    entries = {
        (network.name, mapped.core, mapped.entry.layer.shape): mapped.entry.layer.name
        for network in design.networks
        for mapped in network.layers
    }
    layers = {
        (network.name, core, node.name): entries.get((network.name, core, node.layer.shape))
        for network in design.networks
        for node in (network.network.nodes if network.network else ())
        if isinstance(node, CountedLayer)
        for core in timeline.utilisation
    }
    possible = None if shared is None else shared * timeline.latency_cycles
    return {
        "latency_cycles": timeline.latency_cycles,
        "stretch": timeline.stretch,
        "dram_bits": timeline.dram_bits,
        "dram_share": timeline.dram_bits / possible if possible else None,
        "utilisation": dict(timeline.utilisation),
        "networks": {x.name: timeline.latency_of(x.name) for x in design.networks},
        "nodes": [
            {**asdict(node), "layer": layers.get((node.network, node.core, node.node))}
            for node in timeline.nodes
            if node.core is not None
        ],
    }


def _layer(mapped: MappedLayer, core: Hardware, network: str, several: bool) -> dict[str, Any]:
    evaluation, architecture, layer = mapped.evaluation, core.architecture, mapped.entry.layer
    names = [level.name for level in architecture.levels]
    data: dict[str, Any] = {
        "name": layer.name,
        **({"network": network} if several else {}),
        **({"core": mapped.core} if mapped.core else {}),
        "count": mapped.entry.count,
        "sizes": {dim: size for dim, size in layer.sizes.items() if size > 1},
        "macs": layer.macs,
        "energy_pj": evaluation.energy_pj,
        "latency_cycles": evaluation.latency_cycles,
        "edp_pj_cycles": evaluation.edp_pj_cycles,
        "utilisation": evaluation.utilisation,
        "loop_nest": nest_text(mapped.mapping, names).splitlines(),
    }
    if mapped.imperfect or is_sparse(core.sparse, layer):
        return data | {"unexplained": "imperfect factors or zeros that are left out: no parts"}
    return data | _explained(mapped, core)


def _explained(mapped: MappedLayer, core: Hardware) -> dict[str, Any]:
    """Parts of energy and cycles, bounds that nothing on this machine beats, levels, roofline."""
    layer, architecture = mapped.entry.layer, core.architecture
    found = explain(layer, architecture, mapped.mapping, mapped.evaluation)
    space = MapSpace(layer, architecture, core.dataflow)
    ideal = layer.macs / architecture.macs
    binding = found.binding[0]
    return {
        "energy_parts": [[x.component, x.kind, x.energy_pj] for x in found.energy_parts],
        "cycle_parts": {
            "ideal": ideal,
            "idle_units": found.compute_cycles - ideal,
            "bandwidth": found.latency_cycles - found.compute_cycles,
        },
        "binds": [binding.level, binding.resource],
        "bounds": {
            "latency_cycles": least_cycles(space),
            "energy_pj": TilePaths(space, core.costs).least_energy_pj,
        },
        "roofline": _roofline(architecture, found.levels, layer.macs, found.latency_cycles),
        "levels": [dict(_level(level)) for level in found.levels],
    }


def _level(level: LevelUse) -> Iterator[tuple[str, Any]]:
    yield "name", level.name
    yield "cycles", level.latency_cycles
    yield "instances", [level.instances.used, level.instances.available]
    yield "words", [level.capacity.used, level.capacity.available]
    yield "read_per_cycle", [level.read_bandwidth.used, level.read_bandwidth.available]
    yield "write_per_cycle", [level.write_bandwidth.used, level.write_bandwidth.available]
    spaces = [[x.data_space, x.reads, x.fills, x.updates, x.energy_pj] for x in level.data_spaces]
    yield "traffic", spaces
    yield "noc_pj", level.network_energy_pj


def _roofline(
    architecture: Architecture, levels: tuple[LevelUse, ...], macs: int, cycles: int
) -> dict[str, Any]:
    """MACs for each word that the outermost level moves, and MACs per cycle.

    The slanted roof is the bandwidth of that level, if it is limited (S. Williams, A. Waterman and
    D. Patterson, "Roofline", CACM 2009).
    """
    dram = architecture.levels[0]
    words = sum(x.reads + x.fills + x.updates for x in levels[0].data_spaces)
    ports = (dram.read_words_per_cycle, dram.write_words_per_cycle)
    known = [port for port in ports if port is not None]
    return {
        "macs_per_word": macs / words,
        "macs_per_cycle": macs / cycles,
        "peak": architecture.macs,
        "words_per_cycle": sum(known) * dram.instances if len(known) == len(ports) else None,
    }

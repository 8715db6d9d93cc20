"""Stands in for ``timeloop-model``: reads the same files, writes statistics in the same layout.

It builds layer, machine, prices and mapping from nothing but the files and has our simulator count.
A first argument ``exit``, ``hang``, ``silent``, ``garble`` or ``short`` makes it go wrong.
"""

import math
import os
import re
import sys
import time
from pathlib import Path

import yaml

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer

STATS = "timeloop-model.stats.txt"
AXES = {
    "Weights": ["G", "K", "C", "R", "S"],
    "Inputs": ["N", "G", "C", "P*Wstride+R*Wdilation", "Q*Hstride+S*Hdilation"],
    "Outputs": ["N", "G", "K", "Q", "P"],
}


def layer_of(problem):
    """The layer; its shape has to be the one of a convolution."""
    for space in problem["shape"]["data_spaces"]:
        axes = ["+".join("*".join(term) for term in axis) for axis in space["projection"]]
        assert axes == AXES[space["name"]]
        assert space.get("read_write", False) == (space["name"] == "Outputs")
    sizes = dict(problem["instance"])
    names = {f"{a}{kind}": f"{kind}_{a.lower()}" for a in "WH" for kind in ("stride", "dilation")}
    geometry = {key: sizes.pop(name) for name, key in names.items()}
    assert sorted(sizes) == sorted(problem["shape"]["dimensions"])
    return Layer("layer", **sizes, **geometry)


def machine_of(architecture, table):
    """The machine and its prices, outermost level first."""
    levels, costs, hops = [], [], []
    for entry in architecture["storage"][::-1]:
        assert entry["instances"] == entry["meshX"] * entry["meshY"]
        levels.append(
            StorageLevel(
                entry["name"],
                "dram" if entry.get("technology") == "DRAM" else "sram",
                entry.get("entries"),
                entry["word-bits"],
                entry["block-size"],
                read_words_per_cycle=entry.get("read_bandwidth"),
                write_words_per_cycle=entry.get("write_bandwidth"),
                mesh_x=entry["meshX"],
                mesh_y=entry["meshY"],
            )
        )
        (actions,) = (part["actions"] for part in table["tables"] if part["name"] == entry["name"])
        price = {action["name"]: action["energy"] for action in actions}
        prices = (price[f"random_{action}"] for action in ("read", "fill", "update"))
        costs.append(StorageCost(*prices, None))
        hops.append(entry["energy-per-hop"])
    mac = architecture["arithmetic"]
    units = MacArray(mac["word-bits"], mac["meshX"], mac["meshY"])
    return Architecture("machine", tuple(levels), units), Costs(
        tuple(costs), tuple(hops), mac["energy"]
    )


def mapping_of(directives, levels):
    """The mapping; orders are given from the innermost loop, those on X before those on Y."""
    blocks = []
    for level in levels:
        mine = {d["type"]: d for d in directives if d["target"] == level.name}
        loops = {kind: loops_of(mine[kind]) for kind in mine if kind != "bypass"}
        spatial, split = loops.get("spatial", []), mine.get("spatial", {}).get("split", 0)
        blocks.append(
            LevelNest(
                temporal=outermost_first(loops["temporal"]),
                spatial_x=outermost_first(spatial[:split]),
                spatial_y=outermost_first(spatial[split:]),
                keep=frozenset(mine["bypass"].get("keep", [])),
            )
        )
        assert blocks[-1].keep.isdisjoint(mine["bypass"].get("bypass", []))
    return Mapping(tuple(blocks))


def loops_of(directive):
    factors = dict(re.findall(r"([A-Z])([0-9]+)", directive["factors"]))
    return [(dim, int(factors[dim])) for dim in directive["permutation"]]


def outermost_first(loops):
    return tuple((dim, factor) for dim, factor in reversed(loops) if factor > 1)


def stats_text(layer, architecture, evaluation):
    """Statistics as Timeloop lays them out, as far as energies and cycles go."""
    out = ["Buffer and Arithmetic Levels", "-" * 28, "Level 0", "-------", "=== MAC ===", ""]
    out += ["    STATS", "    -----", "    Utilized instances      : 1"]
    out += [f"    Energy (total)          : {evaluation.mac_energy_pj:.2f} pJ"]
    out += ["    Area (total)            : 0.00 um^2", ""]
    for index, level in enumerate(reversed(evaluation.levels), 1):
        out += [f"Level {index}", "-------", f"=== {level.name} ===", "", "    STATS", "    -----"]
        out += [f"    Cycles               : {level.latency_cycles}"]
        for space, result in level.data_spaces.items():
            each = result.energy_pj / level.instances
            out += [f"    {space}:", f"        Energy (per-instance)      : {each:.2f} pJ"]
            out += [f"        Energy (total)                     : {result.energy_pj:.2f} pJ"]
            out += ["        Temporal Reduction Energy (total)  : 0.00 pJ"]
            out += ["        Address Generation Energy (total)  : 0.00 pJ"]
        out += [""]
    out += ["Networks", "--------"]
    for index, level in enumerate(evaluation.levels):
        out += [f"Network {index}", "---------", f"{level.name} <==> inner", "", "    Inputs:"]
        out += [f"        Energy (total)                 : {level.network_energy_pj:.2f} pJ"]
        out += ["        Link transfer energy (total)   : 0.00 pJ"]
        out += ["        Spatial Reduction Energy (total) : 0.00 pJ", ""]
    out += ["", "Operational Intensity Stats", "-" * 27, "    Total ops   : 1", ""]
    out += [f"=== {level.name} ===" for level in evaluation.levels]
    out += ["", "", "Summary Stats", "-" * 13, "GFLOPs (@1GHz): 1.00", "Utilization: 1.00%"]
    out += [f"Cycles: {evaluation.latency_cycles}", f"Energy: {evaluation.energy_pj / 1e6:.2f} uJ"]
    out += [f"EDP(J*cycle): {evaluation.edp_pj_cycles / 1e12:.2e}", "Area: 0.00 mm^2", ""]
    out += [f"Computes = {layer.macs}", "fJ/Compute", "    Total = 1.00", "", ""]
    assert len(architecture.levels) == len(evaluation.levels)
    assert math.isfinite(evaluation.energy_pj)
    return "\n".join(out)


def main(arguments):
    fault = arguments.pop(0) if not arguments[0].endswith(".yaml") else ""
    if fault == "exit":
        sys.exit("ERROR: parsing mapping: nobody knows why")
    if fault == "hang":
        time.sleep(60)
    assert os.environ["TIMELOOP_DISABLE_LINK_TRANSFERS"] == "1"
    # Timeloop reads its files as one.
    data = yaml.safe_load("".join(Path(name).read_text() for name in arguments))
    layer = layer_of(data["problem"])
    architecture, costs = machine_of(data["architecture"], data["ERT"])
    mapping = mapping_of(data["mapping"], architecture.levels)
    evaluation = simulate(layer, architecture, mapping, costs)
    for broken in evaluation.violations:
        where = f"ERROR: couldn't map level {broken.level}"
        sys.exit(f"{where}: mapped {broken.constraint} {broken.value} exceeds {broken.limit}")
    text = stats_text(layer, architecture, evaluation)
    if fault == "garble":
        text = text.replace("Energy (total)", "Energy (all)", 1)
    if fault == "short":
        text = text.partition("Networks")[0]
    if fault == "nan":
        text = re.sub(r"(Energy \(total\) *: )\S+", r"\1-nan", text, count=1)
    if fault != "silent":
        Path(STATS).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])

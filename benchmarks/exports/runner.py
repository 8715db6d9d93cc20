"""Designs of a few layers on three machines, exported, run by each tool, and compared."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bohwsw
from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.exports.accelforge_counts import as_accelforge_counts
from benchmarks.layers import LAYERS as RESNET_LAYERS
from benchmarks.provenance import head
from bohwsw.codesign import Design
from bohwsw.errors import SpecError
from bohwsw.exporters import export_design
from bohwsw.workload import Layer

MACHINES = ("eyeriss-168", "simba-like", "edge-tpu-like")
LAYERS = (
    Layer("resnet18-conv1", K=64, C=3, P=112, Q=112, R=7, S=7, stride_w=2, stride_h=2),
    RESNET_LAYERS["resnet18-conv2"],
    RESNET_LAYERS["resnet18-conv4"],
    Layer("mobilenetv2-depthwise", G=96, P=56, Q=56, R=3, S=3, stride_w=2, stride_h=2),
    Layer("mobilenetv2-project", K=24, C=96, P=56, Q=56),
    Layer("matmul", P=128, C=256, K=512),
)
QUICK_LAYERS = ("matmul",)
TOOLS = ("accelforge", "zigzag", "stream")
SECONDS = 300.0
EVALUATIONS = 3000
EQUAL = 1e-6

WHY = {
    "accelforge": (
        "`by their rules` is theirs by our figure with the rules of AccelForge in place of ours,"
        " counted from the exported files by `benchmarks/exports/accelforge_counts.py`. No switch"
        " of AccelForge turns these off; the two that there are (`skip_initial_output_write`, and"
        " time as the longer of reads and writes) are set to what we count.",
        "An output is read once more when it leaves a level: `outputs that leave`, as a share of"
        " our energy.",
        "Where windows overlap, inputs that tiles share are fetched for each tile, in time and over"
        " space: `windows, blocks`, together with the next.",
        "Parts of blocks are counted pro rata; we count whole blocks.",
        "A tile that stays inside a fan-out while one outside it changes is fetched again: in"
        " `windows, blocks`, too.",
        "Cycles of a memory have all of these in them.",
    ),
    "zigzag": (
        "It assigns loops to memories itself; only their order is ours.",
        "Innermost data that does not change stays at the ports: fewer reads than ours, which are"
        " one each cycle.",
        "Hops and separate prices of fills are not in its files.",
        "Its cycles have the first fill and the last drain in them.",
    ),
    "stream": (
        "Loops inside a core are its own, so figures are those of another mapping on our cores.",
        "Its energy is that of the cores; the off-chip memory is not in it.",
        "Its cycles have transfers from and to the off-chip memory in them, tile after tile.",
        "Where its ZigZag finds no order of the loops it falls back to ideal cycles, and tells no"
        " energy.",
    ),
}
"""Why a tool's figures are not ours."""


def run(quick: bool, log: Log, pythons: Mapping[str, str]) -> Results:
    """Export, run and compare.

    Args:
        quick: one layer instead of all.
        log: where to report progress.
        pythons: the interpreter of each tool that is there.
    """
    rows: list[Row] = []
    for machine in MACHINES:
        for layer in LAYERS:
            if quick and layer.name not in QUICK_LAYERS:
                continue
            log(f"{layer.name} on {machine}")
            design = bohwsw.map_layer(layer, machine, mapper="random", evaluations=EVALUATIONS)
            for tool, python in pythons.items():
                rows.append({"machine": machine, "layer": layer.name, "tool": tool})
                rows[-1].update(compared(design, tool, python))
    return {
        **head("exports", quick),
        "tools": list(pythons),
        "rows": rows,
    }


def compared(design: Design, tool: str, python: str) -> Row:
    """What a tool says of an exported design of one layer, beside what we say."""
    row: Row = dict.fromkeys(("their_energy_pj", "their_latency_cycles", "failure"))
    try:
        energy, cycles = figures(design, tool, python)
        row |= {"their_energy_pj": energy or None, "their_latency_cycles": cycles}
    except (subprocess.SubprocessError, ValueError, SpecError) as error:
        row["failure"] = " ".join(str(error).split())[:200]
    row |= {"energy_pj": design.energy_pj, "latency_cycles": design.latency_cycles}
    if tool == "accelforge" and row["failure"] is None:
        row |= by_their_rules(design, row)
    row["energy_ratio"] = _ratio(row["their_energy_pj"], design.energy_pj)
    row["latency_ratio"] = _ratio(row["their_latency_cycles"], design.latency_cycles)
    return row


def figures(design: Design, tool: str, python: str) -> tuple[float, float]:
    """Energy (pJ) and latency (cycles) that the script of an export prints.

    Raises:
        ValueError: it prints no figures; has its last line.
        subprocess.TimeoutExpired: it took too long.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = export_design(design, tool, Path(place) / "out")
        (layer,) = (x for x in folder.iterdir() if x.is_dir())
        alone = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(
            [python, "run.py", layer.name],
            cwd=folder,
            env=alone,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    words = (done.stdout.strip().splitlines() or [""])[-1].split()
    if done.returncode or words[:1] != ["energy_pj"]:
        raise ValueError((done.stderr.strip().splitlines() or ["no output"])[-1])
    return float(words[1]), float(words[3])


def by_their_rules(design: Design, row: Row) -> Row:
    """Their figures by ours with AccelForge's rules, and what the rules add to our energy."""
    energy_pj, cycles = as_accelforge_counts(design)
    leaving_pj = leaving_outputs_pj(design)
    return {
        "energy_ratio_by_their_rules": _ratio(row["their_energy_pj"], energy_pj),
        "latency_ratio_by_their_rules": _ratio(row["their_latency_cycles"], cycles),
        "leaving_outputs": leaving_pj / design.energy_pj,
        "windows_and_blocks": round((energy_pj - leaving_pj) / design.energy_pj - 1.0, 9) + 0.0,
    }


def leaving_outputs_pj(design: Design) -> float:
    """Energy (pJ) of a read of each output that leaves a level below the outermost."""
    (mapped,) = design.layers
    architecture = design.hardware.architecture
    energy = 0.0
    for index, level in enumerate(mapped.evaluation.levels):
        found = level.data_spaces.get("Outputs")
        if index and found is not None:
            leaving = level.instances * (found.fills + found.updates - found.reads)
            block = architecture.levels[index].block_size
            energy += leaving * design.hardware.costs.storage[index].read_pj / block
    return energy


def _ratio(theirs: float | None, ours: float) -> float | None:
    return None if theirs is None else theirs / ours


def equal(row: Row, key: str) -> bool:
    """Whether a ratio is 1 to within 1e-6."""
    return row[key] is not None and abs(row[key] - 1.0) <= EQUAL


def markdown(results: Results) -> str:
    """The results as a page."""
    page = heading("Exported designs, run by the tools they are exported to", results)
    page += (
        "\nOne random-search mapping of each layer, written by `bohwsw export` and run by the"
        " script in its folder. A ratio is their figure by ours.\n"
    )
    for tool in results["tools"]:
        rows = [row for row in results["rows"] if row["tool"] == tool]
        page += f"\n## {tool}\n\n" + _summary(tool, rows)
        page += "".join(f"- {line}\n" for line in WHY[tool])
        columns: dict[str, Any] = {
            "machine": "machine",
            "layer": "layer",
            "energy_pj": "our energy (pJ)|.4g",
            "their_energy_pj": "theirs (pJ)|.4g",
            "energy_ratio": "ratio|.4f",
        }
        if tool == "accelforge":
            columns |= {
                "leaving_outputs": "outputs that leave|.2%",
                "windows_and_blocks": "windows, blocks|.2%",
                "energy_ratio_by_their_rules": "ratio by their rules|.7f",
            }
        columns |= {
            "latency_cycles": "our latency (cycles)|,",
            "their_latency_cycles": "theirs (cycles)|,.0f",
            "latency_ratio": "ratio |.4f",
        }
        if tool == "accelforge":
            columns["latency_ratio_by_their_rules"] = "ratio by their rules |.7f"
        columns["failure"] = "failure"
        page += "\n" + table(rows, columns)
    return page


def _summary(tool: str, rows: list[Row]) -> str:
    ran = [row for row in rows if row["failure"] is None]
    text = f"{len(ran)} of {len(rows)} designs are read and run."
    if tool == "accelforge":
        keys = ("energy_ratio", "latency_ratio")
        ours, theirs = (
            [sum(equal(row, key + end) for row in ran) for key in keys]
            for end in ("", "_by_their_rules")
        )
        text += (
            f" To 1e-6 {ours[0]} are equal in energy and {ours[1]} in latency; with the rules below"
            f" in place of ours {theirs[0]} in energy and {theirs[1]} in latency."
        )
    return text + " Why figures differ:\n\n"

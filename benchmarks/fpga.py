"""FPGA models beside logged cases and brute force: ``python -m benchmarks.fpga``."""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import provenance
from bohwsw import load_network
from bohwsw.codesign import engines_of, run_on_fpga
from bohwsw.errors import SpecError
from bohwsw.tech import (
    ConvolutionEngine,
    FixedPoint,
    best_partition,
    groups_usage,
    load_board,
    lu2019_usage,
)

LOGGED = Path(__file__).parents[1] / "tests/data/fpga/lu2019_logged.json"
MOST_LUTS = (30_000, 100_000)


def engine_of(row: Row) -> ConvolutionEngine:
    """The engine of a logged layer, its rows and columns as logged."""
    activation, result, weight = (FixedPoint(row[f"B{x}i"], row[f"B{x}f"]) for x in "iow")
    return ConvolutionEngine(
        inputs=row["N"],
        outputs=row["M"],
        rows=row["R"],
        columns=row["C"],
        filter_height=row["Kh"],
        filter_width=row["Kw"],
        activation=activation,
        result=result,
        weight=weight,
        tn=row["Tn"],
        tm=row["Tm"],
    )


def corrected_engine(row: Row) -> ConvolutionEngine:
    """The same with the rows and columns of the output."""
    engine = engine_of(row)
    return replace(
        engine,
        rows=(row["R"] - row["Kh"]) // row["stride_h"] + 1,
        columns=(row["C"] - row["Kw"]) // row["stride_w"] + 1,
    )


def logged_layers() -> Row:
    """How many logged layers the published model gives, and how many the corrected one changes."""
    rows = [row for x in json.loads(LOGGED.read_text())["networks"] for row in x["layers"]]
    equal = luts = cycles = 0
    for row in rows:
        published = lu2019_usage(engine_of(row), as_published=True)
        equal += (published.luts, published.cycles) == (row["luts"], row["cycles"])
        try:
            corrected = lu2019_usage(corrected_engine(row))
        except SpecError:  # an operand of no bits
            continue
        luts += corrected.luts != row["luts"]
        cycles += corrected.cycles != row["cycles"]
    return {"layers": len(rows), "equal": equal, "luts": luts, "cycles": cycles}


def partitions(instances: int) -> Row:
    """Random networks of two to four small layers: the partition beside all of them."""
    equal, several, began = 0, 0, time.process_time()
    for seed in range(instances):
        draw = random.Random(seed)
        layers = _random_layers(draw, draw.randint(2, 4))
        usages = [
            [
                lu2019_usage(replace(layer, tn=tn, tm=tm))
                for tn in range(1, layer.inputs + 1)
                for tm in range(1, layer.outputs + 1)
            ]
            for layer in layers
        ]
        every = [
            groups_usage([[choice[i] for i in group] for group in cut])
            for cut in _cuts(len(layers))
            for choice in itertools.product(*usages)
        ]
        most = draw.choice(sorted(usage.luts for usage in every)[len(every) // 20 :])
        least = min((x.cycles, x.luts) for x in every if x.luts <= most)
        found = best_partition(layers, most)
        equal += (found.cycles, found.luts) == least
        several += len(found.groups) > 1
    seconds = (time.process_time() - began) / instances
    return {"instances": instances, "equal": equal, "several": several, "seconds": seconds}


def _random_layers(draw: random.Random, count: int) -> list[ConvolutionEngine]:
    found, maps = [], draw.randint(1, 3)
    for _ in range(count):
        a, b, c = (FixedPoint(draw.randint(1, 3), draw.randint(0, 3)) for _ in range(3))
        outputs, size = draw.randint(1, 3), draw.randint(1, 6)
        found.append(ConvolutionEngine(maps, outputs, size, size, 3, 3, a, b, c, 1, 1))
        maps = outputs
    return found


def _cuts(n: int) -> list[list[list[int]]]:
    """All ways to cut layers in turn into groups."""
    if n == 0:
        return [[]]
    return [[*cut, list(range(k, n))] for k in range(n) for cut in _cuts(k)]


def whole_networks() -> list[Row]:
    """The logged networks on the corrected model: the best partition for each number of LUTs."""
    rows = []
    for number, network in enumerate(json.loads(LOGGED.read_text())["networks"], start=1):
        layers = [corrected_engine(row) for row in network["layers"]]
        row: Row = {"network": number, "logged": network["images_per_s"]}
        for most in MOST_LUTS:
            try:
                found = best_partition(layers, most)
            except SpecError:
                row |= {f"images_{most}": None, f"groups_{most}": None}
                continue
            row |= {f"images_{most}": 1e8 / found.cycles, f"groups_{most}": len(found.groups)}
        rows.append(row)
    return rows


def resnet18(quick: bool) -> list[Row]:
    """ResNet-18 on the ZCU102: the fastest engine of a grid, with HotNAS's knobs one by one."""
    network, board = load_network("resnet18"), load_board("zcu102")
    ports = [(p, i, 32 - p - i) for p in (8, 12, 16, 18, 22) for i in (4, 6, 8) if p + i < 32]
    tiles = [(m, n) for m in (32, 64, 100, 128, 160) for n in (8, 14, 16, 24, 32)]
    planes: tuple[int, ...] = (7, 14, 28)
    if quick:
        ports, tiles, planes = ports[::8], tiles[::8], planes[1:2]
    rows = []
    for name, options in (
        ("as it is", {}),
        ("weights of 8 bits", {"weight_bits": 8}),
        ("4 of 9 weights kept", {"kept_of_3x3": 4}),
        ("both", {"weight_bits": 8, "kept_of_3x3": 4}),
    ):
        best: dict[str, Any] | None = None
        for (tm, tn), plane, (weight, into, out) in itertools.product(tiles, planes, ports):
            sizes = {"tm": tm, "tn": tn, "tr": plane, "tc": plane, "weight_port": weight}
            engine, _ = engines_of({**sizes, "input_port": into, "output_port": out})
            found = run_on_fpga(network, board, engine, **options)  # type: ignore[arg-type]
            if found["valid"] and (best is None or found["cycles"] < best["cycles"]):
                best = {**found, "engine": f"{tm} x {tn}, {plane} x {plane}, {weight}/{into}/{out}"}
        if best is not None:
            binds = ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in best["binds"].items())
            kept = {key: best[key] for key in ("latency_ms", "engine", "dsps", "bram18")}
            rows.append({"knobs": name, **kept, "binds": binds})
    return rows


def run(quick: bool, log: Log) -> Results:
    """All parts."""
    results: Results = {
        "benchmark": "fpga",
        "quick": quick,
        "provenance": provenance(),
        "logged": logged_layers(),
        "partitions": partitions(10 if quick else 100),
        "networks": whole_networks(),
    }
    log("partitions are done")
    return {**results, "resnet18": resnet18(quick)}


def markdown(results: Results) -> str:
    """The results as a page."""
    logged, cut = results["logged"], results["partitions"]
    page = heading("FPGA resources and cycles", results)
    page += (
        f"\n`lu2019` as published: {logged['equal']} of {logged['layers']} logged layers equal in "
        f"LUTs and cycles. Corrected, the LUTs of {logged['luts']} of them differ, and the cycles "
        f"of {logged['cycles']}.\n"
        f"\nPartitions of two to four layers into groups, with tiles: {cut['equal']} of "
        f"{cut['instances']} equal to brute force ({cut['several']} of several groups).\n"
        "\nImages a second of the logged networks: as logged (100,000 LUTs, published model), and "
        "of the best partition on the corrected model:\n\n"
    )
    columns = {"network": "network", "logged": "as logged|,.0f"}
    for most in MOST_LUTS:
        columns[f"images_{most}"] = f"{most:,} LUTs|,.0f"
        columns[f"groups_{most}"] = "groups"
    page += table(results["networks"], columns)
    page += (
        "\nResNet-18 on the ZCU102 by `hotnas2020`, 100 MHz: the fastest engine of a grid "
        "(Tm x Tn, Tr x Tc, words of the ports for weights, inputs, outputs), and what binds how "
        "many layers:\n\n"
    )
    return page + table(
        results["resnet18"],
        {
            "knobs": "network",
            "latency_ms": "ms|.2f",
            "engine": "engine",
            "dsps": "DSPs",
            "bram18": "memories",
            "binds": "binds",
        },
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command("fpga", "FPGA models beside logged cases", run, markdown, arguments)


if __name__ == "__main__":
    sys.exit(main())

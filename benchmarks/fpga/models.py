"""The models beside logged cases, and partitions beside brute force."""

from __future__ import annotations

import itertools
import json
import random
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.command import Row
from bohwsw.errors import SpecError
from bohwsw.tech import (
    ConvolutionEngine,
    FixedPoint,
    best_partition,
    groups_usage,
    lu2019_usage,
)

LOGGED = Path(__file__).parents[2] / "tests/data/fpga/lu2019_logged.json"
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


def partitions(instances: int, least: int = 2, most_layers: int = 4, maps: int = 3) -> Row:
    """Random networks of a few small layers: the partition beside all of them."""
    equal, several, began = 0, 0, time.process_time()
    for seed in range(instances):
        draw = random.Random(seed)
        layers = _random_layers(draw, draw.randint(least, most_layers), maps)
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
        wanted = min((x.cycles, x.luts) for x in every if x.luts <= most)
        found = best_partition(layers, most)
        equal += (found.cycles, found.luts) == wanted
        several += len(found.groups) > 1
    seconds = (time.process_time() - began) / instances
    return {"instances": instances, "equal": equal, "several": several, "seconds": seconds}


def _random_layers(draw: random.Random, count: int, most: int) -> list[ConvolutionEngine]:
    found, maps = [], draw.randint(1, min(most, 3))
    for _ in range(count):
        a, b, c = (FixedPoint(draw.randint(1, 3), draw.randint(0, 3)) for _ in range(3))
        outputs, size = draw.randint(1, most), draw.randint(1, 6)
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

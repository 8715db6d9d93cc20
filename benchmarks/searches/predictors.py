"""Figures of predictors: latency tables (HSCoNAS), NN-Degree (FLASH), named terms (FOX-NAS).

Errors are root mean squares on networks that a fit has not seen.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

import bohwsw
from benchmarks.command import Row
from benchmarks.searches.foxnas import ACCURACY, DOMAINS, STAGES, predicted
from benchmarks.searches.problems import problem
from benchmarks.searches.run import search
from bohwsw.accuracy import (
    LatencyTable,
    LinearPredictor,
    cell_degree,
    fit_degree,
    fit_table,
    fit_terms,
    measured_rows,
    network_degree,
)
from bohwsw.arrays import Values
from bohwsw.codesign import load_space
from bohwsw.space import Point
from bohwsw.workload import layer_key, load_model

Points = list[Point]

DEVICES = ("eyeriss", "fpga", "pixel3", "raspi4")
TABLE_ROWS, DEGREE_ROWS = 100, 25
OFA_CHANNELS = (24, 40, 80, 112, 160)
NODES = 4
"""Of a cell of NAS-Bench-201."""


def latency_table(seeds: int, _: Path | None) -> Row:
    """NAS-Bench-201's devices from 100 networks, an entry for each operator wherever it stands.

    Errors in percent of the mean latency, their means over seeds; beside the table those without a
    base, with entries for each edge, and with operators whose result is lost taken for none.
    """
    rows: Row = {"networks": TABLE_ROWS, "seeds": seeds}
    for device in DEVICES:
        figure = f"{device}_latency_ms"
        points, values = measured_rows("nas-bench-201", figure)
        kinds: dict[str, tuple[Points, dict[str, Any]]] = {
            "": (points, {"parts": ["edge_*"]}),
            "_no_base": (points, {"parts": ["edge_*"], "base": False}),
            "_by_edge": (points, {}),
            "_lost_none": ([without_lost(point) for point in points], {"parts": ["edge_*"]}),
        }
        for name, (own, options) in kinds.items():
            found = [_table_error(figure, own, np.array(values), s, options) for s in range(seeds)]
            rows[f"{device}{name}"] = float(np.mean([error for error, _ in found]))
            if not name:
                rows[f"{device}_worst"] = max(error for error, _ in found)
                rows[f"{device}_rank"] = float(np.mean([rank for _, rank in found]))
    return rows


def without_lost(point: Point) -> Point:
    """A cell of NAS-Bench-201 with ``none`` for operators whose result reaches no output."""
    reaching = {NODES - 1}
    for node in reversed(range(NODES - 1)):
        if any(point[f"edge_{node}_{k}"] != "none" for k in reaching if k > node):
            reaching.add(node)
    return {k: x if int(k.rpartition("_")[2]) in reaching else "none" for k, x in point.items()}


def _table_error(
    figure: str, points: Points, values: Values, seed: int, options: dict[str, Any]
) -> tuple[float, float]:
    """Percent of the mean that a table from some networks is off on all others; their ranks."""
    order = np.random.default_rng(seed).permutation(len(points))
    own, rest = order[:TABLE_ROWS], order[TABLE_ROWS:]
    chosen = [points[k] for k in own]
    table = fit_table(figure, chosen, values[own].tolist(), free=["none"], **options)
    found = np.array([table(points[k]) for k in rest])
    off = float(np.sqrt(((found - values[rest]) ** 2).mean()))
    return 100.0 * off / values.mean(), float(spearmanr(found, values[rest]).statistic)


def simulator_table(networks: int, _: Path | None) -> Row:
    """Our simulator's figures of networks, each mapped by itself, and sums of a table of layers.

    Networks of digits-cnn on Eyeriss-168, mapped for latency to the proven optimum.
    """
    model, space = load_model("digits-cnn"), load_space("eyeriss-168")
    assert model.space is not None
    points = model.space.sample(networks + 1, np.random.default_rng(0))
    designs = [
        bohwsw.map_network(space, model.network(p), objective="latency", gap=0.0, threads=1)
        for p in points
    ]
    layers = [mapped for design in designs for mapped in design.layers]
    entries = {layer_key(x.entry.layer): float(x.latency_cycles / x.entry.count) for x in layers}
    table = LatencyTable("latency_cycles", entries)
    sums = [table(point, model.network(point)) for point in points]
    off = [abs(design.latency_cycles - s) for design, s in zip(designs, sums, strict=True)]
    gaps = [design.gap("latency") for design in designs]
    return {"networks": len(points), "layers": len(entries), "off": max(off), "gap": max(gaps)}


def nn_degree(seeds: int, file: Path | None, most: int | None = None) -> Row:
    """Accuracies of Once-for-All's table from 25 of its networks; literal formula, by depth, MACs.

    Also ranks where kernels and operators vary: digits-cnn, and NAQS's 6,804 CNNs if a file of
    them is given. ``most`` networks of each are looked at.
    """
    points, values = _some("ofa-mobilenet-v3", most)
    supernet, digits = load_model("ofa-mobilenet-v3"), load_model("digits-cnn")
    networks = [supernet.network(point) for point in points]
    ways = {
        "by_depth": [network_degree(network) for network in networks],
        "literal": [network_degree(network, weighted=False) for network in networks],
        "macs": [float(network.macs) for network in networks],
    }
    rows: Row = {"samples": DEGREE_ROWS, "networks": len(points), "seeds": seeds}
    for name, degrees in ways.items():
        errors = [_degree_error(np.array(degrees), values, seed) for seed in range(seeds)]
        rows |= {f"{name}_rmse": float(np.mean(errors)), f"{name}_worst": max(errors)}
        rows[f"{name}_rank"] = float(spearmanr(degrees, values).statistic)
    for name, weighted in (("stages_by_depth", True), ("stages_literal", False)):
        degrees = [ofa_degree(point, weighted=weighted) for point in points]
        rows[f"{name}_rank"] = float(spearmanr(degrees, values).statistic)
    points, values = _some("digits-cnn", most)
    found = [network_degree(digits.network(point)) for point in points]
    rows["digits_rank"] = float(spearmanr(found, values).statistic)
    if file is not None and file.suffix == ".gz":
        with gzip.open(file, "rt") as stream:
            trained = json.load(stream)
        for name in sorted({own["set"] for own in trained}):
            own = [x for x in trained if x["set"] == name]
            degrees = [_chain_degree(x["layers"]) for x in own]
            rank = float(spearmanr(degrees, [x["acc"] for x in own]).statistic)
            rows[f"naqs_rank: {name}"] = rank
    return rows


def _some(table: str, most: int | None) -> tuple[Points, Values]:
    points, values = measured_rows(table, "accuracy_percent")
    chosen = np.random.default_rng(0).permutation(len(points))[:most]
    return [points[k] for k in chosen], np.array(values)[chosen]


def _degree_error(degrees: Values, values: Values, seed: int) -> float:
    order = np.random.default_rng(seed).permutation(len(values))
    own, rest = order[:DEGREE_ROWS], order[DEGREE_ROWS:]
    curve = fit_degree(degrees[own].tolist(), values[own].tolist())
    off = np.array([curve(degree) for degree in degrees[rest]]) - values[rest]
    return float(np.sqrt((off**2).mean()))


def ofa_degree(point: Point, *, weighted: bool) -> float:
    """With the five stages as cells, channels times mean expansion as width, blocks as depth."""
    total = 0.0
    for stage, channels in enumerate(OFA_CHANNELS, start=1):
        depth = int(point[f"depth_{stage}"])
        expansions = [float(point[f"expand_{stage}_{block + 1}"]) for block in range(depth)]
        width, links = channels * float(np.mean(expansions)), (depth - 1.0) * channels
        total += cell_degree(width, float(depth), links, weighted=weighted)
    return total


def _chain_degree(layers: Sequence[Mapping[str, Any]]) -> float:
    """Of a chain without links; layers that make images of one size are a cell."""
    cells: dict[tuple[int, int], list[float]] = {}
    height = width = 1.0
    for layer in layers:
        height, width = height / layer.get("stride_height", 1), width / layer.get("stride_width", 1)
        cells.setdefault((round(1 / height), round(1 / width)), []).append(layer["num_filters"])
        height, width = height / layer.get("pool_size", 1), width / layer.get("pool_size", 1)
    return sum(cell_degree(float(np.mean(own)), float(len(own)), 0.0) for own in cells.values())


FOXNAS_ROWS = 300
NOISE = 0.25
"""Points of accuracy, about what FOX-NAS's own rows miss its terms by."""


def linear_terms(seeds: int, file: Path | None, most: int | None = None) -> Row:
    """FOX-NAS's terms: five folds on its 300 rows if a file of them is given; else on two others.

    Those are Once-for-All's table, and 300 networks of FOX-NAS's own polynomial with noise, where
    it is known what the coefficients should be.
    """
    if file is not None and file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as stream:
            rows = [_foxnas_point(row) for row in csv.DictReader(stream)]
        found: Row = {"rows": len(rows)}
        for figure, terms in (("acc", foxnas_terms()), ("latency", foxnas_terms(latency=True))):
            own = [row[figure] for row in rows]
            found |= _errors(figure, fit_terms(figure, terms, rows, own))
            plain = fit_terms(figure, [t for t in terms if "*" not in t], rows, own)
            found[f"{figure}_without_interactions"] = plain.error
        return found
    points, values = _some("ofa-mobilenet-v3", most)
    known = values.tolist()
    found = {"ofa_rows": len(points)}
    found |= _errors("ofa", fit_terms("accuracy_percent", ofa_terms(), points, known))
    plain = fit_terms("accuracy_percent", ofa_terms(interactions=False), points, known)
    found["ofa_without_interactions"] = plain.error
    held, errors = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        drawn = problem("foxnas").space.sample(FOXNAS_ROWS, rng)
        noisy = [100.0 - predicted(p)[0] + rng.normal(0.0, NOISE) for p in drawn]
        fitted = fit_terms("accuracy", foxnas_terms(), drawn, noisy)
        true = ACCURACY.T.ravel()
        pairs = zip(fitted.coefficients[1:], true, strict=True)
        held += [c.low <= x <= c.high for c, x in pairs]
        errors.append(fitted.error)
    noisy_error = float(np.mean(errors))
    return {**found, "noise": NOISE, "noisy_error": noisy_error, "held": float(np.mean(held))}


def _errors(name: str, fitted: LinearPredictor) -> Row:
    sure = [own for own in fitted.coefficients[1:] if not own.low <= 0.0 <= own.high]
    longest = max(sure, key=lambda own: abs(own.value) * own.span, default=fitted.coefficients[0])
    return {
        f"{name}_error": fitted.error,
        f"{name}_deviation": fitted.deviation,
        f"{name}_terms": len(fitted.coefficients) - 1,
        f"{name}_told": len(sure),
        f"{name}_most": longest.sentence(name),
    }


def foxnas_terms(*, latency: bool = False) -> list[str]:
    """The terms of its polynomials, stage by stage, in the order of their coefficients."""
    terms = []
    for stage in STAGES:
        depth, expand, kernel, *_ = [f"{name}_{stage}" for name in DOMAINS]
        terms += [f"{name}_{stage}" for name in DOMAINS]
        if latency:
            terms += [f"{depth} * {expand}", f"{depth} * {kernel}"]
        else:
            terms += [f"({depth} - 1) * {expand}", f"{depth} * ({depth} - 1) * {expand}"]
            terms += [f"{depth} * {kernel}"]
    return terms


def _foxnas_point(row: Mapping[str, str]) -> dict[str, float]:
    """A row of the authors' file under the names of the problem's knobs."""
    found = {"acc": float(row["acc"]), "latency": float(row["latency"])}
    for before, stage in zip((16, *STAGES), STAGES, strict=False):
        first = (f"tot_e_{before}_{stage}", f"tot_k_{before}_{stage}")
        columns = (f"tot_{stage}", f"avg_e_{stage}", f"avg_k_{stage}", *first)
        found |= {f"{n}_{stage}": float(row[c]) for n, c in zip(DOMAINS, columns, strict=True)}
    return found


def ofa_terms(*, interactions: bool = True) -> list[str]:
    """Depths, first expansions and kernels, means over later blocks; those times the depth."""
    terms = []
    for stage in range(1, 6):
        depth = f"depth_{stage}"
        terms += [depth]
        for knob in ("expand", "kernel"):
            name = f"{knob}_{stage}"
            rest = f"{name}_2 + min(1, {depth} - 2) * {name}_3 + max(0, {depth} - 3) * {name}_4"
            terms += [f"{name}_1", f"({rest}) / ({depth} - 1)"]
            terms += [f"{depth} / ({depth} - 1) * ({rest})"] if interactions else []
    return terms


SEARCH_TRIALS = 100


def shgo_degree(seeds: int, _: Path | None) -> Row:
    """FOX-NAS's polynomial at 55 ms in 100 trials: SHGO with NN-Degree, literal, and without."""
    subject = problem("foxnas")
    stages = [[f"{name}_{stage}" for name in DOMAINS] for stage in STAGES]
    ways: dict[str, dict[str, Any]] = {"without": {}}
    for name, weighted in (("by_depth", True), ("literal", False)):
        ways[name] = {"degree": partial(_foxnas_degree, weighted=weighted)}
    rows: Row = {"trials": SEARCH_TRIALS, "seeds": seeds}
    for name, options in ways.items():
        runs = [
            search(subject, "shgo", seed, SEARCH_TRIALS, stage=stages, **options)
            for seed in range(seeds)
        ]
        rows[name] = 100.0 - float(np.median([run.best for run in runs]))
        rows[f"{name}_trainings"] = float(np.mean([run.trainings for run in runs]))
    return rows


def _foxnas_degree(stage: int, codes: Values, *, weighted: bool) -> Values:
    """What a stage of FOX-NAS's networks adds to NN-Degree, at relaxed codes."""
    columns = zip(codes.T, DOMAINS.values(), strict=True)
    values = [np.interp(own, np.arange(len(domain)), domain) for own, domain in columns]
    depth, expand, _, first_expand, _ = values
    width = ((depth - 1) * expand + first_expand) / depth * STAGES[stage]
    return cell_degree(width, depth, (depth - 1) * STAGES[stage], weighted=weighted)


PREDICTORS: dict[str, Callable[[int, Path | None], Row]] = {
    "latency_table": latency_table,
    "simulator_table": simulator_table,
    "nn_degree": nn_degree,
    "linear_terms": linear_terms,
    "shgo_degree": shgo_degree,
}

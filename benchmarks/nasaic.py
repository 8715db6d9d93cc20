"""NASAIC's experiment on our tables: ``python -m benchmarks.nasaic``.

Two networks with knobs and a chip of two or three cores, under specs on each latency, the energy
and the area: searched together, or the most accurate networks first and then a chip for them, as
in Yang et al., DAC 2020 (arXiv:2002.04116), section V.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from bohwsw import codesign_chip
from bohwsw.accuracy import TableSource
from bohwsw.chips import ChipSpace, load_chip_space
from bohwsw.errors import NoValidMappingError
from bohwsw.study import CodesignResult
from bohwsw.workload import load_model

SPACE = Path(__file__).parents[1] / "spaces/chips/nasaic.yaml"
SEEDS = 5
TRIALS, QUICK_TRIALS, EVALUATIONS = 12, 6, 100
ACCURACY = "accuracy_percent"


def most_accurate(path: str) -> dict[str, Any]:
    """The knobs of the most accurate network of a table."""
    source = TableSource(path)
    rows = {key: row[0][ACCURACY] for key, row in source.rows.items() if row is not None}
    best = max(rows, key=lambda key: rows[key])
    return dict(zip(source.keys, best, strict=True))


def at_their_best(chips: ChipSpace) -> ChipSpace:
    """The same chips and specs with the most accurate network of each table, and no other."""
    networks = {}
    for name, spec in chips.spec.networks.items():
        assert spec.accuracy is not None
        knobs = {**most_accurate(spec.accuracy["path"]), **spec.knobs}
        networks[name] = spec.model_copy(update={"knobs": knobs})
    return replace(chips, spec=chips.spec.model_copy(update={"networks": networks}))


def start_of(chips: ChipSpace, joint: bool) -> dict[str, Any]:
    """The point that both ways try first: two row-stationary cores as their file has them.

    Searched together, the ImageNet network is the least of its space there.
    """
    core = {"template": "eyeriss-like", "mesh_x": 16, "mesh_y": 16, "buffer_kb": 128}
    core["dram_bits_per_cycle"] = 64
    found = {f"{name}_{key}": x for name in ("first", "second") for key, x in core.items()}
    found |= {f"third_{key}": x for key, x in core.items()} | {"third_template": "none"}
    for name in chips.spec.networks if joint else ():
        for knob, spec in load_model(name).spec.knobs.items():
            if spec.values is not None and knob != "resolution":
                found[f"{name.replace('-', '_')}_{knob}"] = min(spec.values)
    return found


def specs_of(chips: ChipSpace) -> dict[str, float]:
    """The specs by what trials call the figures; the area is kept to by every chip."""
    found = {name: limit for name, limit in chips.spec.limits.items() if name != "area_mm2"}
    for network, spec in chips.spec.networks.items():
        prefix = network.replace("-", "_")
        found |= {f"{prefix}_{name}": limit for name, limit in spec.limits.items()}
    return found


def broken(specs: Mapping[str, float], measured: Mapping[str, float]) -> dict[str, float]:
    """By how many times figures are over their specs, those that are."""
    ratios = {name: measured[name] / limit for name, limit in specs.items()}
    return {name: ratio for name, ratio in ratios.items() if ratio > 1.0}


def row_of(method: str, seed: int, result: CodesignResult, clock_mhz: float) -> Row:
    """What a search that met the specs ended with."""
    best = result.best
    accuracies = {x.name: x.measured[ACCURACY] for x in best.networks}
    each = {
        name: figures["latency_cycles"] / clock_mhz * 1e-3
        for name, figures in result.found.networks.items()
    }
    return {
        "method": method,
        "seed": seed,
        "met": True,
        "accuracies": accuracies,
        "mean": sum(accuracies.values()) / len(accuracies),
        "latencies_ms": each,
        "energy_mj": best.energy_pj * 1e-9,
        "area_mm2": best.area_mm2,
        "over": "",
    }


def searched(method: str, chips: ChipSpace, seed: int, quick: bool) -> Row:
    """One search; where no chip meets the specs, the one that is least over the worst of them."""
    joint = method == "joint"
    kept: list[dict[str, float]] = []
    began = time.process_time()
    try:
        result = codesign_chip(
            chips,
            objective="accuracy" if joint else "edp",
            trials=QUICK_TRIALS if quick else TRIALS,
            evaluations=100 if quick else EVALUATIONS,
            strategy_name="reusing" if joint else "bayesian",
            start=[start_of(chips, joint)],
            strategy_options={"n_initial": 4 if quick else 6},
            seed=seed,
            progress=lambda _phase, _done, _of, trial: (
                kept.append(dict(trial.outcome.metrics)) if trial and trial.outcome else None
            ),
        )
        row = row_of(method, seed, result, result.best.hardware.clock_mhz or 1.0)
    except NoValidMappingError:
        specs = specs_of(chips)
        overs = [broken(specs, x) for x in kept if specs.keys() <= x.keys()]
        least = min(overs, key=lambda over: max(over.values(), default=0.0))
        told = ", ".join(f"{name} {ratio:.2f} times" for name, ratio in least.items())
        row = {"method": method, "seed": seed, "met": False, "over": told, "mean": None}
        row |= {"latencies_ms": {}, "energy_mj": None, "area_mm2": None, "accuracies": {}}
    return {**row, "seconds": time.process_time() - began}


def run(quick: bool, log: Log) -> Results:
    """Both ways, seed by seed."""
    chips = load_chip_space(SPACE)
    first = at_their_best(chips)
    best = {
        name: TableSource(name).measure({**spec.knobs})
        for name, spec in first.spec.networks.items()
    }
    rows = []
    for seed in range(1 if quick else SEEDS):
        for method, space in (("joint", chips), ("network-first", first)):
            rows.append(searched(method, space, seed, quick))
            log(f"{method}, seed {seed}: {rows[-1]['mean'] or rows[-1]['over']}")
    return {
        **head("nasaic", quick),
        "trials": QUICK_TRIALS if quick else TRIALS,
        "specs": {**specs_of(chips), "area_mm2": chips.spec.limits["area_mm2"]},
        "most_accurate": {name: found.figures[ACCURACY] for name, found in best.items()},
        "rows": rows,
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    page = heading("Networks and a chip of several cores under specs", results)
    specs = ", ".join(f"{name} at most {limit:g}" for name, limit in results["specs"].items())
    best = ", ".join(f"{name} {x:.2f} %" for name, x in results["most_accurate"].items())
    page += (
        "\nA CIFAR-10 network of NAS-Bench-201 (accuracy after 12 epochs) and an ImageNet network "
        "of Once-for-All's space (rows of its table, else a linear model of them) side by side on "
        f"two or three cores of `spaces/chips/nasaic.yaml`. Specs: {specs}. {results['trials']} "
        f"points each way. Network-first takes the most accurate networks of the tables ({best}) "
        "and searches a chip for them, for the EDP, under the same specs; where none meets them, "
        "the one that is least over the worst is told. Both begin with two row-"
        "stationary cores, the joint search with the least ImageNet network there, which meets the "
        "specs.\n\n"
    )
    shown = [
        {
            **row,
            "met": "yes" if row["met"] else f"no: {row['over']}",
            "each": ", ".join(f"{x:.2f}" for x in row["accuracies"].values()),
            "latency": ", ".join(f"{x:.2f}" for x in row["latencies_ms"].values()),
        }
        for row in results["rows"]
    ]
    page += table(
        shown,
        {
            "method": "method",
            "seed": "seed",
            "met": "specs met",
            "each": "accuracies, %",
            "mean": "mean|.2f",
            "latency": "latencies, ms",
            "energy_mj": "mJ|.2f",
            "area_mm2": "mm2|.2f",
            "seconds": "processor s|.0f",
        },
    )
    counts = [
        (method, sum(x["met"] for x in results["rows"] if x["method"] == method))
        for method in ("joint", "network-first")
    ]
    told = ", ".join(f"{method} {met}" for method, met in counts)
    return page + f"\nSeeds whose final design meets all specs: {told}.\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    description = "networks and a chip of several cores under specs"
    return run_command("nasaic", description, run, markdown, arguments)


if __name__ == "__main__":
    sys.exit(main())

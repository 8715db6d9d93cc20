"""What a machine of NAHAS's space can save of the energy of a network, and what a search finds.

The bound is over all 50,000 machines and all mappings: no machine takes less energy for a network,
whatever the search. The search is for accuracy and energy in place of EDP, jointly and on the
baseline machine.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.joint.method import search
from benchmarks.joint.problem import Budget, nahas
from benchmarks.joint.runner import IMAGENET_POINTS
from benchmarks.provenance import head
from bohwsw.certificate import least_of_space
from bohwsw.codesign import Design
from bohwsw.workload import load_model

MODEL = "ofa-mobilenet-v3"
KINDS = ("depth", "kernel", "expand")
SECONDS = 10.0
"""For the bound of one network."""


def networks() -> dict[str, dict[str, Any]]:
    """The smallest and the largest of the model, and one with every knob between them if it can."""
    knobs = load_model(MODEL).spec.knobs
    values = {name: knobs[name].values or () for name in knobs if name.split("_")[0] in KINDS}
    depths = {name: each for name, each in values.items() if name.startswith("depth")}
    found: dict[str, dict[str, Any]] = {}
    for title, place in (("smallest", 0), ("middle", 1), ("largest", -1)):
        chosen = {name: each[min(place, len(each) - 1)] for name, each in depths.items()}
        for name, each in values.items():
            if name not in depths:
                stage, block = name.split("_")[1:]
                is_there = int(block) <= chosen[f"depth_{stage}"]
                chosen[name] = each[min(place, len(each) - 1) if is_there else 0]
        found[title] = chosen
    return found


def bounds(seconds: float) -> list[Row]:
    """The energy of networks on the baseline machine, and the least that any machine takes."""
    problem = nahas(Budget(1, None, 1), 0)
    rows = []
    for title, knobs in networks().items():
        judged = problem.judge(problem.joint.point(knobs))
        if not isinstance(judged.found, Design):
            raise ValueError(judged.outcome.reason)
        network = load_model(MODEL).network(
            {**problem.joint.model.with_point(knobs), "resolution": 224}
        )
        energy = judged.found.objective("energy")
        least = least_of_space(problem.hardware_space, network, objective="energy", seconds=seconds)
        dram = sum(
            layer.entry.count * layer.evaluation.levels[0].energy_pj
            for layer in judged.found.networks[0].layers
            if layer.evaluation is not None
        )
        accuracy = judged.found.objective("accuracy")
        row: Row = {"network": title, "accuracy": accuracy, "energy_uj": energy / 1e6}
        rows.append({**row, "dram": dram / energy, "least_uj": least / 1e6, "most": energy / least})
    return rows


def searched(trials: int, seed: int) -> Row:
    """Joint and on the baseline machine: least energies at the best accuracy that both reach."""
    budget = Budget(trials, None, 1)
    joint, fixed = (
        search(nahas(budget, seed, "accuracy,energy"), method)
        for method in ("joint", "fixed-hardware")
    )
    best = min(float(fixed.accuracy.max()), float(joint.accuracy.max()) + IMAGENET_POINTS)
    least = joint.least(best - IMAGENET_POINTS, "energy")
    mine = fixed.least(best, "energy")
    return {
        "seed": seed,
        "accuracy": best,
        "fixed_uj": mine / 1e6,
        "joint_uj": least / 1e6,
        "ratio": mine / least,
        "least_ratio": fixed.energy.min() / joint.energy.min(),
    }


def run(quick: bool, log: Log) -> Results:
    """Bounds, then searches."""
    rows = []
    for seed in range(1 if quick else 3):
        rows.append(searched(12 if quick else 50, seed))
        log(f"seed {seed}: {rows[-1]['ratio']:.3f}")
    return {
        **head("joint.headroom", quick),
        "bounds": bounds(1.0 if quick else SECONDS),
        "searched": rows,
    }


def markdown(results: Results) -> str:
    """The page."""
    columns = {
        "network": "network",
        "accuracy": "accuracy, %|.2f",
        "energy_uj": "baseline machine, uJ|.0f",
        "dram": "of it DRAM|.0%",
        "least_uj": "no machine takes less than, uJ|.0f",
        "most": "so none saves more than, times|.2f",
    }
    found = {
        "seed": "seed",
        "accuracy": "accuracy that both reach, %|.2f",
        "fixed_uj": "on the baseline machine, uJ|.0f",
        "joint_uj": "joint, uJ|.0f",
        "ratio": "ratio|.2f",
        "least_ratio": "least energy of all, ratio|.2f",
    }
    return (
        heading("What machines can save on NAHAS's space", results)
        + "\nNetworks of Once-for-All at 224 pixels; the bound is proven, over all machines and "
        + "mappings:\n\n"
        + table(results["bounds"], columns)
        + "\nSearches for accuracy and energy within the area and 2 ms, equal within "
        + f"{IMAGENET_POINTS} points:\n\n"
        + table(results["searched"], found)
    )


if __name__ == "__main__":
    sys.exit(run_command("joint.headroom", "What machines can save.", run, markdown))

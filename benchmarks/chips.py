"""Chips of unlike and of like cores within equal limits: ``python -m benchmarks.chips``.

For each seed the best chip of like cores of each template is searched. From the best of these on
two searches of equal budget go on, one among chips of like cores of that template, one among all; a
chip of like cores is one of the latter, too, so that unlike cores never end above their start.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scipy.stats import t as student

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import provenance
from bohwsw import codesign_chip, load_network
from bohwsw.chips import ChipResult, ChipSpace, load_chip_space
from bohwsw.workload import Network

SPACE = Path(__file__).parents[1] / "spaces/chips/three-cores.yaml"
NETWORKS = ("mobilenet-v2", "bert-base")
THREE = ("resnet50", "bert-base", "mobilenet-v2")
SEEDS = 3
FIRST, MORE, TRIALS = 3, 4, 6
"""Chips tried of each template, of each search that goes on, and for three networks."""
EVALUATIONS = 200
LOCAL = {"population": 2, "crossover": 0.0}
"""Of the evolutionary strategy: one step from the best or the second of all so far."""


def of_one_template(chips: ChipSpace, name: str) -> ChipSpace:
    """The same chips with cores of one template only, of any sizes."""
    return replace(chips, spec=chips.spec.model_copy(update={"templates": (name,)}))


def searched(
    chips: ChipSpace,
    networks: Sequence[Network],
    trials: int,
    seed: int,
    start: Sequence[Mapping[str, Any]] = (),
) -> ChipResult:
    """A search of chips, step by step from the best."""
    return codesign_chip(
        chips,
        networks,
        trials=trials,
        evaluations=EVALUATIONS,
        strategy_name="evolutionary",
        strategy_options=LOCAL if start else {**LOCAL, "population": 4},
        start=start,
        seed=seed,
    )


def compared(chips: ChipSpace, networks: Sequence[Network], seed: int, quick: bool) -> Row:
    """Like cores of each template, then like and unlike ones from the best on."""
    first, more = (2, 3) if quick else (FIRST, MORE)
    began = time.process_time()
    like = {
        name: searched(of_one_template(chips, name), networks, first, seed)
        for name in chips.spec.templates[: 1 if quick else None]
    }
    best = min(like, key=lambda name: like[name].found.value)
    start = [like[best].point]
    ends = {
        kind: searched(space, networks, more, seed, start)
        for kind, space in (("like", of_one_template(chips, best)), ("unlike", chips))
    }
    row = {
        "seed": seed,
        "template": Path(best).stem,
        "each": {Path(name).stem: result.found.value for name, result in like.items()},
        "ratio": ends["unlike"].found.value / ends["like"].found.value,
        "seconds": time.process_time() - began,
    }
    for kind, result in ends.items():
        row |= {
            f"{kind}_edp": result.found.value,
            f"{kind}_chip": "; ".join(chips.described(result.point)),
            f"{kind}_area_mm2": result.best.area_mm2,
            f"{kind}_gap": result.found.gap,
        }
    return row


def on_three(chips: ChipSpace, quick: bool) -> Row:
    """Three networks on one chip: what a search of all chips takes."""
    names = ("mlp", "dqn") if quick else THREE
    began, at = time.process_time(), time.perf_counter()
    result = codesign_chip(
        chips, names, trials=2 if quick else TRIALS, evaluations=EVALUATIONS, seed=0
    )
    return {
        "networks": ", ".join(names),
        "chips": len(result.trials),
        "edp": result.found.value,
        "gap": result.found.gap,
        "chip": "; ".join(chips.described(result.point)),
        "seconds": time.process_time() - began,
        "wall_seconds": time.perf_counter() - at,
    }


def interval(ratios: Sequence[float]) -> list[float]:
    """The geometric mean, and where it lies with 95 % by Student's t over the logarithms."""
    logs = [math.log(ratio) for ratio in ratios]
    mean, n = statistics.fmean(logs), len(logs)
    half = 0.0
    if n > 1:
        half = float(student.ppf(0.975, n - 1)) * statistics.stdev(logs) / math.sqrt(n)
    return [math.exp(mean), math.exp(mean - half), math.exp(mean + half)]


def run(quick: bool, log: Log) -> Results:
    """Unlike and like cores, seed by seed; and three networks."""
    chips = load_chip_space(SPACE)
    networks = [load_network(name) for name in (("mlp", "dqn") if quick else NETWORKS)]
    rows = []
    for seed in range(1 if quick else SEEDS):
        rows.append(compared(chips, networks, seed, quick))
        log(f"seed {seed}: {rows[-1]['ratio']:.4f}, {rows[-1]['seconds']:.0f} s")
    return {
        "benchmark": "chips",
        "quick": quick,
        "provenance": provenance(),
        "networks": [network.name for network in networks],
        "ratio": interval([row["ratio"] for row in rows]),
        "rows": rows,
        "three": [on_three(chips, quick)],
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    page = heading("Chips of unlike and of like cores", results)
    page += (
        f"\n{', '.join(results['networks'])} side by side on chips of "
        "`spaces/chips/three-cores.yaml`: at most 1,024 PEs, 12 mm2 and 128 bits of DRAM a cycle, "
        f"EDP of all together. For each seed {FIRST} chips of like cores of each template, then "
        f"from the best of them {MORE} of like cores and {MORE} of any.\n\n"
    )
    page += table(
        results["rows"],
        {
            "seed": "seed",
            "template": "best like",
            "like_edp": "like, pJ x cycles|.4g",
            "like_chip": "chip of like cores",
            "unlike_edp": "any|.4g",
            "unlike_chip": "chip of any cores",
            "ratio": "ratio|.4f",
            "seconds": "processor s|.0f",
        },
    )
    mean, low, high = results["ratio"]
    page += (
        f"\nChips of any cores have {mean:.4f} of the EDP of those of like ones, geometric mean "
        f"over seeds (95 %: {low:.4f} to {high:.4f}).\n\nThree networks on one chip, any cores:\n\n"
    )
    page += table(
        results["three"],
        {
            "networks": "networks",
            "chips": "chips tried",
            "edp": "EDP|.4g",
            "gap": "gap of the schedule|.1%",
            "chip": "chip",
            "seconds": "processor s|.0f",
            "wall_seconds": "s|.0f",
        },
    )
    return page + "\nThe gap is to a bound on schedules of the mappings found, not on chips.\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    description = "Chips of unlike and of like cores within equal limits"
    return run_command("chips", description, run, markdown, arguments)


if __name__ == "__main__":
    sys.exit(main())

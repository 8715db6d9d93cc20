"""Chips of unlike and of like cores within equal limits: ``python -m benchmarks.chips``.

For each seed chips of like cores of each template are searched, and more from the best on: half of
the budget. From there two searches of equal budget go on, one among chips of like cores, one among
all. A chip of like cores is one of all, too, and what was found first counts for both: unlike cores
are never above what like ones reached by half, and what they gain is told beside both.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scipy.stats import t as student

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed
from bohwsw import codesign_chip, load_network
from bohwsw.chips import ChipSpace, load_chip_space
from bohwsw.study import CodesignResult
from bohwsw.workload import Network

SPACE = Path(__file__).parents[1] / "spaces/chips/three-cores.yaml"
THREE = ("resnet50", "bert-base", "mobilenet-v2")
SEEDS = {512: 5, 1_024: 2}
"""How many for each limit on the units of a core."""
TRIALS, EVALUATIONS = 6, 2_000
"""Chips tried for three networks; mappings tried of each layer on each core."""
STARTS = 3
"""The best chips of like cores that both searches go on from."""
LOCAL = {"population": 4, "crossover": 0.3}
"""Of the evolutionary strategy: steps from the best few so far."""


@dataclass(frozen=True)
class Task:
    """A comparison.

    Attributes:
        core_pes: units of a core at most; those of all cores are at most 1,024.
        seed: of all its searches.
        first: chips of like cores tried of each template.
        more: chips of like cores tried from the best of these on.
        then: chips tried by each of the two searches that go on from there.
        networks: what runs, side by side.
    """

    core_pes: int
    seed: int
    first: int = 20
    more: int = 40
    then: int = 60
    networks: str = "mobilenet-v2, bert-base"


def chips_of(core_pes: int) -> ChipSpace:
    """The chips, of cores of at most so many units each."""
    chips = load_chip_space(SPACE)
    limits = [f"{core}_mesh_x * {core}_mesh_y <= {core_pes}" for core in chips.spec.cores]
    return replace(chips, spec=chips.spec.model_copy(update={"constraints": tuple(limits)}))


def of_one_template(chips: ChipSpace, name: str) -> ChipSpace:
    """The same chips with cores of one template only, of any sizes."""
    return replace(chips, spec=chips.spec.model_copy(update={"templates": (name,)}))


def searched(
    chips: ChipSpace,
    networks: Sequence[Network],
    trials: int,
    seed: int,
    start: Sequence[Mapping[str, Any]] = (),
) -> CodesignResult:
    """A search of chips, step by step from the best."""
    return codesign_chip(
        chips,
        networks,
        trials=trials,
        evaluations=EVALUATIONS,
        strategy_name="evolutionary",
        strategy_options=LOCAL,
        start=start,
        seed=seed,
    )


def best_points(results: Sequence[CodesignResult]) -> list[dict[str, Any]]:
    """The points to go on from: the best chips of searches, the very best of each first."""
    ends = [dict(x.point) for x in sorted(results, key=lambda x: x.found.value)]
    tried = [x for result in results for x in result.trials if x.objective is not None]
    ranked = [dict(x.point) for x in sorted(tried, key=lambda x: x.objective or 0.0)]
    return [x for n, x in enumerate([*ends, *ranked]) if x not in [*ends, *ranked][:n]][:STARTS]


def compared(task: Task) -> Row:
    """Like cores of each template and from the best on; then like and unlike ones from there."""
    chips, seed = chips_of(task.core_pes), task.seed
    networks = [load_network(name) for name in task.networks.split(", ")]
    began = time.process_time()
    found = {
        name: searched(of_one_template(chips, name), networks, task.first, seed)
        for name in chips.spec.templates
    }
    best = min(found, key=lambda name: found[name].found.value)
    like = of_one_template(chips, best)
    further = searched(like, networks, task.more, seed, best_points([found[best]]))
    half = min(found[best], further, key=lambda result: result.found.value)
    ends = {
        "half": half,
        "like": searched(like, networks, task.then, seed, best_points([half, further])),
        "unlike": searched(chips, networks, task.then, seed, best_points([half, *found.values()])),
    }
    row: Row = {
        "task": asdict(task),
        "template": Path(best).stem,
        "each": {Path(name).stem: result.found.value for name, result in found.items()},
    }
    for kind, result in ends.items():
        ended = min(half, result, key=lambda x: x.found.value)
        row |= {
            f"{kind}_edp": ended.found.value,
            f"{kind}_chip": "; ".join(chips.described(ended.point)),
            f"{kind}_area_mm2": ended.best.area_mm2,
            f"{kind}_gap": ended.found.gap,
        }
    return {**row, "seconds": time.process_time() - began}


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
    """Unlike and like cores, seed by seed; and three networks. Stored seeds are not run again."""
    tasks = [Task(pes, seed) for pes, seeds in SEEDS.items() for seed in range(seeds)]
    if quick:
        tasks = [Task(512, 0, 2, 3, 3, "mlp, dqn")]
    found = resumed(None if quick else RUNS / "chips.jsonl", compared, tasks, log)
    rows = [
        {
            **row,
            **row["task"],
            "differ": len({core.split()[1] for core in row["unlike_chip"].split("; ")}) > 1,
            "of_half": row["unlike_edp"] / row["half_edp"],
            "ratio": row["unlike_edp"] / row["like_edp"],
        }
        for row in found
    ]
    groups = [[x for x in rows if x["core_pes"] == pes] for pes in SEEDS]
    return {
        **head("chips", quick),
        "made": [] if quick else made_where(found),
        "ratios": [
            {
                "core_pes": group[0]["core_pes"],
                "of_half": interval([row["of_half"] for row in group]),
                "ratio": interval([row["ratio"] for row in group]),
                "differ": sum(row["differ"] for row in group),
                "best": min(x["unlike_edp"] for x in group) / min(x["like_edp"] for x in group),
            }
            for group in groups
            if group
        ],
        "rows": rows,
        "three": [on_three(load_chip_space(SPACE), quick)],
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    task = results["rows"][0]["task"]
    page = heading("Chips of unlike and of like cores", results)
    page += f"\n{runs_made(results)}" if results["made"] else ""
    page += (
        f"\n{task['networks']} side by side on chips of "
        "`spaces/chips/three-cores.yaml`: at most 1,024 PEs, 12 mm2 and 128 bits of DRAM a cycle, "
        f"EDP of all together. For each seed {task['first']} chips of like cores of each template, "
        f"{task['more']} from the best on; then {task['then']} of like cores and {task['then']} of "
        "any from there.\n\n"
    )
    page += table(
        results["rows"],
        {
            "core_pes": "PEs a core",
            "seed": "seed",
            "half_edp": "like, by half|.4g",
            "like_edp": "like, at the end|.4g",
            "like_area_mm2": "mm2|.1f",
            "like_chip": "chip of like cores",
            "unlike_edp": "any|.4g",
            "unlike_area_mm2": "mm2|.1f",
            "unlike_chip": "chip of any cores",
            "differ": "of unlike cores",
            "of_half": "of like by half|.4f",
            "ratio": "of like at the end|.4f",
            "seconds": "processor s|.0f",
        },
    )
    for row in results["ratios"]:
        (half, *_), (mean, low, high) = row["of_half"], row["ratio"]
        page += (
            f"\nCores of at most {row['core_pes']:,} PEs: chips of any have {half:.4f} of the EDP "
            f"(pJ x cycles) of like ones by half, which cannot be above 1, and {mean:.4f} of that "
            f"of like ones at equal budgets (geometric means; 95 %: {low:.4f} to {high:.4f}). The "
            f"best of all seeds has {row['best']:.4f} of the best of like ones. Unlike cores have "
            f"{row['differ']} of these chips; the others are of like cores, found among all.\n"
        )
    page += "\nThree networks on one chip, any cores:\n\n"
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

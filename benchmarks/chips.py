"""Chips of unlike and of like cores within equal limits: ``python -m benchmarks.chips``.

For each seed chips of like cores of each template are searched. From the best of these two searches
of equal budget go on, one among chips of like cores of the best template, one among all. A chip of
like cores is one of all, too, and what was found first counts for both: unlike cores end at most at
the EDP that like ones had at half-time, and what they gain is beside like ones at equal budgets.
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
from bohwsw.chips import ChipResult, ChipSpace, load_chip_space
from bohwsw.workload import Network

SPACE = Path(__file__).parents[1] / "spaces/chips/three-cores.yaml"
THREE = ("resnet50", "bert-base", "mobilenet-v2")
SEEDS, TRIALS, EVALUATIONS = 5, 6, 2_000
"""Of the comparison; chips tried for three networks; mappings tried of each layer on each core."""
STARTS = 3
"""The best chips of like cores that both searches go on from."""
LOCAL = {"population": 4, "crossover": 0.3}
"""Of the evolutionary strategy: steps from the best few so far."""


@dataclass(frozen=True)
class Task:
    """A comparison: chips tried of each template first, then of each search that goes on."""

    seed: int
    first: int = 25
    more: int = 80
    networks: tuple[str, ...] = ("mobilenet-v2", "bert-base")
    templates: int = 3


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
        strategy_options=LOCAL,
        start=start,
        seed=seed,
    )


def best_points(results: Sequence[ChipResult]) -> list[dict[str, Any]]:
    """The points to go on from: the best chips of searches, the very best of each first."""
    ends = [dict(x.point) for x in sorted(results, key=lambda x: x.found.value)]
    tried = [x for result in results for x in result.trials if x.objective is not None]
    ranked = [dict(x.point) for x in sorted(tried, key=lambda x: x.objective or 0.0)]
    return [x for n, x in enumerate([*ends, *ranked]) if x not in [*ends, *ranked][:n]][:STARTS]


def compared(task: Task) -> Row:
    """Like cores of each template, then like and unlike ones from the best on."""
    chips, seed = load_chip_space(SPACE), task.seed
    networks = [load_network(name) for name in task.networks]
    began = time.process_time()
    like = {
        name: searched(of_one_template(chips, name), networks, task.first, seed)
        for name in chips.spec.templates[: task.templates]
    }
    best = min(like, key=lambda name: like[name].found.value)
    half = like[best]
    more = {
        "like": (of_one_template(chips, best), best_points([half])),
        "unlike": (chips, best_points(list(like.values()))),
    }
    row: Row = {
        "task": {**asdict(task), "networks": list(task.networks)},
        "template": Path(best).stem,
        "each": {Path(name).stem: result.found.value for name, result in like.items()},
    }
    for kind, (space, start) in more.items():
        ended = searched(space, networks, task.more, seed, start)
        ended = min(half, ended, key=lambda result: result.found.value)
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
    tasks = [Task(0, 2, 3, ("mlp", "dqn"), 1)] if quick else [Task(seed) for seed in range(SEEDS)]
    found = resumed(None if quick else RUNS / "chips.jsonl", compared, tasks, log)
    rows = [
        {
            **row,
            "seed": row["task"]["seed"],
            "half": row["unlike_edp"] / min(row["each"].values()),
            "ratio": row["unlike_edp"] / row["like_edp"],
        }
        for row in found
    ]
    return {
        **head("chips", quick),
        "made": [] if quick else made_where(found),
        "ratio": interval([row["ratio"] for row in rows]),
        "best": min(x["unlike_edp"] for x in rows) / min(x["like_edp"] for x in rows),
        "rows": rows,
        "three": [on_three(load_chip_space(SPACE), quick)],
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    task = results["rows"][0]["task"]
    page = heading("Chips of unlike and of like cores", results)
    page += f"\n{runs_made(results)}" if results["made"] else ""
    page += (
        f"\n{', '.join(task['networks'])} side by side on chips of "
        "`spaces/chips/three-cores.yaml`: at most 1,024 PEs, 12 mm2 and 128 bits of DRAM a cycle, "
        f"EDP of all together. For each seed {task['first']} chips of like cores of each template, "
        f"then from the best of them {task['more']} of like cores and {task['more']} of any.\n\n"
    )
    page += table(
        results["rows"],
        {
            "seed": "seed",
            "template": "best like",
            "like_edp": "like, pJ x cycles|.4g",
            "like_area_mm2": "mm2|.1f",
            "like_chip": "chip of like cores",
            "unlike_edp": "any|.4g",
            "unlike_area_mm2": "mm2|.1f",
            "unlike_chip": "chip of any cores",
            "half": "of like at half-time|.4f",
            "ratio": "of like at the end|.4f",
            "seconds": "processor s|.0f",
        },
    )
    mean, low, high = results["ratio"]
    page += (
        f"\nChips of any cores have {mean:.4f} of the EDP of those of like ones at equal budgets, "
        f"geometric mean over seeds (95 %: {low:.4f} to {high:.4f}); the best of all seeds "
        f"{results['best']:.4f} of the best of like ones.\n\n"
        "Three networks on one chip, any cores:\n\n"
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

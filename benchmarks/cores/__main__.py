"""``python -m benchmarks.cores``: schedules against all schedules, and networks on real chips."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.cores.instances import every_value, improved, is_close, random_instance
from benchmarks.cores.more_pes import machines, more_pes
from benchmarks.provenance import head
from bohwsw import load_network, load_space, schedule_networks
from bohwsw.scheduling import search_schedule

OBJECTIVES = ("latency", "edp")
NETWORKS = ("resnet50", "bert-base", "mobilenet-v2")
CHIPS = {
    "two Eyeriss": ("eyeriss-168", "eyeriss-256"),
    "Simba-like and Gemmini-like": ("simba-like", "gemmini-like"),
}


def against_all(instances: int, most_nodes: int, log: Log) -> list[Row]:
    """Random instances: found values beside the least of all schedules."""
    rows: list[Row] = []
    for objective in OBJECTIVES:
        equal = proven = 0
        seconds = 0.0
        for seed in range(instances):
            instance = random_instance(random.Random(seed), most_nodes)
            began = time.process_time()
            found = search_schedule(
                instance.networks,
                instance.chip,
                instance.costs,
                objective=objective,
                moves=300,
            )
            seconds += time.process_time() - began
            equal += is_close(found.value, every_value(instance, objective))
            proven += found.gap == 0.0
            if seed % 50 == 49:
                log(f"{objective}: {seed + 1} of {instances} instances")
        rows.append(
            {
                "objective": objective,
                "instances": instances,
                "equal": equal,
                "proven": proven,
                "seconds": seconds / instances,
            }
        )
    return rows


def never_worse(instances: int, most_nodes: int) -> list[Row]:
    """How often a chip that can do more is worse, and how much better it is in the mean."""
    worse: dict[str, int] = {}
    ratios: dict[str, float] = {}
    for seed in range(instances):
        draw = random.Random(seed)
        instance = random_instance(draw, most_nodes)
        changed = improved(instance, draw)
        for name, each in {"": instance, **changed}.items():
            found = search_schedule(each.networks, each.chip, each.costs, moves=300)
            if not name:
                before = found.value
                continue
            worse[name] = worse.get(name, 0) + (found.value > before * (1 + 1e-9))
            ratios[name] = ratios.get(name, 0.0) + found.value / before / instances
    return [
        {"change": name, "instances": instances, "worse": worse[name], "ratio": ratios[name]}
        for name in worse
    ]


def with_more_pes(quick: bool) -> list[Row]:
    """Cores of larger meshes, by proven mappings and by those of short searches."""
    ways = {"branch and bound, proven": None, "annealing, 2,000 mappings": 2_000}
    return [
        {
            "mapped": way,
            **more_pes(machines(evaluations=evaluations), 20 if quick else 300, 8),
        }
        for way, evaluations in list(ways.items())[: 1 if quick else None]
    ]


def on_chips(quick: bool, log: Log) -> list[Row]:
    """Real networks on chips of shipped spaces: makespan, proven bound, processor time."""
    rows = []
    networks = [load_network(name) for name in NETWORKS[1 if quick else 0 :]]
    for name, spaces in list(CHIPS.items())[: 1 if quick else None]:
        began = time.process_time()
        design, found = schedule_networks(
            [load_space(space) for space in spaces],
            networks,
            evaluations=500 if quick else 20_000,
            moves=500 if quick else 200_000,
        )
        seconds = time.process_time() - began
        log(f"{name}: {seconds:.0f} s")
        rows.append(
            {
                "chip": name,
                "networks": ", ".join(x.name for x in networks),
                "steps": 0 if design.schedule is None else len(design.schedule.steps),
                "cycles": found.value,
                "bound": found.lower_bound,
                "gap": found.gap,
                "seconds": seconds,
                "each": {k: dict(x) for k, x in found.networks.items()},
            }
        )
    return rows


def run(quick: bool, log: Log) -> Results:
    """All parts."""
    instances, most = (20, 5) if quick else (300, 8)
    return {
        **head("cores", quick),
        "against_all": against_all(instances, most, log),
        "never_worse": never_worse(instances, most),
        "more_pes": with_more_pes(quick),
        "on_chips": on_chips(quick, log),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    page = heading("Networks on several cores", results)
    page += "\nRandom instances of at most 3 cores and 8 layers beside all their schedules:\n\n"
    page += table(
        results["against_all"],
        {
            "objective": "objective",
            "instances": "instances",
            "equal": "equal to the least",
            "proven": "proven",
            "seconds": "processor s each|.2f",
        },
    )
    page += "\nChips that can do more, makespan as a share of before:\n\n"
    page += table(
        results["never_worse"],
        {"change": "chip", "instances": "instances", "worse": "worse", "ratio": "mean ratio|.3f"},
    )
    page += (
        "\nOne core of a chip with twice its PEs, layers mapped anew, on 32 to 128 "
        "bits of DRAM a cycle or any:\n\n"
    )
    page += table(
        results["more_pes"],
        {
            "mapped": "layers mapped by",
            "layers": "layers on machines",
            "worse_layers": "worse",
            "instances": "chips",
            "worse": "makespan worse",
            "ratio": "mean ratio|.3f",
            "most": "largest|.3f",
        },
    )
    page += "\nNetworks side by side on the baselines of spaces, for the makespan:\n\n"
    page += table(
        results["on_chips"],
        {
            "chip": "cores",
            "networks": "networks",
            "steps": "layers",
            "cycles": "cycles|,.0f",
            "bound": "bound|,.0f",
            "gap": "gap|.1%",
            "seconds": "processor s|.0f",
        },
    )
    return page + "\nThe bound is on all schedules of the mappings that were found.\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    description = "Schedules of several networks on several cores"
    return run_command("cores", description, run, markdown, arguments)


if __name__ == "__main__":
    sys.exit(main())

"""Schedules that are searched: by hand, within bounds and limits, and what is refused."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from two_cores import CHIP, DIAMOND, graph, random_costs, random_graph, random_schedule

from bohwsw.arch import Chip
from bohwsw.errors import SpecError
from bohwsw.scheduling import NodeCost, Step, evaluate_schedule, search_schedule
from bohwsw.scheduling.choices import choices_of
from bohwsw.scheduling.exact_schedule import ExactSearch
from bohwsw.scheduling.schedule_bound import schedule_bound

Table = Mapping[str, tuple[float | None, float | None]]


def costs_of(network: str, cycles: Table, **each: float) -> dict[Step, NodeCost]:
    """By node what it takes on big and on little; None where it does not run."""
    return {
        Step(network, node, core): NodeCost(x, each.get(core, 1.0) * x, each.get("bits", 0.0))
        for node, row in cycles.items()
        for core, x in zip(("big", "little"), row, strict=True)
        if x is not None
    }


DIAMOND_COSTS = costs_of("diamond", {"a": (2, 4), "b": (3, 9), "c": (3, 4), "d": (1, 1)})


def test_the_branches_of_a_diamond_run_side_by_side() -> None:
    """a 0-2 on big, b 2-5 on big while c runs 2-6 on little, d 6-7: nothing is below 7."""
    found = search_schedule([DIAMOND], CHIP, DIAMOND_COSTS)
    assert (found.value, found.lower_bound, found.gap) == (7, 7, 0)
    cores = {step.node: step.core for step in found.schedule.steps}
    assert (cores["a"], cores["b"], cores["c"]) == ("big", "big", "little")
    assert found.timeline == evaluate_schedule([DIAMOND], CHIP, found.schedule, DIAMOND_COSTS)
    assert found.networks["diamond"] == {
        "latency_cycles": found.timeline.latency_cycles,
        "energy_pj": found.timeline.energy_pj,
    }


def test_the_objective_decides_what_runs_where() -> None:
    """Little takes 3 cycles for 1, and 1 pJ for 10: for EDP a split beats both."""
    chain = graph("chain", "x > y")
    costs = {
        Step("chain", node, core): NodeCost(*cost)
        for node, row in {"x": ((1, 10), (3, 1)), "y": ((1, 1), (30, 1))}.items()
        for core, cost in zip(("big", "little"), row, strict=True)
    }
    found = {
        aim: search_schedule([chain], CHIP, costs, objective=aim)
        for aim in ("latency", "energy", "edp")
    }
    values = {aim: (x.timeline.latency_cycles, x.timeline.energy_pj) for aim, x in found.items()}
    assert values == {"latency": (2, 11), "energy": (4, 2), "edp": (4, 2)}
    assert all(each.gap == 0 for each in found.values())


def test_a_shared_dram_moves_nodes_to_cores_that_read_less() -> None:
    """At 10 bits a cycle one node on each core takes 10 cycles, and 11 for 110 bits."""
    chain = graph("chain", "x > y")
    costs = {
        Step("chain", node, core): NodeCost(cycles, 1, bits)
        for node in "xy"
        for core, cycles, bits in (("big", 4, 100), ("little", 6, 10))
    }
    for bandwidth, latency in ((None, 8), (100, 8), (10, 11), (1, 20)):
        chip = replace(CHIP, dram_bits_per_cycle=bandwidth)
        found = search_schedule([chain], chip, costs)
        assert (found.value, found.gap) == (latency, 0)


def test_limits_on_latencies_come_first() -> None:
    """One core, x before y or after it: whoever is limited goes first."""
    networks = [graph("one", "x > x2"), graph("two", "y > y2")]
    chip = Chip("small", CHIP.cores[:1])
    costs = {
        Step(network, f"{node}{n}", "big"): NodeCost(5, 1)
        for network, node in (("one", "x"), ("two", "y"))
        for n in ("", "2")
    }
    for first, other in (("one", "two"), ("two", "one")):
        found = search_schedule(networks, chip, costs, latency_limits={first: 10})
        assert found.networks[first]["latency_cycles"] == 10
        assert found.networks[other]["latency_cycles"] == found.value == 20
        assert found.over_limits == {}
    found = search_schedule(networks, chip, costs, latency_limits={"one": 4, "two": 100})
    assert found.over_limits == {"one": {"latency_cycles": 10, "limit": 4.0, "ratio": 2.5}}


@pytest.mark.parametrize("seed", range(12))
def test_a_longer_search_is_never_worse_and_bounds_hold(seed: int) -> None:
    draw = random.Random(seed)
    networks = [random_graph(name, draw) for name in ("one", "two")]
    start = random_schedule(networks, draw)
    steps = {place: draw.randint(1, 9) for place in (step[:2] for step in start.steps)}
    costs = {
        Step(*place, core): NodeCost(cycles * draw.randint(1, 3), draw.randint(1, 9), 5)
        for place, cycles in steps.items()
        for core in ("big", "little")
    } | random_costs(start, draw)
    chip = replace(CHIP, dram_bits_per_cycle=draw.choice([None, 4.0]))
    for aim in ("latency", "edp"):
        options: dict[str, Any] = {"objective": aim, "branches": 0}
        found = search_schedule(networks, chip, costs, moves=0, **options)
        longer = search_schedule(networks, chip, costs, moves=300, **options)
        assert longer.lower_bound <= longer.value <= found.value
        again = search_schedule(networks, chip, costs, moves=300, **options)
        assert again == longer


def test_the_relaxation_is_below_the_proven_best() -> None:
    """The exact search starts from nothing here, and needs no annealing."""
    for seed in range(8):
        draw = random.Random(seed)
        networks = [random_graph("one", draw)]
        costs = {
            Step("one", node.name, core): NodeCost(draw.randint(1, 9), draw.randint(1, 9))
            for node in networks[0].nodes
            for core in ("big", "little")
        }
        choices = choices_of(networks, CHIP, costs)
        for aim in ("latency", "edp"):
            exact = ExactSearch(choices, aim)  # type: ignore[arg-type]
            assert exact.run()
            assert exact.found is not None
            bound = schedule_bound(choices, aim)  # type: ignore[arg-type]
            assert 0.5 * exact.best <= bound <= exact.best
            assert not ExactSearch(choices, aim, most=1).run()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "key_path", "nearest"),
    [
        ({"objective": "latncy"}, None, "latency"),
        ({"moves": -1}, "moves", None),
        ({"networks": []}, "networks", None),
        ({"networks": [DIAMOND, DIAMOND]}, "networks", None),
        ({"costs": {Step("diamnd", "a", "big"): NodeCost(1, 1)}}, "costs", "diamond"),
        ({"costs": {Step("diamond", "a", "bg"): NodeCost(1, 1)}}, "costs", "big"),
        ({"costs": costs_of("diamond", {"a": (1, 1)})}, "costs", None),
        ({"latency_limits": {"diamnd": 3}}, "latency_limits", "diamond"),
        ({"latency_limits": {"diamond": 0}}, "latency_limits.diamond", None),
    ],
)
def test_what_is_refused(changes: dict[str, Any], key_path: str | None, nearest: str) -> None:
    given = {"networks": [DIAMOND], "chip": CHIP, "costs": DIAMOND_COSTS, **changes}
    with pytest.raises(SpecError) as caught:
        search_schedule(given.pop("networks"), given.pop("chip"), given.pop("costs"), **given)
    assert (caught.value.key_path, caught.value.nearest) == (key_path, nearest)


def test_a_layer_that_no_core_can_run_is_named() -> None:
    costs = {step: cost for step, cost in DIAMOND_COSTS.items() if step.node != "c"}
    with pytest.raises(SpecError, match="no core can run layer 'c' of 'diamond'"):
        search_schedule([DIAMOND], CHIP, costs)

"""When nodes run: by hand, against simple bounds, and against a simulation of events."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from two_cores import (
    CHIP,
    CORES,
    DIAMOND,
    graph,
    random_costs,
    random_graph,
    random_schedule,
)

from bohwsw.arch import Chip
from bohwsw.errors import SpecError
from bohwsw.scheduling import NodeCost, Schedule, Step, evaluate_schedule, schedule_by_core
from bohwsw.workload import Network


def test_two_cores_by_hand() -> None:
    """a, b, d on big, c on little; the sum is free, or takes 1 cycle on little.

    big:    a 0-3   b 3-8            d 10-12
    little:         c 3-10  (sum 10-11, then d 11-13)
    """
    schedule = schedule_by_core([DIAMOND], lambda _, node: "little" if node in "c sum" else "big")
    cycles = {"a": 3, "b": 5, "c": 7, "d": 2, "sum": 1}
    costs = {step: NodeCost(cycles[step.node], 10 * cycles[step.node]) for step in schedule.steps}
    found = evaluate_schedule([DIAMOND], CHIP, schedule, costs)
    assert [(n.node, n.core, n.start_cycle, n.end_cycle) for n in found.nodes] == [
        ("a", "big", 0, 3),
        ("b", "big", 3, 8),
        ("c", "little", 3, 10),
        ("sum", None, 10, 10),
        ("d", "big", 10, 12),
    ]
    assert (found.latency_cycles, found.energy_pj, found.edp_pj_cycles) == (12, 170, 12 * 170)
    assert found.utilisation == {"big": 10 / 12, "little": 7 / 12}
    assert (found.stretch, found.latency_of("diamond")) == (1, 12)
    counted = schedule_by_core(
        [DIAMOND], lambda _, node: "little" if node in "c sum" else "big", with_operators=True
    )
    costs = {step: NodeCost(cycles[step.node], 10 * cycles[step.node]) for step in counted.steps}
    assert evaluate_schedule([DIAMOND], CHIP, counted, costs).latency_cycles == 13


def test_the_shared_dram_stretches_everything_where_it_limits() -> None:
    chain = graph("chain", "x > y")
    schedule = schedule_by_core([chain], lambda _, node: "big" if node == "x" else "little")
    costs = dict(zip(schedule.steps, (NodeCost(4, 1, 100), NodeCost(6, 1, 60)), strict=True))
    for bandwidth, latency in ((None, 10), (16, 10), (8, 20), (1, 160)):
        chip = replace(CHIP, dram_bits_per_cycle=bandwidth)
        found = evaluate_schedule([chain], chip, schedule, costs)
        assert (found.latency_cycles, found.dram_bits) == (latency, 160)
        assert found.stretch == latency / 10
        assert [n.end_cycle for n in found.nodes] == [0.4 * latency, latency]
        assert found.utilisation == {"big": 4 / latency, "little": 6 / latency}


def test_one_core_and_a_chain_take_the_sum_of_the_cycles() -> None:
    networks = [graph("one", "a > b", "b > c"), graph("two", "a > b")]
    schedule = schedule_by_core(networks, lambda *_: "big")
    costs = random_costs(schedule, random.Random(0))
    found = evaluate_schedule(networks, Chip("one core", CORES[:1]), schedule, costs)
    assert found.latency_cycles == sum(cost.latency_cycles for cost in costs.values())
    assert isinstance(found.latency_cycles, int)
    assert found.latency_of("two") == found.latency_cycles > found.latency_of("one")


def simulated(
    networks: Sequence[Network], schedule: Schedule, costs: Mapping[Step, NodeCost]
) -> dict[tuple[str, str], tuple[float, float]]:
    """Begin and end of every node, cycle by cycle: a core takes its next step when it can."""
    times: dict[tuple[str, str], tuple[float, float]] = {}
    scheduled = {step[:2] for step in schedule.steps}
    queues = {core.name: [s for s in schedule.steps if s.core == core.name] for core in CORES}
    free_at = dict.fromkeys(queues, 0.0)

    def is_ready(network: Network, node: str, now: float) -> bool:
        producers = [e.producer for e in network.edges if e.consumer == node]
        done = [times.get((network.name, producer)) for producer in producers]
        return all(each is not None and each[1] <= now for each in done)

    by_name = {network.name: network for network in networks}
    now = 0.0
    while len(times) < sum(len(network.nodes) for network in networks):
        changed = True
        while changed:
            changed = False
            for core, queue in queues.items():
                if queue and free_at[core] <= now:
                    step = queue[0]
                    if is_ready(by_name[step.network], step.node, now):
                        queue.pop(0)
                        free_at[core] = now + costs[step].latency_cycles
                        times[step[:2]] = (now, free_at[core])
                        changed = True
            for network in networks:
                for node in network.nodes:
                    place = (network.name, node.name)
                    is_free = place not in times and place not in scheduled
                    if is_free and is_ready(network, node.name, now):
                        times[place] = (now, now)
                        changed = True
        now += 1
        if now > 10_000:
            raise AssertionError("the simulation does not end")
    return times


@pytest.mark.parametrize("seed", range(60))
def test_random_schedules_agree_with_the_simulation_and_keep_the_bounds(seed: int) -> None:
    draw = random.Random(seed)
    networks = [random_graph(name, draw) for name in ("one", "two")[: draw.randint(1, 2)]]
    schedule = random_schedule(networks, draw)
    costs = random_costs(schedule, draw)
    found = evaluate_schedule(networks, CHIP, schedule, costs)
    times = {(n.network, n.node): (n.start_cycle, n.end_cycle) for n in found.nodes}
    assert times == simulated(networks, schedule, costs)
    assert found.latency_cycles == max(end for _, end in times.values())
    assert found.energy_pj == sum(cost.energy_pj for cost in costs.values())
    work = {core.name: 0.0 for core in CORES}
    for step in schedule.steps:
        work[step.core] += costs[step].latency_cycles
    assert found.latency_cycles >= max(work.values())
    assert found.latency_cycles <= sum(work.values())
    alone = {step[:2]: costs[step].latency_cycles for step in schedule.steps}
    longest = 0.0
    for network in networks:
        path: dict[str, float] = {}
        for name in network.order:
            before = [path[producer] for producer in network.inputs(name)]
            path[name] = max(before, default=0.0) + alone.get((network.name, name), 0.0)
        longest = max(longest, *path.values())
    assert found.latency_cycles >= longest
    narrow = replace(CHIP, dram_bits_per_cycle=2.0)
    shared = evaluate_schedule(networks, narrow, schedule, costs)
    assert shared.latency_cycles == max(found.latency_cycles, found.dram_bits / 2)


def test_an_order_against_the_edges_never_ends_and_is_named() -> None:
    chain = graph("chain", "x > y")
    steps = (Step("chain", "y", "big"), Step("chain", "x", "big"))
    costs = dict.fromkeys(steps, NodeCost(1, 1))
    with pytest.raises(SpecError, match="wait for one another for ever") as caught:
        evaluate_schedule([chain], CHIP, Schedule(steps), costs)
    assert "chain: x" in str(caught.value.got)


def test_every_step_needs_a_cost() -> None:
    schedule = schedule_by_core([DIAMOND], lambda *_: "big")
    costs = dict.fromkeys(schedule.steps[1:], NodeCost(1, 1))
    with pytest.raises(SpecError, match="no cost") as caught:
        evaluate_schedule([DIAMOND], CHIP, schedule, costs)
    assert caught.value.key_path == "steps[0]"

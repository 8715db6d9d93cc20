"""Compiled annealing of schedules, held to the scalar evaluation and to the rule it keeps."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from two_cores import CHIP, random_costs, random_graph, random_schedule

from bohwsw.scheduling import Step, schedule_search, search_schedule
from bohwsw.scheduling.annealing_kernel import anneal_schedule


def starts(nodes: Any, order: list[int], core_of: list[int]) -> list[float]:
    """When each node of an order begins."""
    free, ready, begun = [0.0] * nodes.cycles.shape[1], [0.0] * len(order), []
    for node in order:
        begun.append(max(free[core_of[node]], ready[node]))
        free[core_of[node]] = begun[-1] + nodes.cycles[node, core_of[node]]
        for other in nodes.after[nodes.first[node] : nodes.first[node + 1]]:
            ready[other] = max(ready[other], free[core_of[node]])
    return begun


@pytest.mark.parametrize("seed", range(16))
def test_what_is_annealed_is_what_the_scalar_evaluation_says(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)
    networks = [random_graph(name, draw) for name in ("one", "two")]
    chip = replace(CHIP, dram_bits_per_cycle=(None, 8.0)[seed // 2 % 2])
    costs = random_costs(random_schedule(networks, draw), draw)
    for step in list(costs):  # each may run on either core
        other = "little" if step.core == "big" else "big"
        costs[Step(step.network, step.node, other)] = costs[step]
    seen: list[tuple[Any, ...]] = []

    def noted(nodes: Any, order: Any, core_of: Any, moves: int, *others: Any) -> Any:
        figures = anneal_schedule(nodes, order, core_of, moves, *others)
        seen.append((nodes, others[-1].tolist(), figures))
        return figures

    monkeypatch.setattr(schedule_search, "anneal_schedule", noted)
    found = search_schedule(
        networks,
        chip,
        costs,
        objective=("edp", "latency")[seed // 4 % 2],
        latency_limits={"one": 9.0} if seed % 2 else None,
        moves=300,
        branches=0,
        seed=seed,
    )
    (nodes, (order, core_of), (over, value, ends)) = seen[0]
    begun = starts(nodes, order, core_of)
    assert begun == sorted(begun), "no core waits while it could work"
    assert over == pytest.approx(sum(x["ratio"] - 1 for x in found.over_limits.values()))
    assert value == pytest.approx(found.value)
    assert ends == pytest.approx(
        sum(t + nodes.cycles[n, core_of[n]] for t, n in zip(begun, order, strict=True))
    )

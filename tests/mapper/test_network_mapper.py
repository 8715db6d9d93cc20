"""Layers mapped together: against all combinations of all mappings of small layers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from random_problems import Problem, all_mappings

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import NoValidMappingError
from bohwsw.mapper.mapper import Objective
from bohwsw.mapper.network_mapper import Plane, least_objective, map_layers
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.simulator.costs import Costs
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer

LAYERS = (
    (Layer("square", K=4, P=4), 3),
    (Layer("row", C=4, P=3, R=2), 1),
    (Layer("deep", K=2, C=6), 2),
)
PRICES = Costs(
    (StorageCost(90.0, 90.0, 90.0, None), StorageCost(3.0, 2.0, 2.0, None)), (0.0, 0.0), 1.0
)


def problems(read_words_per_cycle: float | None = 0.5) -> list[tuple[Problem, int]]:
    levels = (
        StorageLevel("DRAM", kind="dram", read_words_per_cycle=read_words_per_cycle),
        StorageLevel("buffer", entries=9, mesh_x=2),
    )
    machine = Architecture("two PEs", levels, MacArray(16, 2, 1))
    found = []
    for layer, count in LAYERS:
        space = MapSpace(layer, machine)
        mappings = all_mappings(space)
        assert mappings is not None
        found.append((Problem(space, PRICES, mappings), count))
    return found


def points(problem: Problem) -> set[tuple[float, float]]:
    """Energy and cycles of the mappings that no other mapping beats in both."""
    valid = problem.results.valid
    energies = problem.results.energy_pj[valid]
    cycles = problem.results.latency_cycles[valid]
    every = set(zip(energies.round(6).tolist(), cycles.tolist(), strict=True))

    def beaten(energy: float, time: float) -> bool:
        return any(e <= energy and c <= time and (e, c) != (energy, time) for e, c in every)

    return {point for point in every if not beaten(*point)}


def least(objective: Objective, chosen: list[tuple[Problem, int]]) -> float:
    counts = [count for _, count in chosen]
    best = float("inf")
    for choice in itertools.product(*(points(problem) for problem, _ in chosen)):
        energy = sum(n * e for n, (e, _) in zip(counts, choice, strict=True))
        cycles = sum(n * c for n, (_, c) in zip(counts, choice, strict=True))
        best = min(best, {"edp": energy * cycles, "energy": energy, "latency": cycles}[objective])
    return best


@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
@pytest.mark.parametrize("read_words_per_cycle", [None, 1.5, 0.5])
def test_bound_and_result_enclose_the_optimum(
    objective: Objective, read_words_per_cycle: float | None
) -> None:
    chosen = problems(read_words_per_cycle)
    layers = [(problem.space, count) for problem, count in chosen]
    optimum = least(objective, chosen)
    result = map_layers(layers, PRICES, objective=objective)
    figures = {
        "edp": result.energy_pj * result.latency_cycles,
        "energy": result.energy_pj,
        "latency": result.latency_cycles,
    }
    value = figures[objective]
    assert result.lower_bound <= optimum * (1 + 1e-9)
    assert optimum <= value * (1 + 1e-9)
    assert value == pytest.approx(result.lower_bound * (1 + result.gap))
    if objective == "edp":
        assert result.gap < 0.05
    else:
        assert value == pytest.approx(optimum)


def test_layers_are_mapped_for_the_network_and_not_for_themselves() -> None:
    chosen = problems()
    layers = [(problem.space, count) for problem, count in chosen]
    together = map_layers(layers, PRICES)
    alone = [(float(problem.values("edp").min()), count) for problem, count in chosen]
    bound = least_objective([edp for edp, _ in alone], [count for _, count in alone], "edp")
    assert together.layer_bounds == pytest.approx([edp for edp, _ in alone])
    assert bound <= together.lower_bound * (1 + 1e-9)
    energies, cycles = 0.0, 0.0
    for problem, count in chosen:
        best = int(np.argmin(problem.values("edp")))
        energies += count * problem.results.energy_pj[best]
        cycles += count * problem.results.latency_cycles[best]
    assert together.energy_pj * together.latency_cycles <= energies * cycles * (1 + 1e-9)


def test_a_gap_is_asked_for_and_progress_told() -> None:
    layers = [(problem.space, count) for problem, count in problems()]
    told: list[tuple[int, int, float]] = []
    result = map_layers(
        layers, PRICES, gap=0.5, progress=lambda done, total, gap: told.append((done, total, gap))
    )
    assert result.gap <= 0.5
    assert told[:3] == [(1, 3, float("inf")), (2, 3, float("inf")), (3, 3, float("inf"))]


def test_stopped_at_once_every_layer_is_mapped() -> None:
    layers = [(problem.space, count) for problem, count in problems()]
    result = map_layers(layers, PRICES, seconds=0.0)
    assert all(layer.evaluation.valid for layer in result.layers)
    assert 0.0 < result.lower_bound <= result.energy_pj * result.latency_cycles


def test_a_slower_network_of_more_energy_sets_no_price() -> None:
    fast, worse, slow = (10.0, 100.0), (20.0, 150.0), (30.0, 60.0)
    lines = [(20.0, 0.0), (80.0, 4.0)]  # the product's bound is attained at 15 cycles
    plane = Plane(least_cycles=15.0, lines=lines, points=[fast, worse])
    assert plane.bound()[1] == 15.0
    assert 0.0 < plane.next_price() < 4.0
    plane.points.append(slow)
    assert plane.next_price() == pytest.approx((100.0 - 60.0) / (30.0 - 10.0))


def test_no_valid_mapping() -> None:
    space = problems()[0][0].space
    tight = replace(space.architecture.levels[1], entries=1)
    machine = replace(space.architecture, levels=(space.architecture.levels[0], tight))
    whole = Dataflow({"buffer": LevelDataflow(whole=frozenset("K"), keep=frozenset({"Weights"}))})
    with pytest.raises(NoValidMappingError):
        map_layers([(MapSpace(space.layer, machine, whole), 1)], PRICES)

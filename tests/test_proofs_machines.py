"""Proofs on machines to be built: the command, and how few shortest paths a proof takes there."""

from __future__ import annotations

from benchmarks.proofs.machines import (
    BASELINES,
    EQUAL_AREA,
    NETWORKS,
    hardware,
    markdown,
    run,
    tasks,
)
from bohwsw.codesign import load_space
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.skeleton_search import SkeletonSearch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.workload import Layer


def test_the_command_in_short() -> None:
    results = run(True, lambda _: None, [])
    assert [(x["soon"], x["worst_gap"], x["network_gap"]) for x in results["rows"]] == [
        (1, 0, None)
    ]
    assert "| equal area, issue | resnet18 | 1 of 12 | 100% |" in markdown(results)


def test_all_machines_are_within_the_limits_of_their_space() -> None:
    assert {x.machine for x in tasks()} == {*EQUAL_AREA, *BASELINES}
    assert {x.network for x in tasks()} == set(NETWORKS)
    space = load_space("eyeriss-equal-area")
    for name in EQUAL_AREA:
        assert (hardware(name).area_mm2 or 0.0) <= space.spec.limits["area_mm2"]


def test_dozens_of_paths_of_thousands_prove_a_layer() -> None:
    """With quick bounds alone 1,376 were taken up."""
    machine = hardware("equal area, issue")
    layer = Layer("conv3_2", K=128, C=128, P=28, Q=28, R=3, S=3)
    space = MapSpace(layer, machine.architecture, machine.dataflow)
    start = AnnealingMapper().search(space, machine.costs, evaluations=20_000)
    search = SkeletonSearch(space, machine.costs, Goal("edp"), start)
    while not search.proven(0.0):
        search.advance(map)
    assert search.lower_bound == search.best
    assert search.steps < 100

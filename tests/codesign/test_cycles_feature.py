"""The fewest cycles of networks on many machines: what the simulator never undercuts."""

from __future__ import annotations

import numpy as np
import pytest
from small_space import small_space

from bohwsw.codesign import (
    LN_LEAST_CYCLES,
    HardwareSpace,
    Networks,
    Problem,
    best_recipe,
    least_cycles,
    load_space,
    paper_recipe,
    space_from_dict,
)
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.unrolling import unrollings
from bohwsw.strategies import BayesianStrategy
from bohwsw.workload import Layer, Network, network_from_layers

NETWORK = network_from_layers(
    "tiny", [(Layer("a", K=6, C=8, P=14, Q=14, R=3, S=3), 2), (Layer("b", K=32, C=16), 1)]
)
SPACES = ("eyeriss-168", "eyeriss-equal-area", "simba-like", "edge-tpu-like")


def cycles(space: HardwareSpace, networks: Networks, points: list[dict[str, object]]) -> np.ndarray:
    searched = space.search_space(features=least_cycles(space.spec, networks))
    assert searched is not None
    return np.exp(searched.feature(searched.encode(points), LN_LEAST_CYCLES))


def drawn(space: HardwareSpace, count: int = 40) -> list[dict[str, object]]:
    searched = space.search_space()
    assert searched is not None
    return searched.sample(count, np.random.default_rng(0))


def by_unrollings(space: HardwareSpace, network: Network, point: dict[str, object]) -> float:
    """Exactly, one machine at a time, dataflow included."""
    hardware = space.hardware(point)
    total = 0.0
    for entry in network.unique_layers():
        found = unrollings(MapSpace(entry.layer, hardware.architecture, hardware.dataflow))
        total += entry.count * entry.layer.macs / int(found.prod(axis=(1, 2, 3)).max())
    return total


@pytest.mark.parametrize("name", SPACES)
def test_it_is_never_above_what_unrollings_allow_and_mostly_equal(name: str) -> None:
    space = load_space(name)
    points = drawn(space)
    found = cycles(space, Networks((NETWORK,)), points)
    exact = np.array([by_unrollings(space, NETWORK, point) for point in points])
    assert (found <= exact * (1 + 1e-9)).all()
    assert np.mean(found >= exact * (1 - 1e-9)) > 0.5


def test_no_mapping_takes_fewer() -> None:
    space = load_space("eyeriss-168")
    problem = Problem(space, NETWORK, recipe=best_recipe().changed(evaluations=2000))
    for point in drawn(space, 6):
        _, design = problem.evaluate(point)
        least = cycles(space, Networks((NETWORK,)), [point])[0]
        assert design.latency_cycles >= least * (1 - 1e-9)  # type: ignore[union-attr]


def test_of_several_networks_it_is_the_weighted_mean() -> None:
    space = load_space("eyeriss-168")
    other = network_from_layers("other", [(Layer("fc", K=64, C=64), 1)])
    points = drawn(space, 5)
    both = cycles(space, Networks((NETWORK, other), (3, 1)), points)
    each = [cycles(space, Networks((network,)), points) for network in (NETWORK, other)]
    np.testing.assert_allclose(both, each[0] ** 0.75 * each[1] ** 0.25, rtol=1e-9)


@pytest.mark.parametrize(
    ("objectives", "followed"),
    [(("edp",), ["objective"]), (("energy",), []), (("energy", "latency"), ["ln_latency_cycles"])],
)
def test_models_of_what_rises_with_cycles_start_from_them(
    objectives: tuple[str, ...], followed: list[str]
) -> None:
    space = space_from_dict(small_space())
    strategy = Problem(space, NETWORK, objectives).searcher()
    assert isinstance(strategy, BayesianStrategy)
    assert list(strategy.prior_means) == followed


def test_other_strategies_and_the_paper_have_no_prior_mean() -> None:
    assert not best_recipe().changed(strategy="random").prior_mean
    assert not paper_recipe().prior_mean
    assert best_recipe().changed(trials=3).prior_mean

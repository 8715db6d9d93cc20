"""Multipliers on words: every line bounds every point; those that cannot help are not tried."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from bohwsw.mapper.goal import Goal
from bohwsw.mapper.lagrangian import MOST_MULTIPLIERS, Amounts, LagrangianBound
from bohwsw.mapper.mapper import OBJECTIVES, Objective

INF = float("inf")
Point = tuple[float, Amounts]


def add(price: LagrangianBound, points: list[Point], multiplier: Amounts) -> None:
    """Note the cheapest of some points under a multiplier."""
    cost, energy, words = min(
        ((energy + float((multiplier * words).sum()), energy, words) for energy, words in points),
        key=lambda found: found[0],
    )
    price.add(multiplier, cost, energy, words)


def solve(price: LagrangianBound, points: list[Point]) -> list[float]:
    """Bounds after each multiplier, until no multiplier is left to try."""
    bounds = []
    multiplier: Amounts | None = np.zeros(price.capacity.shape)
    while multiplier is not None:
        add(price, points, multiplier)
        bounds.append(price.bound()[0])
        multiplier = price.next_multipliers()
    return bounds


def latency(price: LagrangianBound, words: Amounts) -> float:
    return max(price.least_cycles, float((words / price.capacity).max()))


def objectives(price: LagrangianBound, points: list[Point]) -> list[float]:
    cycles = [latency(price, words) for _, words in points]
    figures = {
        "edp": [energy * at for (energy, _), at in zip(points, cycles, strict=True)],
        "energy": [energy for energy, _ in points],
        "latency": cycles,
    }
    return figures[price.goal.objective]


def one_port(words: float) -> Amounts:
    return np.array([[words, 5.0]])


FRUGAL, SWIFT = (10.0, one_port(100.0)), (30.0, one_port(20.0))
ONE_PORT = np.array([[1.0, INF]])


def random_case(rng: Random, objective: Objective) -> tuple[LagrangianBound, list[Point]]:
    ports = rng.randint(1, 3)
    capacity = np.array([[rng.choice((INF, 0.5, 1.0, 3.0)) for _ in "rw"] for _ in range(ports)])
    points = [
        (
            rng.uniform(1, 50) if objective != "latency" else 0.0,
            np.array([[rng.uniform(1, 90) for _ in "rw"] for _ in range(ports)]),
        )
        for _ in range(rng.randint(1, 8))
    ]
    return LagrangianBound(Goal(objective), capacity, rng.uniform(1, 60)), points


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_bounds_rise_and_hold(objective: Objective) -> None:
    helped = 0
    for seed in range(150):
        price, points = random_case(Random(seed), objective)
        bounds = solve(price, points)
        assert bounds == sorted(bounds), seed
        assert bounds[-1] <= min(objectives(price, points)) * (1 + 1e-9), seed
        helped += bounds[-1] > bounds[0] * (1 + 1e-6)
    assert helped == 0 if objective == "energy" else helped > 20


def test_every_line_bounds_every_point() -> None:
    for seed in range(60):
        price, points = random_case(Random(seed), "edp")
        solve(price, points)
        for cost, slope in price.lines:
            for energy, words in points:
                assert energy >= (cost - slope * latency(price, words)) * (1 - 1e-9), seed


def test_worked_by_hand() -> None:
    """The energy at latency L is at least 35 - L / 4, its product with L least at the swift end."""
    price, points = LagrangianBound(Goal("edp"), ONE_PORT, 20.0), [FRUGAL, SWIFT]
    bounds = solve(price, points)
    assert bounds[0] == pytest.approx(10 * 20)
    assert bounds[-1] == pytest.approx(30 * 20, rel=1e-5)


def test_a_bound_on_the_latency() -> None:
    price, points = LagrangianBound(Goal("latency"), ONE_PORT, 15.0), [(0.0, one_port(20.0))]
    assert solve(price, points)[-1] == pytest.approx(20.0)
    assert price.bound()[1] == pytest.approx(20.0)


def test_words_without_a_limit_carry_no_slope() -> None:
    price = LagrangianBound(Goal("edp"), np.array([[2.0, INF]]), 20.0)
    price.add(np.array([[0.5, 7.0]]), 12.0, 10.0, one_port(4.0))
    assert price.lines == [(12.0, 1.0)]


class TestNoNextToll:
    def test_for_energy(self) -> None:
        price = LagrangianBound(Goal("energy"), ONE_PORT, 20.0)
        add(price, [FRUGAL, SWIFT], np.zeros((1, 2)))
        assert price.next_multipliers() is None

    def test_without_limited_ports(self) -> None:
        price = LagrangianBound(Goal("edp"), np.full((1, 2), INF), 20.0)
        add(price, [FRUGAL, SWIFT], np.zeros((1, 2)))
        assert price.next_multipliers() is None

    def test_where_the_cheapest_point_is_fast_enough(self) -> None:
        price = LagrangianBound(Goal("edp"), ONE_PORT, 100.0)
        add(price, [FRUGAL, SWIFT], np.zeros((1, 2)))
        assert price.next_multipliers() is None
        assert price.bound()[0] == min(objectives(price, [FRUGAL, SWIFT]))

    def test_after_the_most_tolls(self) -> None:
        price = LagrangianBound(Goal("edp"), ONE_PORT, 20.0)
        for tried in range(MOST_MULTIPLIERS):
            assert not tried or price.next_multipliers() is not None
            add(price, [FRUGAL, SWIFT], np.zeros((1, 2)))
        assert price.next_multipliers() is None


def test_telling_tolls() -> None:
    """The free one first, then those whose lines are highest where the bound is."""
    price, points = LagrangianBound(Goal("edp"), ONE_PORT, 20.0), [FRUGAL, SWIFT]
    for dear in (50.0, 0.0, 0.25, 0.01):
        add(price, points, np.array([[dear, 0.0]]))
    assert price.bound()[1] == 20.0
    # Lines at 20 cycles: 30 under 50 and 0.25, 10 for the free one, 10.8 under 0.01.
    assert price.tightest(1) == [1]
    assert price.tightest(3) == [1, 0, 2]
    assert price.tightest(9) == [1, 0, 2, 3]

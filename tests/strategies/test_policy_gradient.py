"""Policy gradients: distributions that keep constraints, and their updates."""

import numpy as np
import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Real, Space
from bohwsw.strategies import Outcome, RandomStrategy
from bohwsw.strategies.published.choices import MOST_COMBINATIONS, Choices
from bohwsw.strategies.published.policy_gradient import PolicyGradientStrategy
from bohwsw.testing import StrategyConformance

TIED = Space(
    [Integer("a", 1, 4), Integer("b", 1, 4), Categorical("c", ["x", "y", "z"])], ["a + b <= 5"]
)


class TestPolicyGradient(StrategyConformance):
    name = "policy_gradient"


class TestProximal(StrategyConformance):
    name = "policy_gradient"
    options = {"batch": 4, "epochs": 2}  # noqa: RUF012


class TestRecurrent(StrategyConformance):
    name = "policy_gradient"
    options = {"policy": "rnn", "rehearsals": 1}  # noqa: RUF012


def test_what_is_drawn_is_valid_and_as_likely_as_it_should_be():
    choices, rng = Choices(TIED), np.random.default_rng(0)
    logits = rng.normal(size=choices.n_logits)
    rows = choices.draw(logits, 40_000, rng)
    assert TIED.valid_rows(rows).all()
    every = TIED.all_rows(100)
    chances = np.exp(choices.log_probability(logits, every))
    assert chances.sum() == pytest.approx(1.0)
    counts = [np.count_nonzero((rows == row).all(axis=1)) for row in every]
    assert np.array(counts) / len(rows) == pytest.approx(chances, abs=0.01)
    entropy = -(chances * np.log(chances)).sum()
    assert choices.entropy(logits) == pytest.approx(entropy)


def test_the_gradient_is_that_of_the_probability():
    choices = Choices(TIED)
    logits = np.random.default_rng(1).normal(size=choices.n_logits)
    row = TIED.all_rows(100)[7]
    step = 1e-6 * np.eye(choices.n_logits)
    up, down = (
        np.array([choices.log_probability(logits + s * d, row[None])[0] for d in step])
        for s in (1, -1)
    )
    assert choices.gradient(logits, row) == pytest.approx((up - down) / 2e-6, abs=1e-6)


def test_a_continuum_and_many_combinations_are_stood_for_by_some():
    numbers = [Integer(f"n{k}", 1, 30) for k in range(4)]
    space = Space([Real("v", 0, 1), *numbers], ["n0 + n1 + n2 + n3 <= 60"])
    choices = Choices(space)
    assert max(len(part.rows) for part in choices.parts) <= MOST_COMBINATIONS
    assert space.valid_rows(
        choices.draw(np.zeros(choices.n_logits), 50, np.random.default_rng(2))
    ).all()


def found(chosen, n):
    for _ in range(n):
        (point,) = chosen.ask()
        chosen.tell(point, mixed(point))
    return chosen.best.outcome.objective


def test_it_finds_better_points_than_random_search():
    learned = [found(PolicyGradientStrategy(product_space(), seed), 80) for seed in range(5)]
    drawn = [found(RandomStrategy(product_space(), seed), 80) for seed in range(5)]
    assert np.median(learned) < np.median(drawn)


def test_a_batch_makes_what_was_better_in_it_likelier():
    search = PolicyGradientStrategy(TIED, 0, batch=2, epochs=3, rehearsals=0)
    points = [{"a": 1, "b": 2, "c": "x"}, {"a": 3, "b": 1, "c": "y"}]
    rows = np.array([TIED.row(point) for point in points])
    before = search.policy.log_probability(rows)
    search.tell(points[0], Outcome("completed", 1.0))
    assert search.policy.log_probability(rows) == pytest.approx(before)
    search.tell(points[1], Outcome("completed", 2.0))
    after = search.policy.log_probability(rows)
    assert after[0] > before[0]
    assert after[1] < before[1]


def test_a_recurrent_policy_is_a_distribution_that_a_step_moves():
    policy = PolicyGradientStrategy(TIED, 0, policy="rnn").policy
    every, rng = TIED.all_rows(100), np.random.default_rng(0)
    assert TIED.valid_rows(policy.draw(50, rng)).all()
    before = policy.log_probability(every)
    assert np.exp(before).sum() == pytest.approx(1.0)
    for _ in range(20):
        policy.step(every[[3, 8]], np.array([1.0, -1.0]))
    after = policy.log_probability(every)
    assert np.exp(after).sum() == pytest.approx(1.0)
    assert after[3] > before[3]
    assert after[8] < before[8]
    allowed = [(part.rows == every[8][part.columns]).all(axis=1) for part in policy.choices.parts]
    assert (policy.draw(5, rng, allowed=allowed) == every[8]).all()
    with pytest.raises(SpecError, match="rnn"):
        PolicyGradientStrategy(TIED, 0, policy="rn")


def test_options_out_of_range_are_refused():
    for options in ({"rate": 0.0}, {"batch": 0}, {"epochs": 0}):
        with pytest.raises(SpecError, match="out of its range"):
            PolicyGradientStrategy(TIED, 0, **options)

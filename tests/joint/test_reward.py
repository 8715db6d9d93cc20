"""Rewards equal to hand-computed ones, as objectives, limits and in files; refusals."""

from __future__ import annotations

import math
from typing import Any

import pytest
from toy_model import Asked, quick_recipe, toy_problem

from bohwsw.codesign import Design
from bohwsw.errors import SpecError
from bohwsw.joint import Accuracy, Reward, run_joint

POINT = {"width": 4, "depth": 1, "weight_bits": 8, "entries": 8}


def designs(reward: Reward | None, **options: Any) -> tuple[Design, Any]:
    problem = toy_problem(Asked(), reward=reward, **options)
    judged = problem.judge(problem.joint.point(POINT))
    assert isinstance(judged.found, Design)
    return judged.found, judged.outcome


def target(share: float, name: str = "latency_ms") -> dict[str, float]:
    """A target that the design takes so many times."""
    return {name: designs(None)[0].objective(name) / share}


@pytest.mark.parametrize(
    ("kind", "weight", "share", "factor"),
    [
        ("hard", None, 0.5, 1.0),
        ("hard", None, 1.0, 1.0),
        ("hard", None, 2.0, 0.5),
        ("hard", 2.0, 2.0, 0.25),
        ("soft", None, 2.0, 2.0**-0.07),
        ("soft", None, 0.5, 2.0**0.07),
        ("soft", 0.5, 4.0, 0.5),
        ("zero", None, 0.9, 1.0),
        ("zero", None, 1.1, 0.0),
        ("zero", 1.0, 1.1, 0.0),
    ],
)
def test_the_formula(kind: str, weight: float | None, share: float, factor: float) -> None:
    design, outcome = designs(
        Reward(kind, target(share), weight), objectives="reward", limits={"reward": -1.0}
    )
    # 85 is the accuracy, with a standard error of 0.5, of the toy at its default.
    assert design.figure("reward") == pytest.approx(85.0 * factor)
    assert outcome.objective == pytest.approx(-85.0 * factor)
    assert outcome.deviation["reward"] == pytest.approx(0.5 * factor)
    assert outcome.metrics["reward"] == pytest.approx(85.0 * factor)


def test_several_targets_multiply() -> None:
    both = {**target(2.0), **target(4.0, "energy_pj")}
    assert designs(Reward("hard", both))[0].figure("reward") == pytest.approx(85.0 / 8.0)


def test_a_reward_belongs_to_the_machine_too() -> None:
    reward = Reward("soft", {"latency_ms": 0.001})
    problem = toy_problem(Asked(), objectives="reward,edp", reward=reward)
    assert problem._known_structure()["relevant"] == {}
    accuracy = Accuracy({"accuracy_percent": 50.0, "reward": 7.0}, reused=True)
    found = problem.judge(problem.joint.point(POINT), accuracy).found
    assert isinstance(found, Design)
    assert found.figure("reward") == pytest.approx(50.0 * reward.factor(found))


@pytest.mark.parametrize("strategy", ["random", "evolutionary", "reusing"])
def test_any_strategy_searches_for_it(strategy: str) -> None:
    reward = Reward("hard", target(0.8))
    recipe = quick_recipe(12, strategy)
    result = run_joint(toy_problem(Asked(), objectives="reward", reward=reward, recipe=recipe))
    best = result.best
    rewards = [trial.metrics["reward"] for trial in result.trials if trial.state == "completed"]
    assert best.figure("reward") == max(x for x in rewards if x is not None)
    assert best.objective("accuracy") * reward.factor(best) == pytest.approx(max(rewards))
    assert result.to_data()["best"]["reward"] == best.figure("reward")


def test_what_is_no_reward_is_refused() -> None:
    with pytest.raises(SpecError, match="hard"):
        Reward("hrad", {"latency_ms": 1.0})
    with pytest.raises(SpecError, match="latency_ms"):
        Reward("hard", {"latency": 1.0})
    with pytest.raises(SpecError, match="target"):
        Reward("hard", {"accuracy_percent": 1.0})
    with pytest.raises(SpecError, match="without a target"):
        Reward("soft")
    with pytest.raises(SpecError, match="above 0"):
        Reward("soft", {"latency_ms": -1.0})
    for weight in (0.0, -1.0, math.nan):
        with pytest.raises(SpecError, match="weight"):
            Reward("soft", {"latency_ms": 1.0}, weight)
    source = Asked()
    source.figures = ("perplexity",)
    with pytest.raises(SpecError, match="accuracy_percent"):
        toy_problem(source, objectives="reward", reward=Reward("soft", {"latency_ms": 1.0}))
    with pytest.raises(SpecError, match="reward"):
        toy_problem(Asked(), objectives="rewrad")

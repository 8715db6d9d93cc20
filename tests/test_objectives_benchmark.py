"""Problems of several objectives: their fronts, the methods, the command."""

import json

import numpy as np
import pytest
import torch
from botorch.utils.multi_objective.hypervolume import Hypervolume

from benchmarks.command import run_command
from benchmarks.optimizers.methods.gp_models import fitted_models
from benchmarks.optimizers.objectives import runner
from benchmarks.optimizers.objectives.__main__ import markdown
from benchmarks.optimizers.objectives.problem import front_of
from benchmarks.optimizers.objectives.problems import BUILDERS, HELD_BACK, problem

NAMES = tuple(BUILDERS)


def drawn(name, n):
    subject = problem(name)
    points = subject.space.sample(n, np.random.default_rng(1))
    found = [subject.evaluate(point) for point in points]
    return [(one.objective, *one.further) for one in found if one.feasible]


@pytest.mark.parametrize("name", NAMES)
def test_no_feasible_point_lies_before_the_front(name):
    subject = problem(name)
    values = np.array(drawn(name, 300))
    both = front_of(np.concatenate([subject.front, values]))
    gained = subject.missing(subject.front.tolist()) - subject.missing(both.tolist())
    assert 0.0 <= gained < 1e-3
    assert 0.0 < subject.missing(values.tolist()) <= subject.missing(values[:20].tolist()) <= 1.0
    assert subject.missing([]) == 1.0


@pytest.mark.parametrize("name", ["cells_devices", "cells_three"])
def test_a_share_is_botorchs(name):
    subject = problem(name)
    low, high = subject.front.min(axis=0), subject.front.max(axis=0)
    volume = Hypervolume(torch.as_tensor(-(high + 0.1 * (high - low))))
    values = np.array(drawn(name, 300))
    some, all_of_it = (
        volume.compute(torch.as_tensor(-front_of(v))) for v in (values, subject.front)
    )
    assert 1.0 - subject.missing(values.tolist()) == pytest.approx(some / all_of_it)


def test_other_coefficients_make_another_problem():
    for name in NAMES:
        if problem(name).kind != "engineering":
            assert len(problem(name, 3).front) > 3
            assert problem(name, 3).front.tolist() != problem(name).front.tolist()


@pytest.mark.parametrize(
    ("method", "trials"), [("bohwsw", 12), ("optuna_nsga2", 22), ("optuna_gp", 11), ("botorch", 9)]
)
@pytest.mark.parametrize("name", ["flags_size", "disc_brake"])
def test_methods_learn_what_is_told_and_what_is_hidden(method, trials, name):
    pytest.importorskip("optuna")
    found = runner.run_task(runner.Task(name, method, 0, trials))
    assert found["error"] is None
    assert len(found["missing"]) == len(found["seconds"]) == trials
    assert found["missing"] == sorted(found["missing"], reverse=True)
    assert found["missing"][-1] < 1.0 or not found["feasible"]


def test_botorchs_improvement_is_that_of_its_own_posteriors():
    from benchmarks.optimizers.objectives.botorch_fronts import _Independent

    x = torch.rand(9, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values = {"a": x.sum(dim=1).tolist(), "b": [None, *(x[1:, 0] ** 2).tolist()]}
    models, outputs = fitted_models(values, x, lambda: None, {})
    assert outputs == ["a", "b"]
    at = torch.rand(4, 1, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = _Independent(models).posterior(at)
    for i, model in enumerate(models):
        own = model.posterior(at)
        assert torch.allclose(found.mean[..., [i]], own.mean, atol=1e-6)
        assert torch.allclose(found.variance[..., [i]], own.variance, rtol=1e-3, atol=1e-8)


def test_the_command_runs(capsys):
    pytest.importorskip("optuna")
    arguments = ["--quick", "--json"]
    assert run_command("optimizers.objectives", "", runner.run, markdown, arguments) == 0
    results = json.loads(capsys.readouterr().out)
    rows = {(row["problem"], row["method"]): row for row in results["rows"]}
    again = runner.run_task(runner.Task("cells_devices", "random", 0, 15))
    assert rows["cells_devices", "random"]["missing"] == again["missing"][-1]
    assert rows["cells_devices", "random"]["infeasible"] == 1.0 - again["feasible"] / 15
    page = markdown(results)
    assert "| reactor_told | held back | mixed |" in page
    assert {row["part"] for row in results["ranks"]} >= {"tuned on", "held back", "networks"}


def test_equal_seconds_count_what_a_method_takes():
    task = {"problem": "cells_devices", "method": "bohwsw", "seed": 0, "trials": 4}
    one = {"task": task, "missing": [0.8, 0.6, 0.4, 0.2], "seconds": [0.0, 0.1, 0.1, 0.1]}
    assert runner._after([one], None) == [0.2]
    assert runner._after([one], 1.0) == [0.4]
    assert runner._after([one], 0.1) == [0.6]
    assert set(HELD_BACK) < set(NAMES)

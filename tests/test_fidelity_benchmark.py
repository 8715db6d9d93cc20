"""The benchmark of fidelities: problems, costs, regrets, the page."""

import dataclasses

import numpy as np
import pytest

from benchmarks.fidelity import runner
from benchmarks.fidelity.problem import MEMORY, hypervolume, problems
from bohwsw.strategies import SpaceFidelity


def test_an_area_below_a_reference_point():
    assert hypervolume([[1, 2], [2, 1], [2, 2], [9, 0]], (3, 3)) == 3.0
    assert hypervolume([], (3, 3)) == 0.0


@pytest.mark.parametrize("problem", problems(), ids=lambda problem: problem.name)
def test_cheap_evaluations_resemble_dear_ones_and_none_beats_the_best(problem):
    space = problem.space(with_fidelity=True)
    bound = SpaceFidelity(problem.fidelity, space)
    rows = space.sample_rows(60, np.random.default_rng(0))
    final = bound.projected(rows)
    np.testing.assert_allclose(bound.cost(final), 1.0)
    assert bound.cost(rows).max() <= 1.0
    pairs = [
        (problem.measure(space.point(here)), problem.measure(space.point(there)))
        for here, there in zip(rows, final, strict=True)
    ]
    name = problem.objectives[0]
    known = np.array([[a[name], b[name]] for a, b in pairs if a is not None and b is not None])
    assert np.corrcoef(known.T)[0, 1] > 0.5
    designs = [space.point(row) for row in final]
    found = problem.regret([{n: v for n, v in d.items() if n != "s"} for d in designs])
    assert found > -1e-3


def test_what_breaks_a_limit_has_no_regret():
    problem = next(p for p in problems() if p.limits)
    wide = {"xwidth": 512, "xdepth": 12, "xrate": 1e-3, "xkind": "adam"}
    assert problem.measure({**wide, "s": 81})["memory"] > MEMORY
    assert problem.regret([wide]) == np.inf
    assert problem.measure({**wide, "xrate": 1.0, "s": 1}) is None


def test_methods_spend_the_budget_and_the_page_is_written(monkeypatch):
    small = [dataclasses.replace(problem, budget=2.0) for problem in problems()[2:3]]
    monkeypatch.setattr(runner, "problems", lambda: small)
    monkeypatch.setattr(runner, "run_each", lambda function, tasks: map(function, tasks))
    results = runner.run(True, lambda line: None)
    ours, alone, _ = results["rows"]
    assert ours["evaluations"] > alone["evaluations"] == alone["at_target"] == 2
    assert ours["at_target"] < ours["evaluations"]
    assert "Currin" in runner.markdown(results)

"""Latency tables in joint searches: objectives and limits that come before any accuracy."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from toy_model import Asked, toy_problem

from bohwsw.accuracy import LatencyTable
from bohwsw.codesign import FIGURES, Design, figure_of
from bohwsw.errors import SpecError
from bohwsw.strategies import TrialState
from bohwsw.study import Trial, evaluate_trial

TABLE = LatencyTable("phone_latency_ms", {"width=2": 0.0, "width=4": 1.0, "depth=1": 0.5}, 2.0)


@pytest.fixture(autouse=True)
def _own_figures() -> Iterator[None]:
    """Each test registers its figures anew, and none outlives it: other tests list them all."""
    yield
    for name in [name for name in FIGURES if name.startswith("phone")]:
        del FIGURES[name]


def test_a_table_is_a_figure_of_designs() -> None:
    objectives = "accuracy,phone_latency_ms"
    problem = toy_problem(Asked(), objectives=objectives, tables=[TABLE])
    judged = problem.judge(problem.joint.point({}))
    assert isinstance(judged.found, Design)
    assert judged.found.figure("phone_latency_ms") == 3.5
    assert not figure_of("phone_latency_ms").maximised
    assert problem.settings()["tables"][0]["base"] == 2.0


def test_a_network_over_a_limit_of_a_table_is_never_measured() -> None:
    source = Asked()
    problem = toy_problem(source, limits={"phone_latency_ms": 3.0}, tables=[TABLE])
    judged = problem.judge(problem.joint.point({}))
    assert judged.outcome.state is TrialState.INFEASIBLE
    assert "phone_latency_ms 3.5 of at most 3" in (judged.outcome.reason or "")
    assert source.knobs == []
    narrow = problem.judge(problem.joint.point({"width": 2}))
    assert narrow.outcome.metrics["phone_latency_ms"] == 2.5


def test_worker_processes_have_the_table_of_their_problem() -> None:
    limits = {"phone_latency_ms": 3.6}
    kept = pickle.dumps(toy_problem(Asked(), limits=limits, tables=[TABLE]))
    slower = LatencyTable(TABLE.figure, TABLE.entries, 9.0)
    assert toy_problem(Asked(), limits=limits, tables=[slower])
    problem = pickle.loads(kept)
    outcome = problem.judge(problem.joint.point({})).outcome
    assert outcome.metrics["phone_latency_ms"] == 3.5


def test_networks_that_a_table_does_not_know_fail_by_name(tmp_path: Path) -> None:
    problem = toy_problem(Asked(), tables=[TABLE])
    trial = Trial(number=0, point=problem.joint.point({"width": 8}))
    ended, _ = evaluate_trial(problem, {"trial": trial, "known": None})
    assert ended.outcome is not None
    assert ended.outcome.state is TrialState.FAILED
    assert "width=8" in (ended.outcome.reason or "")
    with pytest.raises(SpecError, match="depth=1"):  # the default network
        toy_problem(Asked(), tables=[LatencyTable("phone_ms", {"depth=0": 1.0})])


def test_a_table_does_not_take_the_name_of_a_figure() -> None:
    with pytest.raises(SpecError, match="has the name of the table's"):
        toy_problem(Asked(), tables=[LatencyTable("latency_ms", {"width=4": 1.0})])

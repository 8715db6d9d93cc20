"""Points of the joint problem: cheap figures first, accuracies as figures, broken sources."""

from __future__ import annotations

import math
import pickle

import pytest
from toy_model import TOY, Asked, accuracy_percent, quick_recipe, toy_problem

from bohwsw.accuracy import CallableSource, NotMeasurableError, PerplexitySource, TableSource
from bohwsw.codesign import FIGURES, Design, Rejection, figure_of, joint_recipe
from bohwsw.errors import SpecError
from bohwsw.joint import Accuracy
from bohwsw.strategies import TrialState


def test_accuracy_is_a_figure_beside_the_others() -> None:
    problem = toy_problem(Asked())
    judged = problem.judge(problem.joint.point({}))
    assert isinstance(judged.found, Design)
    known = accuracy_percent(TOY["default"])
    assert judged.found.figure("accuracy") == judged.found.figures()["accuracy_percent"] == known
    assert judged.found.networks[0].knobs == TOY["default"]
    edp = math.log(judged.found.edp_pj_cycles)
    assert judged.outcome.metrics == {"minimised_accuracy_percent": -known, "ln_edp_pj_cycles": edp}
    assert judged.outcome.deviations == {"minimised_accuracy_percent": 0.5}


def test_a_network_over_a_limit_is_never_measured() -> None:
    source = Asked()
    problem = toy_problem(source, limits={"latency_ms": 1e-6})
    judged = problem.judge(problem.joint.point({}))
    assert judged.outcome.state is TrialState.INFEASIBLE
    assert "latency_ms" in (judged.outcome.reason or "")
    assert isinstance(judged.found, Rejection)
    assert judged.found.violations[0].ratio > 1.0
    assert judged.accuracy is None
    assert source.knobs == []


def test_limits_on_accuracies_come_last_and_tell_all() -> None:
    source = Asked()
    problem = toy_problem(source, limits={"accuracy_percent": 99.0}, objectives="edp")
    judged = problem.judge(problem.joint.point({}))
    assert judged.outcome.state is TrialState.INFEASIBLE
    assert len(source.knobs) == 1
    assert "accuracy_percent 85 of at least 99" in (judged.outcome.reason or "")
    assert judged.outcome.deviations == {"accuracy_percent": 0.5}
    told = problem.told(judged.outcome)
    assert told.state is TrialState.COMPLETED
    assert told.objective is not None
    assert told.metrics == {"accuracy_percent": 85.0}
    over = toy_problem(source, limits={"accuracy_percent": 50.0, "latency_ms": 1e-6})
    outcome = over.judge(over.joint.point({})).outcome
    assert over.told(outcome).state is TrialState.INFEASIBLE


def test_a_known_network_is_not_measured_again() -> None:
    source = Asked()
    problem = toy_problem(source)
    known = Accuracy({"accuracy_percent": 12.0}, seconds=3.0, trainings=2)
    judged = problem.judge(problem.joint.point({}), known)
    assert source.knobs == []
    assert isinstance(judged.found, Design)
    assert judged.found.figure("accuracy") == 12.0
    assert judged.accuracy == Accuracy({"accuracy_percent": 12.0}, reused=True)


def test_networks_that_cost_nothing_are_saved_only_if_their_number_is_limited() -> None:
    table = TableSource("digits-cnn", fidelity=("epochs",))
    cases = ((table, None, 0), (table, 3, 1), (PerplexitySource(), None, 0), (Asked(), None, 1))
    for source, most, turns in cases:
        problem = toy_problem(source, recipe=joint_recipe(), measurements=most)
        assert vars(problem.searcher())["cheap_turns"] == turns


def test_a_network_without_accuracy_is_infeasible() -> None:
    problem = toy_problem(Asked(NotMeasurableError("does not compile")))
    judged = problem.judge(problem.joint.point({}))
    assert judged.outcome.state is TrialState.INFEASIBLE
    assert judged.outcome.reason == "accuracy source 'asked': does not compile"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (Asked(ZeroDivisionError("by zero")), "ZeroDivisionError: by zero"),
        (Asked(SystemExit(3)), "SystemExit: 3"),
        (Asked(value=math.nan), "finite number"),
        (Asked(value=101.0), "from 0 to 100"),
        (Asked(value=[1.0, 2.0, 3.0]), "finite number"),
        (CallableSource(lambda knobs: {"top1": 3.0}), "accuracy_percent"),
        (CallableSource(lambda knobs: None), "finite number"),
    ],
)
def test_a_broken_source_is_a_failed_trial_with_the_reason(source: object, reason: str) -> None:
    problem = toy_problem(source)
    judged = problem.judge(problem.joint.point({}))
    assert judged.outcome.state is TrialState.FAILED
    assert reason in (judged.outcome.reason or "")
    assert isinstance(judged.found, Design)  # what hardware figures say is kept


def test_perplexities_are_minimised_by_their_logarithms() -> None:
    source = CallableSource(lambda knobs: (20.0, 0.4), ("perplexity",))
    problem = toy_problem(source, objectives="perplexity,energy")
    outcome = problem.judge(problem.joint.point({})).outcome
    assert outcome.metrics["ln_perplexity"] == pytest.approx(math.log(20.0))
    assert outcome.deviations["ln_perplexity"] == pytest.approx(0.02)
    assert not figure_of("perplexity").maximised


def test_the_default_network_on_the_baseline_comes_first_and_then_starts() -> None:
    start = {"width": 8, "depth": 0, "entries": 8}
    problem = toy_problem(Asked(), first=[start])
    first = problem.searcher().ask(2)
    assert first == [problem.joint.point({}), problem.joint.point(start)]


def test_unknown_figures_and_bad_budgets_are_refused() -> None:
    with pytest.raises(SpecError, match="accurracy"):
        toy_problem(Asked(), objectives="accurracy,edp")
    with pytest.raises(SpecError, match="measurements"):
        toy_problem(Asked(), measurements=0)
    with pytest.raises(SpecError, match="seconds"):
        toy_problem(Asked(), seconds=-1.0)


def test_it_travels_to_worker_processes() -> None:
    problem = toy_problem(Asked(), recipe=quick_recipe())
    data = pickle.dumps(problem)
    del FIGURES["accuracy_percent"]
    copy = pickle.loads(data)
    assert copy.objectives == ("accuracy", "edp")
    assert "accuracy_percent" in FIGURES

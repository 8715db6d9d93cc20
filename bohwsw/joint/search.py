"""The search of a joint study: networks and machines, accuracies last and each asked for once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bohwsw import strategies  # names that need torch load when they are used
from bohwsw.accuracy import AccuracySource, Measurement, measure
from bohwsw.codesign import Design, Problem, Rejection
from bohwsw.execution import WorkerPool
from bohwsw.joint.accuracies import Accuracy, network_key
from bohwsw.joint.joint_problem import JointProblem
from bohwsw.joint.result import JointResult
from bohwsw.space import Point, Value
from bohwsw.study import (
    CodesignResult,
    CodesignSearch,
    Evaluated,
    Trial,
    metrics_of,
    run_codesign,
    timed,
)


class JointSearch(CodesignSearch):
    """Suggests points of the joint space; remembers the accuracy of every network."""

    _problem: JointProblem

    def __init__(self, problem: JointProblem, *others: Any) -> None:
        self._known: dict[str, Accuracy] = dict(problem.accuracies)
        super().__init__(problem, *others)

    def mapped_again(self, problem: Problem, trial: Trial) -> Design | Rejection:
        """The design of a completed trial, mapped as at the end; its accuracy is as it was."""
        assert isinstance(problem, JointProblem)
        knobs = self._knobs(trial.point)
        accuracy = accuracy_of(trial.artifacts)
        return problem.map_network_finally(knobs, *self.machine_of(trial), accuracy)

    def finished(self, result: CodesignResult) -> CodesignResult:
        """The result, with what the default network reached if a trial had it."""
        default = self._knobs(
            {**self._problem.joint.model.spec.default, **self._problem.joint.knobs}
        )
        known = self._known.get(self._key(default))

        def told(found: Design | Rejection | None) -> Any:
            if not isinstance(found, Design) or known is None or not known.figures:
                return found
            return self._problem.measured(found, known)[0]

        fields = {**vars(result)}
        for name in ("baseline", "baseline_free"):
            fields[name] = told(fields[name])
        return JointResult(**fields)

    def _concrete(self, point: Point) -> tuple[Problem, Point]:
        return self._problem.concrete(point)

    def _evaluator(self, problem: Problem) -> Callable[[dict[str, Any]], Evaluated]:
        assert isinstance(problem, JointProblem)
        return partial(evaluate_joint, problem)

    def _suggested(self, worker: str) -> Trial | None:
        most = self._problem.measurements
        if most is not None:
            asked = [accuracy_of(trial.artifacts) for trial in self._ended.values()]
            if sum(x is not None and not x.reused for x in asked) >= most:
                strategy = self._suggester.up_to_date()
                if not isinstance(strategy, strategies.ReusingStrategy):
                    return None
                strategy.only_tried = True
        return super()._suggested(worker)

    def _task(self, trial: Trial) -> Mapping[str, Any]:
        return {"trial": trial, "known": self._known.get(self._key(trial.point))}

    def _learn(self, trial: Trial) -> None:
        accuracy = accuracy_of(trial.artifacts)
        if accuracy is not None and (accuracy.figures or accuracy.reason):
            self._known.setdefault(self._key(trial.point), accuracy)
        super()._learn(trial)

    def _key(self, point: Mapping[str, Value]) -> str:
        """Equal where a source would be asked the same."""
        return network_key({**self._knobs(point), **self._problem.joint.fidelity(point)})

    def _knobs(self, point: Mapping[str, Value]) -> Point:
        return self._problem.joint.split(point)[0]


def run_jointly(problem: JointProblem, **options: Any) -> JointResult:
    """Search the joint space; options are those of `run_codesign`, and so are errors."""
    found = run_codesign(problem, search_by=JointSearch, **options)
    assert isinstance(found, JointResult)
    return found


def evaluate_joint(problem: JointProblem, task: Mapping[str, Any]) -> Evaluated:
    """Evaluate a trial; what goes wrong is its state, never an exception."""
    ask = measure if problem.seconds is None else partial(_ask_apart, problem.seconds)

    def evaluated(trial: Trial) -> Evaluated:
        judged = problem.judge(trial.point, task["known"], ask)
        trial = replace(trial, outcome=judged.outcome)
        if judged.accuracy is not None:
            trial = replace(trial, artifacts={"accuracy": accuracy_data(judged.accuracy)})
        if isinstance(judged.found, Rejection):
            return replace(trial, details=tuple(judged.found.to_json())), None
        design = judged.found if judged.outcome.values else None
        return replace(trial, metrics=metrics_of(judged.found)), design

    return timed(evaluated, task["trial"])


_POOLS: dict[float, WorkerPool] = {}
"""For each time-out, the process that asks sources; it lives as long as this one."""


def _ask_apart(
    seconds: float, source: AccuracySource, knobs: Mapping[str, Any], fidelity: Mapping[str, int]
) -> Measurement:
    """Ask a source in a process of its own, which is killed when it takes too long.

    Raises:
        TaskTimeoutError, WorkerDiedError: it did, or has died; and what asking raises.
    """
    pool = _POOLS.get(seconds)
    if pool is None:
        pool = _POOLS[seconds] = WorkerPool(1, timeout_seconds=seconds)
    try:
        found: Measurement = pool.submit(measure, source, dict(knobs), dict(fidelity)).result()
    except KeyboardInterrupt:
        _POOLS.pop(seconds).kill_workers()
        raise
    return found


def accuracy_data(accuracy: Accuracy) -> dict[str, Any]:
    """An accuracy as plain data, as it is stored with trials."""
    data = {name: value for name, value in vars(accuracy).items() if value is not None}
    for name in ("densities", "partial"):
        if not data[name]:
            del data[name]
    return {**data, "seconds": round(accuracy.seconds, 4)}


def accuracy_of(artifacts: Mapping[str, Any]) -> Accuracy | None:
    """The accuracy among the artifacts of a trial; None if nobody was asked."""
    data = artifacts.get("accuracy")
    return None if data is None else Accuracy(**data)

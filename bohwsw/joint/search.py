"""The search of a joint study: networks and machines, accuracies last and each asked for once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bohwsw import strategies  # names that need torch load when they are used
from bohwsw.joint.accuracies import Accuracy, accuracy_of
from bohwsw.joint.joint_problem import JointProblem
from bohwsw.study import CodesignResult, CodesignSearch, Trial, run_codesign


class JointSearch(CodesignSearch):
    """Suggests points of the joint space; remembers the accuracy of every network."""

    _problem: JointProblem

    def __init__(self, problem: JointProblem, *others: Any) -> None:
        self._known: dict[str, Accuracy] = dict(problem.accuracies)
        super().__init__(problem, *others)

    def informed(self) -> JointProblem:
        """The problem with all accuracies that were measured."""
        return replace(self._problem, accuracies=self._known)

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
        return {"trial": trial, "known": self._known.get(self._problem.key(trial.point))}

    def _learn(self, trial: Trial) -> None:
        accuracy = accuracy_of(trial.artifacts)
        if accuracy is not None and (accuracy.figures or accuracy.reason):
            self._known.setdefault(self._problem.key(trial.point), accuracy)
        super()._learn(trial)


def run_jointly(problem: JointProblem, **options: Any) -> CodesignResult:
    """Search the joint space; options are those of `run_codesign`, and so are errors."""
    return run_codesign(problem, search_by=JointSearch, **options)

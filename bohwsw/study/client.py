"""The optimiser inside other people's loops: the verbs of Ax 1.x.

client = Client()
client.configure_experiment([RangeParameterConfig("x", (0, 10), "int")])
client.configure_optimization("-cost")
for index, parameters in client.get_next_trials(4).items():
    client.complete_trial(index, {"cost": cost(**parameters)})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from bohwsw import strategies  # explain_run needs torch: not before it is asked for
from bohwsw.checks import MOST_TRIALS, whole_number
from bohwsw.errors import SpecError
from bohwsw.execution import (
    TOLERATED_FAILURE_RATE,
    Evaluator,
    RunnerExecutor,
    RunStatistics,
    evaluate,
    failure,
    outcome_of,
    refused,
    require_ordinary,
    warn_of,
)
from bohwsw.strategies import (
    FidelityExplanation,
    Outcome,
    SpaceExhaustedError,
    SpaceFidelity,
    TrialState,
    spending,
)
from bohwsw.study.configured_study import ConfiguredStudy, in_turn, refuse
from bohwsw.study.loop import ExecutorOrFactory, Loop, lost_trials
from bohwsw.study.results import Best, Measured, at_targets, best_designs, best_trials, table_of
from bohwsw.study.trial import ATTACHED, Trial

Progress = Callable[[int, int, TrialState], None]
"""Called with how many trials have ended, how many are wanted, and the state of the last."""


class Client(ConfiguredStudy):
    """A study that others drive: asks for trials, reports what came of them, may die at any time.

    Any number of clients, in any processes, may share a study by its storage and name. A client
    may be used from any number of threads: its verbs wait for one another, the evaluations of
    `run_trials` do not. With the same seed and the same results come the same suggestions.
    """

    @in_turn
    def get_next_trials(
        self,
        max_trials: int = 1,
        fixed_parameters: Mapping[str, Any] | None = None,
        *,
        watched: bool = False,
    ) -> dict[int, dict[str, Any]]:
        """Ask for points to evaluate, by number; fewer than asked for if the space has no more.

        Args:
            fixed_parameters: values that the points must have.
            watched: whether the trials go to somebody else if this client dies. It must then say
                that it lives, as `run_trials` does; trials of others that died come first.

        Raises:
            SpaceExhaustedError: the space has none left at all.
            SpecError: a fixed parameter is not one, or nothing valid has these values.
        """
        max_trials = whole_number(
            "max_trials", max_trials, most=MOST_TRIALS, problem="not a number of trials"
        )
        part = self._known.search_space.fixed(fixed_parameters) if fixed_parameters else None
        found = []
        if watched and part is None:
            found = lost_trials(self._stored, self.storage, self._worker, max_trials)
        while len(found) < max_trials:
            try:
                found.append(self._suggester.next(self._worker, part, watched=watched))
            except SpaceExhaustedError:
                if not found:
                    raise
                break
        return {trial.number: dict(trial.point) for trial in found}

    @in_turn
    def attach_trial(self, parameters: Mapping[str, Any], arm_name: str | None = None) -> int:
        """Start a trial of one's own, at a valid point of the space; gives its number."""
        plain = self._known.search_space.attached(parameters)
        return self._stored.add(plain, source=ATTACHED, name=arm_name).number

    @in_turn
    def complete_trial(
        self, trial_index: int, raw_data: Mapping[str, Any] | None = None, progression: Any = None
    ) -> TrialState:
        """Report what was measured, by name: numbers, or pairs of mean and standard error.

        Returns:
            ``completed``; or ``failed`` if a value that the goals speak of is missing, or one is
            not a finite number: such a trial says nothing about its point. The first of them is
            told of by a `FailedTrialWarning`. Further values are stored and shown.

        Raises:
            TrialStateError: there is no such trial, or it has ended.
        """
        refuse(progression=progression)
        return self.finish_trial(trial_index, raw_data if raw_data is not None else {})

    @in_turn
    def finish_trial(self, trial_index: int, result: Any) -> TrialState:
        """Report whatever an evaluator returned, see `outcome_of`; never a broken study."""
        outcome = self._finished(trial_index, result)
        if outcome.state is TrialState.FAILED and not self._has_warned:
            self._has_warned = True
            warn_of(trial_index, outcome)
        return outcome.state

    @in_turn
    def mark_trial_failed(self, trial_index: int, failed_reason: str | None = None) -> None:
        """Report that the evaluator broke: the point is not repeated, nothing is learned of it."""
        self._end(trial_index, failure(failed_reason or "no reason given"))

    @in_turn
    def mark_trial_abandoned(self, trial_index: int) -> None:
        """Give a trial up; its point is not suggested again, and nothing is learned from it."""
        self._end(trial_index, Outcome(TrialState.ABANDONED))

    @in_turn
    def mark_trial_infeasible(
        self, trial_index: int, reason: str, raw_data: Mapping[str, float] | None = None
    ) -> None:
        """Report that a point breaks a constraint that only the evaluator knows: learned from.

        Args:
            reason: which constraint, with value and limit.
            raw_data: what was measured nevertheless; outcome constraints learn from it.
        """
        outcome = Outcome(TrialState.INFEASIBLE, reason=reason, metrics=raw_data or {})
        self._end(trial_index, outcome)

    def run_trials(
        self,
        max_trials: int,
        parallelism: int = 1,
        tolerated_trial_failure_rate: float = TOLERATED_FAILURE_RATE,
        initial_seconds_between_polls: float = 1.0,
        *,
        evaluator: Evaluator | None = None,
        executor: ExecutorOrFactory | None = None,
        timeout_seconds: float | None = None,
        progress: Progress | None = None,
    ) -> RunStatistics:
        """Suggest, evaluate and report; a free worker gets a new suggestion at once.

        Trials that another run left behind are evaluated first. Ctrl-C keeps what has ended and
        gives back what has not.

        Args:
            tolerated_trial_failure_rate: once more than this share of at least five trials have
                failed, the run ends with an error that gives the first reason; so does, unless this
                is 1, a run of which all trials fail. Infeasible ones have not failed.
            initial_seconds_between_polls: of a runner; the waits grow.
            evaluator: turns parameters into measured values; the configured runner if absent.
            executor: where it runs, see `run_asynchronously`; in this process if absent.
            timeout_seconds: an evaluation that takes longer counts as failed; not in this process,
                where nothing can interrupt it. A runner is told to stop it.

        Raises:
            FailureRateError: too many trials have failed.
            SpecError: there is no evaluator and no runner, or it cannot be sent to a worker.
            ExecutorError: the executor broke and cannot be replaced.
        """
        task: Callable[[Trial], Mapping[str, Any]] = attrgetter("point")
        if evaluator is not None:
            require_ordinary(evaluator)
        else:
            refuse(executor=executor)  # a runner runs its trials itself
            polls = initial_seconds_between_polls
            runner = self._runner_executor(parallelism, polls, timeout_seconds)
            evaluator, executor, timeout_seconds = runner.evaluate, lambda: runner, None
            task = _numbered
        report = progress or (lambda *_: None)
        loop = Loop(
            self._stored,
            self.storage,
            self._suggested,
            task,
            partial(evaluate, evaluator),
            failure,
            lambda trial, found: self._finished(trial.number, found),
            lambda done, outcome: report(done, max_trials, outcome.state),
        )
        return loop.run(
            n_trials=max_trials,
            parallelism=parallelism,
            executor=executor,
            timeout_seconds=timeout_seconds,
            tolerated_failure_rate=tolerated_trial_failure_rate,
        )

    @property
    def trials(self) -> list[Trial]:
        """All trials so far, whoever has asked for them."""
        return self._stored.trials()

    @in_turn
    def get_best_parameterization(self, use_model_predictions: bool = True) -> Best:
        """The best feasible trial.

        Args:
            use_model_predictions: where trials report standard errors, the best is the one that
                the model believes in, and its values are predicted ones: the lowest of many noisy
                measurements is the luckiest. Exact measurements are taken at their word. In a study
                with a fidelity it is the design, tried at any, whose prediction at the target is
                the best; without predictions the best of the trials at the target.

        Raises:
            BohwswError: no trial is feasible, or there are several objectives.
        """
        if len(self._goals.maximised) > 1:
            raise SpecError("there are several objectives", expected="get_pareto_frontier instead")
        return self._best_trials(use_model_predictions)[0]

    @in_turn
    def get_pareto_frontier(self, use_model_predictions: bool = True) -> list[Best]:
        """The feasible trials that no other one beats in every objective; see above."""
        if len(self._goals.maximised) == 1:
            raise SpecError("there is one objective", expected="get_best_parameterization instead")
        return self._best_trials(use_model_predictions)

    @in_turn
    def predict(self, points: Sequence[Mapping[str, Any]]) -> list[Measured]:
        """What the values of the goals would be elsewhere: mean and standard deviation each.

        The strategy says so; it has learned from infeasible trials, too, what they have measured.

        Raises:
            BohwswError: there are no two trials that have measured the same value.
            SpecError: a point is not in the space.
        """
        rows = [self._known.search_space.point(point) for point in points]
        found = self._suggester.up_to_date().predict(rows)
        return [self._goals.of_predicted(values) for values in found]

    @in_turn
    def summarize(self, trial_indices: Sequence[int] | None = None) -> Any:
        """A ``pandas.DataFrame`` with a row a trial, all of them if absent; see `table_of`.

        With a fidelity ``attrs["spending"]`` says what was spent where, see `get_spending`.
        """
        trials = self._stored.trials()
        if trial_indices is not None:
            trials = [trial for trial in trials if trial.number in set(trial_indices)]
        table = table_of(trials, self._known.search_space.space.names)
        if self._known.fidelity is not None:
            table.attrs["spending"] = self.get_spending()
        return table

    @in_turn
    def get_spending(self) -> FidelityExplanation:
        """What ended trials have cost, by fidelity; a SpecError if the study has none."""
        known, study = self._known, self._known.search_space
        if known.fidelity is None:
            raise SpecError("the study has no fidelity", expected="configure_fidelity(...) first")
        points = [study.known_point(x.point) for x in self._stored.trials() if x.outcome]
        return spending(SpaceFidelity(known.fidelity, study.space), points)

    @in_turn
    def explain_run(self) -> strategies.RunExplanation:
        """What the models have found in the trials, or that they know nothing yet."""
        return strategies.explain_run(self._suggester.up_to_date())

    _has_warned = False
    """Whether it was said that a trial failed which somebody has reported."""

    @in_turn
    def _finished(self, trial_index: int, result: Any) -> Outcome:
        goals = self._goals
        try:
            if isinstance(result, Mapping):
                goals.require_values(map(str, result))
            outcome = goals.named(outcome_of(result))
            goals.told(outcome)
        except SpecError as error:
            outcome = refused(error)
        self._end(trial_index, outcome)
        return outcome

    def _end(self, trial_index: int, outcome: Outcome) -> None:
        if isinstance(trial_index, bool) or not isinstance(trial_index, int | np.integer):
            raise SpecError("not the number of a trial", key_path="trial_index", got=trial_index)
        number = min(max(int(trial_index), -1), 2**31 - 1)  # no database has more
        self._stored.finish(Trial(number, {}, outcome))

    @in_turn
    def _suggested(self, worker: str) -> Trial | None:
        try:
            return self._suggester.next(worker, watched=True)
        except SpaceExhaustedError:
            return None

    def _best_trials(self, use_model_predictions: bool) -> list[Best]:
        predict = self.predict if use_model_predictions else None
        fidelity, trials = self._known.fidelity, self._suggester.contenders(self._stored.trials())
        if fidelity is None:
            return best_trials(self._goals, trials, predict)
        if use_model_predictions:
            believed: Any = getattr(self._suggester.up_to_date(), "recommended", list)()
            if believed:
                points = [self._known.search_space.parameters(point) for point in believed]
                return best_designs(points, trials, self.predict(points), fidelity.targets)
        return best_trials(self._goals, at_targets(trials, fidelity.targets), predict)

    def _runner_executor(
        self, parallelism: int, poll_seconds: float, timeout_seconds: float | None
    ) -> RunnerExecutor:
        if self._runner is None:
            problem = "nothing says how trials are evaluated"
            expected = "an evaluator; or configure_runner(...) and configure_metrics(...) first"
            raise SpecError(problem, key_path="evaluator", expected=expected)
        metrics = list(self._metrics.values())
        return RunnerExecutor(self._runner, metrics, parallelism, poll_seconds, timeout_seconds)


def _numbered(trial: Trial) -> Mapping[str, Any]:
    """What `RunnerExecutor.evaluate` takes."""
    return {"trial_index": trial.number, "parameterization": trial.point}

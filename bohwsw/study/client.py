"""The optimiser inside other people's loops: the verbs of Ax 1.x.

client = Client()
client.configure_experiment([RangeParameterConfig("x", (0, 10), "int")])
client.configure_optimization("-cost")
for index, parameters in client.get_next_trials(4).items():
    client.complete_trial(index, {"cost": cost(**parameters)})
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.parameters.checks import whole_number
from bohwsw.strategies import SpaceExhaustedError
from bohwsw.strategies.outcome import Outcome, TrialState
from bohwsw.study.answers import Best, front
from bohwsw.study.asynchronous import RunStatistics, run_asynchronously
from bohwsw.study.database import IN_MEMORY, Database
from bohwsw.study.evaluator import Evaluator, evaluate, failure, outcome_of
from bohwsw.study.experiment import Experiment, experiment_from_data
from bohwsw.study.optimisation import Optimisation
from bohwsw.study.parameter_configs import Config, plain_value
from bohwsw.study.prediction import Measured, predicted
from bohwsw.study.snapshot_file import read_study, write_study
from bohwsw.study.storage import ATTACHED, StoredStudy
from bohwsw.study.storage_config import StorageConfig
from bohwsw.study.suggester import Suggester
from bohwsw.study.summary import table_of
from bohwsw.study.trial_run import Progress, TrialRun
from bohwsw.study.watch import Watch, is_gone, worker_name
from bohwsw.study.worker_pool import InProcessExecutor

METHODS = {"fast": "bayesian", "quality": "bayesian", "random_search": "random"}
SNAPSHOT = "bohwsw_client_snapshot.json"


class Client:
    """A study that others drive: asks for trials, reports what came of them, may die at any time.

    Any number of clients, in any processes, may share a study by its database and name.

    Args:
        storage_config: where the study is stored: a `StorageConfig`, or a path or URL alone; in
            memory if absent.
        random_seed: of the strategy; with the same seed and the same results come the same
            suggestions. 0 if absent.

    Raises:
        SpecError: the place or the seed is not one.
        StorageError: the database cannot be used.
    """

    def __init__(
        self,
        storage_config: StorageConfig | str | Path | None = None,
        random_seed: int | None = None,
    ) -> None:
        if not isinstance(storage_config, StorageConfig):
            storage_config = StorageConfig(IN_MEMORY if storage_config is None else storage_config)
        if random_seed is not None:
            random_seed = whole_number("random_seed", random_seed, 0, 2**63 - 1)
        self.storage = storage_config
        self._database = Database(storage_config.url)
        self._seed = random_seed
        self._experiment: Experiment | None = None
        self._study: StoredStudy | None = None
        self._latest_suggester: Suggester | None = None
        self._worker = worker_name()

    # -- what it is about ----------------------------------------------------------------------

    def configure_experiment(
        self,
        parameters: Sequence[Config],
        parameter_constraints: Sequence[str] | None = None,
        name: str | None = None,
        description: str | None = None,
        experiment_type: str | None = None,
        owner: str | None = None,
    ) -> None:
        """Say what can be varied.

        A study of that name in the database is gone on with, if it is about the same.

        Args:
            parameters: Ax's configurations, or parameters of ``bohwsw.space``.
            parameter_constraints: known constraints as text; products, equalities and more, see
                ``docs/optimiser.md``. They are met by construction.
            name: of the study; ``study`` if absent.
            description: for people.
            experiment_type: for people; stored with the description.
            owner: likewise.

        Raises:
            SpecError: a parameter or constraint is not valid, the constraints contradict each
                other, or the stored study of that name is another one.
        """
        notes = [text for text in (description, experiment_type, owner) if text]
        experiment = Experiment(
            name=name or "study",
            parameters=parameters,
            parameter_constraints=parameter_constraints or (),
            description="; ".join(notes) or None,
            random_seed=self._seed or 0,
        ).checked()
        study = StoredStudy(self._database, experiment.name, experiment.to_data())
        stored, mine = study.definition, _definition(experiment)
        seeds = [] if self._seed is None else ["random_seed"]
        for key in ("parameters", "parameter_constraints", *seeds):
            if stored[key] != mine[key]:
                raise SpecError(
                    f"the study {experiment.name!r} that is stored there has other {key}",
                    file=self._database.name,
                    key_path=key,
                    got=mine[key],
                    expected=f"{stored[key]!r}; or another name",
                )
        self._use(study)

    def configure_optimization(
        self,
        objective: str,
        outcome_constraints: Sequence[str] | None = None,
        pruning_target_parameterization: Any = None,
    ) -> None:
        """Say what is to be reached.

        Args:
            objective: ``-edp`` minimises, ``edp`` maximises; several with commas; see
                `Optimisation`.
            outcome_constraints: comparisons of measured values, such as ``area_mm2 <= 12``.
            pruning_target_parameterization: not supported.

        Raises:
            SpecError: it cannot be read, or the study has trials that had another goal.
        """
        _refuse(pruning_target_parameterization=pruning_target_parameterization)
        goals = Optimisation(objective, outcome_constraints or ())
        self._redefine(optimisation=goals)

    def configure_generation_strategy(
        self,
        method: str | None = None,
        initialization_budget: int | None = None,
        initialization_random_seed: int | None = None,
        *,
        strategy: str | None = None,
        **options: Any,
    ) -> None:
        """Say how points are suggested.

        Args:
            method: Ax's names: ``fast`` and ``quality`` are our Bayesian strategy,
                ``random_search`` is random.
            initialization_budget: points that are spread over the space before a model is used.
            initialization_random_seed: seed of the strategy, instead of the client's.
            strategy: any name in ``bohwsw.strategies.STRATEGIES``, instead of a method.
            **options: of that strategy.

        Raises:
            SpecError: a name or an option is not known; or the study has trials already.
        """
        if method is not None and method not in METHODS:
            raise unknown_name("method", method, METHODS)
        chosen = strategy or METHODS[method or "fast"]
        if initialization_budget is not None and chosen != "random":
            options["n_initial"] = initialization_budget
        seed = initialization_random_seed
        if seed is not None:
            seed = whole_number("initialization_random_seed", seed, 0, 2**63 - 1)
        self._redefine(strategy=chosen, options=plain_value(options), strategy_seed=seed)

    # -- trials --------------------------------------------------------------------------------

    def get_next_trials(
        self,
        max_trials: int = 1,
        fixed_parameters: Mapping[str, Any] | None = None,
        *,
        watched: bool = False,
    ) -> dict[int, dict[str, Any]]:
        """Ask for points to evaluate.

        Args:
            max_trials: how many.
            fixed_parameters: values that the points must have.
            watched: whether the trials go to somebody else if this client dies. It must then say
                that it lives, as `run_trials` does; trials of others that died come first.

        Returns:
            Parameters by number of trial; fewer than asked for if the space has no more.

        Raises:
            SpaceExhaustedError: it has none left at all.
            SpecError: a fixed parameter is not one, or nothing valid has these values.
        """
        if isinstance(max_trials, bool) or not isinstance(max_trials, int) or max_trials < 1:
            raise SpecError("not a number of trials", key_path="max_trials", got=max_trials)
        suggester = self._suggester
        found = {} if fixed_parameters or not watched else self._lost(max_trials)
        while len(found) < max_trials:
            try:
                trial = suggester.next(fixed_parameters, watched)
            except SpaceExhaustedError:
                if not found:
                    raise
                break
            found[trial.number] = dict(trial.parameters)
        return found

    def attach_trial(self, parameters: Mapping[str, Any], arm_name: str | None = None) -> int:
        """Start a trial of one's own.

        Args:
            parameters: a valid point.
            arm_name: its name.

        Returns:
            Its number.

        Raises:
            SpecError: the point is not in the space; says why.
        """
        self._known.search_space.point(parameters)
        plain = {str(name): plain_value(value) for name, value in parameters.items()}
        return self._stored.add(plain, source=ATTACHED, name=arm_name, claim=False).number

    def complete_trial(
        self, trial_index: int, raw_data: Mapping[str, Any] | None = None, progression: Any = None
    ) -> TrialState:
        """Report what was measured.

        Args:
            trial_index: which trial.
            raw_data: measured values by name: a number, or a pair of mean and standard error.
            progression: not supported.

        Returns:
            ``completed``; or ``failed`` if a value is missing or not a finite number: such a trial
            says nothing about its point.

        Raises:
            TrialStateError: there is no such trial, or it has ended.
        """
        _refuse(progression=progression)
        return self.finish_trial(trial_index, raw_data if raw_data is not None else {})

    def finish_trial(self, trial_index: int, result: Any) -> TrialState:
        """Report whatever an evaluator returned, see `outcome_of`; never a broken study.

        Raises:
            TrialStateError: there is no such trial, or it has ended.
        """
        goals = self._goals
        try:
            outcome = outcome_of(result)
            goals.told(outcome)
        except SpecError as error:
            outcome = failure(" ".join(str(error).split()))
        self._stored.finish(_index(trial_index), outcome)
        return outcome.state

    def mark_trial_failed(self, trial_index: int, failed_reason: str | None = None) -> None:
        """Report that the evaluator broke; says nothing about feasibility.

        The point is not suggested again.
        """
        self._stored.finish(_index(trial_index), failure(failed_reason or "no reason given"))

    def mark_trial_abandoned(self, trial_index: int) -> None:
        """Give a trial up; its point is not suggested again, and nothing is learned from it."""
        self._stored.finish(_index(trial_index), Outcome(TrialState.ABANDONED))

    def mark_trial_infeasible(
        self, trial_index: int, reason: str, raw_data: Mapping[str, float] | None = None
    ) -> None:
        """Report that a point breaks a constraint that only the evaluator knows: learned from.

        Args:
            trial_index: which trial.
            reason: which constraint, with value and limit.
            raw_data: what was measured nevertheless.
        """
        outcome = Outcome(TrialState.INFEASIBLE, reason=reason, metrics=raw_data or {})
        self._stored.finish(_index(trial_index), outcome)

    def run_trials(
        self,
        max_trials: int,
        parallelism: int = 1,
        tolerated_trial_failure_rate: float = 1.0,
        *,
        evaluator: Evaluator,
        executor: Executor | Callable[[], Executor] | None = None,
        timeout_seconds: float | None = None,
        progress: Progress | None = None,
    ) -> RunStatistics:
        """Suggest, evaluate and report; a free worker gets a new suggestion at once.

        Trials that another run left behind are evaluated first. Ctrl-C keeps what has ended and
        gives back what has not.

        Args:
            max_trials: how many trials.
            parallelism: how many at a time.
            tolerated_trial_failure_rate: once more than this share of at least five trials have
                failed, the run ends with an error. Infeasible ones have not failed.
            evaluator: what turns parameters into measured values, see ``bohwsw.study.evaluator``.
            executor: where it runs, see `run_asynchronously`; in this process if absent.
            timeout_seconds: an evaluation that takes longer counts as failed; not in this process,
                where nothing can interrupt it.
            progress: called after each trial with how many have ended, ``max_trials`` and the
                state of the last.

        Raises:
            FailureRateError: too many trials have failed.
            SpecError: the evaluator cannot be sent to a worker; says why.
            ExecutorError: the executor broke and cannot be replaced.
        """
        run = TrialRun(self, max_trials, tolerated_trial_failure_rate, progress)
        # Nobody else sees a database in memory.
        silent_seconds = None if self._database.is_in_memory else self.storage.silent_seconds
        with Watch(self._stored, self._worker, silent_seconds):
            return run_asynchronously(
                executor or InProcessExecutor(),
                partial(evaluate, evaluator),
                self._proposed,
                run.finish,
                failure,
                parallelism=parallelism,
                n_trials=max_trials,
                timeout_seconds=timeout_seconds,
            )

    # -- answers -------------------------------------------------------------------------------

    def get_best_parameterization(self, use_model_predictions: bool = True) -> Best:
        """The best feasible trial.

        Args:
            use_model_predictions: where trials report standard errors, the best is the one that
                the model believes in, and its values are predicted ones: the lowest of many noisy
                measurements is the luckiest. Exact measurements are taken at their word.

        Raises:
            BohwswError: no trial is feasible, or there are several objectives.
        """
        if len(self._goals.maximised) > 1:
            raise SpecError("there are several objectives", expected="get_pareto_frontier instead")
        return front(self._known, self._stored.all(), use_model_predictions)[0]

    def get_pareto_frontier(self, use_model_predictions: bool = True) -> list[Best]:
        """The feasible trials that no other one beats in every objective.

        Args:
            use_model_predictions: as for `get_best_parameterization`.

        Raises:
            BohwswError: no trial is feasible, or there is one objective only.
        """
        if len(self._goals.maximised) == 1:
            raise SpecError("there is one objective", expected="get_best_parameterization instead")
        return front(self._known, self._stored.all(), use_model_predictions)

    def predict(self, points: Sequence[Mapping[str, Any]]) -> list[Measured]:
        """What the values of the goals would be elsewhere: mean and standard deviation each.

        Args:
            points: valid parameters.

        Raises:
            BohwswError: fewer than two trials have completed.
            SpecError: a point is not in the space.
        """
        trials = self._stored.all()
        return predicted(self._known.search_space, self._goals.names, trials, points)

    def summarize(self, trial_indices: Sequence[int] | None = None) -> Any:
        """A ``pandas.DataFrame`` with a row a trial; columns as in `table_of`.

        Args:
            trial_indices: which trials; all if absent.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        trials = self._stored.all()
        if trial_indices is not None:
            trials = [trial for trial in trials if trial.number in set(trial_indices)]
        return table_of(trials, self._known.search_space.space.names)

    # -- files ---------------------------------------------------------------------------------

    def save_to_json_file(self, filepath: str | Path = SNAPSHOT) -> None:
        """Write the whole study to a file, whole or not at all."""
        write_study(self._stored, Path(filepath))

    @classmethod
    def load_from_json_file(
        cls, filepath: str | Path = SNAPSHOT, storage_config: StorageConfig | str | None = None
    ) -> Client:
        """A client that goes on where the saved one was.

        Args:
            filepath: from `save_to_json_file`.
            storage_config: where the study is stored from now on.

        Raises:
            SpecError: the file cannot be read, or holds no study.
        """
        client = cls(storage_config)
        client._use(read_study(client._database, Path(filepath)))
        return client

    @classmethod
    def load_from_database(
        cls, experiment_name: str, storage_config: StorageConfig | str | None = None
    ) -> Client:
        """A client of a stored study.

        Raises:
            SpecError: there is no study of that name; says which one is nearest.
        """
        client = cls(storage_config)
        client._use(StoredStudy(client._database, experiment_name))
        return client

    # -- inside --------------------------------------------------------------------------------

    @property
    def _known(self) -> Experiment:
        if self._experiment is None:
            raise SpecError(
                "the client has no experiment yet", expected="configure_experiment(...) first"
            )
        return self._experiment

    @property
    def _stored(self) -> StoredStudy:
        assert self._known is not None
        assert self._study is not None
        return self._study

    @property
    def _goals(self) -> Optimisation:
        if self._known.optimisation is None:
            self._use(self._stored)  # another process may have said so since
        return self._known.goals

    @property
    def _suggester(self) -> Suggester:
        if self._latest_suggester is None:
            assert self._goals is not None
            self._latest_suggester = Suggester(self._known, self._stored, self._worker)
        return self._latest_suggester

    def _use(self, study: StoredStudy) -> None:
        self._study = study
        self._experiment = experiment_from_data(study.definition)
        self._latest_suggester = None

    def _redefine(self, **changes: Any) -> None:
        """Change the definition; fine in any study if it is so already."""

        def change(stored: dict[str, Any]) -> dict[str, Any]:
            old = experiment_from_data(stored)
            new = old.changed(**changes).checked()
            return stored if _definition(new) == _definition(old) else new.to_data()

        self._stored.redefine(change)
        self._use(self._stored)

    def _proposed(self) -> tuple[int, dict[str, Any]] | None:
        try:
            return next(iter(self.get_next_trials(1, watched=True).items()))
        except SpaceExhaustedError:
            return None

    def _lost(self, limit: int) -> dict[int, dict[str, Any]]:
        """Trials whose worker died, given to this one; or marked, as configured."""
        config = self.storage
        lost = self._stored.take_over(
            config.silent_seconds,
            is_gone,
            self._worker,
            limit=limit,
            deaths=1 if config.lost_trials == "fail" else config.deaths,
        )
        return {trial.number: dict(trial.parameters) for trial in lost}


def _definition(experiment: Experiment) -> dict[str, Any]:
    """What must be equal for studies to be the same, as JSON has it."""
    data = json.loads(json.dumps(experiment.to_data()))
    del data["versions"], data["description"]
    return dict(data)


def _index(trial_index: Any) -> int:
    if isinstance(trial_index, bool) or not isinstance(trial_index, int | np.integer):
        raise SpecError("not the number of a trial", key_path="trial_index", got=trial_index)
    return min(max(int(trial_index), -1), 2**31 - 1)  # no database has more


def _refuse(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise SpecError("this argument is not supported", key_path=name, got=value)

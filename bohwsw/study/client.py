"""The optimiser inside other people's loops: the verbs of Ax 1.x.

client = Client()
client.configure_experiment([RangeParameterConfig("x", (0, 10), "int")])
client.configure_optimization("-cost")
for index, parameters in client.get_next_trials(4).items():
    client.complete_trial(index, {"cost": cost(**parameters)})
"""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bohwsw.codesign.design_file import write_whole
from bohwsw.errors import BohwswError, SpecError, unknown_name
from bohwsw.strategies import SpaceExhaustedError, Strategy
from bohwsw.strategies.goals import non_dominated
from bohwsw.strategies.outcome import Outcome, TrialState, outcome_from_data
from bohwsw.study.database import IN_MEMORY, Database
from bohwsw.study.evaluator import failure, outcome_of
from bohwsw.study.experiment import Experiment, experiment_from_data
from bohwsw.study.optimisation import Optimisation
from bohwsw.study.parameter_configs import Config, plain_value
from bohwsw.study.storage import ClaimedError, StoredStudy, StoredTrial

if TYPE_CHECKING:
    import pandas

Measured = dict[str, tuple[float, float]]
"""For each measured value, its mean and its standard error, NaN where that is not known."""

Best = tuple[dict[str, Any], Measured, int, str]
"""Parameters, measured values, number and name of a trial."""

METHODS = {"fast": "bayesian", "quality": "bayesian", "random_search": "random"}
SNAPSHOT = "bohwsw_client_snapshot.json"
MAX_CLAIMS = 100


@dataclass(frozen=True)
class StorageConfig:
    """Where a study is stored, and what becomes of trials whose worker died.

    Attributes:
        url: path of an SQLite file or a URL, see `Database`.
        silent_seconds: a watched trial (those of `Client.run_trials`) whose worker has not been
            heard of for so long has lost it.
        lost_trials: ``requeue``: it is given to the next who asks; ``fail``: it is marked failed.
        deaths: a trial that lost so many workers is marked failed in any case.
    """

    url: str = IN_MEMORY
    silent_seconds: float = 60.0
    lost_trials: Literal["requeue", "fail"] = "requeue"
    deaths: int = 2

    def __post_init__(self) -> None:
        if self.lost_trials not in ("requeue", "fail"):
            raise unknown_name("fate of lost trials", self.lost_trials, ("requeue", "fail"))
        if not self.silent_seconds > 0.0 or self.deaths < 1:
            raise SpecError(
                "an option of the storage is out of its range",
                got={"silent_seconds": self.silent_seconds, "deaths": self.deaths},
                expected="positive",
            )


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
        if storage_config is None or isinstance(storage_config, str | Path):
            storage_config = StorageConfig(str(storage_config or IN_MEMORY))
        self.storage = storage_config
        self._database = Database(storage_config.url)
        self._seed = 0 if random_seed is None else random_seed
        self._experiment: Experiment | None = None
        self._study: StoredStudy | None = None
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{id(self):x}"
        self._forget()

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
            parameters=tuple(parameters),
            parameter_constraints=tuple(parameter_constraints or ()),
            description="; ".join(notes) or None,
            seed=self._seed,
        ).checked()
        study = StoredStudy(self._database, experiment.name, experiment.to_data())
        stored = study.definition
        for key, value in _comparable(experiment).items():
            if stored[key] != value:
                raise SpecError(
                    f"the study {experiment.name!r} that is stored there has other {key}",
                    file=self._database.name,
                    key_path=key,
                    got=value,
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
        goals = Optimisation(objective, tuple(outcome_constraints or ()))
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
        seed = self._seed if initialization_random_seed is None else initialization_random_seed
        self._redefine(strategy=chosen, options=options, seed=seed)

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
            watched: whether this client will say that it lives, see `renew`.

        Returns:
            Parameters by number of trial; fewer than asked for if the space has no more.

        Raises:
            SpaceExhaustedError: it has none left at all.
            SpecError: a fixed parameter is not one, or nothing valid has these values.
        """
        if isinstance(max_trials, bool) or not isinstance(max_trials, int) or max_trials < 1:
            raise SpecError("not a number of trials", key_path="max_trials", got=max_trials)
        found = {} if fixed_parameters else self._lost(max_trials)
        while len(found) < max_trials:
            try:
                trial = self._suggested(fixed_parameters, watched)
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
        return self._stored.add(plain, source="attached", name=arm_name, claim=False).number

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
        try:
            outcome = outcome_of(result)
            self._goals.told(outcome)
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

    def renew(self, trial_indices: Sequence[int]) -> None:
        """Say that this client still works on some watched trials."""
        self._stored.renew(trial_indices, self._worker)

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
        return self._front(use_model_predictions)[0]

    def get_pareto_frontier(self, use_model_predictions: bool = True) -> list[Best]:
        """The feasible trials that no other one beats in every objective.

        Args:
            use_model_predictions: as for `get_best_parameterization`.

        Raises:
            BohwswError: no trial is feasible, or there is one objective only.
        """
        if len(self._goals.maximised) == 1:
            raise SpecError("there is one objective", expected="get_best_parameterization instead")
        return self._front(use_model_predictions)

    def predict(self, points: Sequence[Mapping[str, Any]]) -> list[Measured]:
        """What the values of the goals would be elsewhere: mean and standard deviation each.

        Args:
            points: valid parameters.

        Raises:
            BohwswError: fewer than two trials have completed.
            SpecError: a point is not in the space.
        """
        from bohwsw.study.prediction import predicted

        space = self._known.search_space
        rows = np.array([space.space.row(space.point(point)) for point in points])
        return predicted(space, self._goals.names, self._stored.all(), rows)

    def summarize(self, trial_indices: Sequence[int] | None = None) -> pandas.DataFrame:
        """A row a trial: number, name, status, reason, source, measured values, parameters.

        Args:
            trial_indices: which trials; all if absent.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from bohwsw.study.summary import table_of

        trials = self._stored.all()
        if trial_indices is not None:
            trials = [trial for trial in trials if trial.number in set(trial_indices)]
        return table_of(trials, self._known.search_space.space.names)

    # -- files ---------------------------------------------------------------------------------

    def save_to_json_file(self, filepath: str | Path = SNAPSHOT) -> None:
        """Write the whole study to a file, whole or not at all."""
        trials = [
            {
                "name": trial.name,
                "source": trial.source,
                "parameters": trial.parameters,
                "finish_order": trial.finish_order,
                "outcome": trial.outcome.as_data() if trial.outcome else None,
            }
            for trial in self._stored.all()
        ]
        data = {"definition": self._stored.definition, "trials": trials}
        write_whole(Path(filepath), json.dumps(data, indent=1) + "\n")

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
        try:
            data = json.loads(Path(filepath).read_text(encoding="utf-8"))
            definition, trials = data["definition"], data["trials"]
            experiment = experiment_from_data(definition)
            client = cls(storage_config, experiment.seed)
            study = StoredStudy(client._database, experiment.name, definition)
            if study.all():
                raise SpecError("the study is stored there already", got=experiment.name)
            for entry in trials:
                suggested = entry["source"] != "attached"
                study.add(
                    entry["parameters"], source=entry["source"], name=entry["name"], claim=suggested
                )
            ended = [(e["finish_order"], k) for k, e in enumerate(trials) if e["finish_order"]]
            for _, number in sorted(ended):
                study.finish(number, outcome_from_data(trials[number]["outcome"]))
        except OSError as error:
            raise SpecError("cannot be read", file=str(filepath), got=error.strerror) from None
        except (KeyError, TypeError, ValueError) as error:
            raise SpecError("holds no study", file=str(filepath), got=str(error)) from None
        client._use(study)
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

    def _use(self, study: StoredStudy) -> None:
        self._study = study
        self._experiment = experiment_from_data(study.definition)
        self._forget()

    def _forget(self) -> None:
        """Build the strategy again when it is next needed."""
        self._strategy: Strategy | None = None
        self._finish_order = 0
        self._reserved: set[int] = set()

    def _redefine(self, **changes: Any) -> None:
        experiment = self._known.changed(**changes).checked()
        if _comparable(experiment) | _goals_of(experiment) != _comparable(self._known) | _goals_of(
            self._known
        ):
            self._stored.redefine(experiment.to_data())
            self._use(self._stored)

    def _outside(self, point: Mapping[str, Any]) -> dict[str, Any]:
        return self._known.search_space.parameters(point)

    def _up_to_date(self) -> Strategy:
        """The strategy, told what has happened since, here or in other processes."""
        goals = self._goals
        if self._strategy is None:
            self._forget()
            self._strategy = self._known.new_strategy()
        space = self._known.search_space
        for trial in self._stored.news(self._finish_order):
            point = space.point(trial.parameters)
            if trial.outcome is not None and trial.finish_order is not None:
                self._strategy.tell(point, goals.told(trial.outcome))
                self._finish_order = trial.finish_order
            elif trial.number not in self._reserved:
                self._strategy.reserve(point)
                self._reserved.add(trial.number)
        return self._strategy

    def _suggested(self, fixed: Mapping[str, Any] | None, watched: bool) -> StoredTrial:
        """A new trial at a point that nobody else was given."""
        for _ in range(MAX_CLAIMS):
            strategy = self._up_to_date()
            if fixed:
                strategy = self._narrowed(strategy, fixed)
            (point,) = strategy.ask()
            try:
                trial = self._stored.add(
                    self._outside(point),
                    source=self._known.strategy,
                    worker=self._worker,
                    watched=watched,
                )
            except ClaimedError:
                continue
            except BohwswError:
                self._forget()  # the strategy believes that it is pending
                raise
            if not fixed:
                self._reserved.add(trial.number)
            return trial
        raise BohwswError(f"other workers were faster {MAX_CLAIMS} times: ask again")

    def _narrowed(self, whole: Strategy, fixed: Mapping[str, Any]) -> Strategy:
        """A strategy on the part of the space that has some values, told what fits."""
        part = self._known.search_space.fixed(fixed)
        narrow = self._known.new_strategy(part)
        for told in whole.history:
            if _fits(part, told.point):
                narrow.tell(told.point, told.outcome)
        for point in whole.pending:
            if _fits(part, point):
                narrow.reserve(point)
        return narrow

    def _lost(self, limit: int) -> dict[int, dict[str, Any]]:
        """Trials whose worker died, given to this one; or marked, as configured."""
        config, found = self.storage, {}
        for trial in self._stored.take_over(config.silent_seconds, self._worker, limit):
            if config.lost_trials == "fail" or trial.deaths >= config.deaths:
                reason = f"its worker was not heard of for {config.silent_seconds:g} s"
                self._stored.finish(trial.number, failure(f"{reason} ({trial.deaths} times)"))
            else:
                found[trial.number] = dict(trial.parameters)
        return found

    def _front(self, use_model_predictions: bool) -> list[Best]:
        """Feasible trials that no other one beats, by number."""
        goals = self._goals
        measured = [
            (trial, trial.outcome)
            for trial in self._stored.all()
            if trial.outcome is not None and goals.is_feasible(trial.outcome)
        ]
        if not measured:
            raise BohwswError("no trial has completed and meets all outcome constraints")
        values = [_measured(outcome) for _, outcome in measured]
        if use_model_predictions and any(outcome.deviations for _, outcome in measured):
            values = self.predict([trial.parameters for trial, _ in measured])
            means = [{name: mean for name, (mean, _) in value.items()} for value in values]
            outcomes = [_as_outcome(mean) for mean in means]
        else:
            outcomes = [outcome for _, outcome in measured]
        kept = non_dominated(np.array([goals.minimised(outcome) for outcome in outcomes]))
        return [
            (dict(trial.parameters), value, trial.number, trial.name)
            for (trial, _), value, is_kept in zip(measured, values, kept, strict=True)
            if is_kept
        ]


def _as_outcome(values: Mapping[str, float]) -> Outcome:
    return outcome_of(dict(values))


def _measured(outcome: Outcome) -> Measured:
    deviations = outcome.deviations
    return {name: (value, deviations.get(name, math.nan)) for name, value in outcome.values.items()}


def _fits(space: Any, point: Mapping[str, Any]) -> bool:
    return not space.violations(point)


def _comparable(experiment: Experiment) -> dict[str, Any]:
    data = json.loads(json.dumps(experiment.to_data()))
    return {key: data[key] for key in ("parameters", "parameter_constraints", "seed")}


def _goals_of(experiment: Experiment) -> dict[str, Any]:
    data = experiment.to_data()
    keys = ("objective", "outcome_constraints", "strategy", "options", "seed")
    return {key: data[key] for key in keys}


def _index(trial_index: Any) -> int:
    if isinstance(trial_index, bool) or not isinstance(trial_index, int | np.integer):
        raise SpecError("not the number of a trial", key_path="trial_index", got=trial_index)
    return int(trial_index)


def _refuse(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise SpecError("this argument is not supported", key_path=name, got=value)

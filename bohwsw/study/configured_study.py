"""What a study is about, where it is stored, who works on it: all of a client but its trials."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from bohwsw.arrays import plain_value
from bohwsw.checks import whole_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.execution import require_metrics, require_runner, worker_name
from bohwsw.rows import table_summary
from bohwsw.strategies import Fidelity, Optimisation
from bohwsw.study.experiment import Experiment, experiment_from_data
from bohwsw.study.loop import Suggester
from bohwsw.study.parameter_configs import Varied
from bohwsw.study.storage import StoredStudy
from bohwsw.study.storage_config import StoragePlace, open_storage
from bohwsw.study.storage_config import storage_config as config_of
from bohwsw.study.study_file import read_study, write_study

METHODS = {"fast": "bayesian", "quality": "bayesian", "random_search": "random"}
SNAPSHOT = "bohwsw_client_snapshot.json"

Verb = TypeVar("Verb", bound=Callable[..., Any])


def in_turn(verb: Verb) -> Verb:
    """A verb that other threads wait for: of a study's verbs one runs at a time."""

    @wraps(verb)
    def alone(study: ConfiguredStudy, /, *args: Any, **kwargs: Any) -> Any:
        with study._turn:
            return verb(study, *args, **kwargs)

    return cast(Verb, alone)


class ConfiguredStudy:
    """A stored study and what it is about.

    Args:
        storage_config: where it is stored: a `StorageConfig` or its ``url``; in memory if absent.
        random_seed: of the strategy; 0 if absent.
    """

    def __init__(
        self, storage_config: StoragePlace | None = None, random_seed: int | None = None
    ) -> None:
        if random_seed is not None:
            random_seed = whole_number("random_seed", random_seed, 0, 2**63 - 1)
        self.storage = config_of(storage_config)
        self._turn = threading.RLock()
        self._storage = open_storage(self.storage.url)
        self._seed = random_seed
        self._experiment: Experiment | None = None
        self._study: StoredStudy | None = None
        self._latest_suggester: Suggester | None = None
        self._worker = worker_name()
        self._runner: Any = None
        self._metrics: dict[str, Any] = {}

    @in_turn
    def configure_experiment(
        self,
        parameters: Varied,
        parameter_constraints: Sequence[str] | None = None,
        name: str | None = None,
        description: str | None = None,
        experiment_type: str | None = None,
        owner: str | None = None,
    ) -> None:
        """Say what can be varied; a study of that name in the storage goes on, if it is the same.

        Args:
            parameters: Ax's configurations, or parameters of ``bohwsw.space``; or a `RowTable`, of
                which only rows are suggested.
            parameter_constraints: known constraints as text; products, equalities and more, see
                ``docs/optimiser.md``. They are met by construction.
            description: for people, as type and owner are.

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
        study = StoredStudy(self._storage, experiment.name, experiment.to_data())
        stored, mine = study.definition, _definition(experiment)
        seeds = [] if self._seed is None else ["random_seed"]
        for key in ("parameters", "parameter_constraints", *seeds):
            if _same(stored[key]) != _same(mine[key]):
                raise SpecError(
                    f"the study {experiment.name!r} that is stored there has other {key}",
                    file=self._storage.name,
                    key_path=key,
                    got=_shown(mine[key]),
                    expected=f"{_shown(stored[key])!r}; or another name",
                )
        self._use(study)

    @in_turn
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

        Raises:
            SpecError: it cannot be read, or the study has trials that had another goal.
        """
        refuse(pruning_target_parameterization=pruning_target_parameterization)
        goals = Optimisation(objective, outcome_constraints or ())
        self._redefine(optimisation=goals)

    @in_turn
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
            **options: of that strategy; classes and functions, such as a BoTorch ``model``, are
                stored by the place they are imported from.

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
        self._redefine(strategy=chosen, options=plain_value(_by_place(options)), strategy_seed=seed)

    @in_turn
    def configure_fidelity(
        self,
        targets: Mapping[str, Any],
        cost: str | float | Mapping[Any, float] | Sequence[Sequence[Any]] = 1.0,
    ) -> None:
        """Say which parameters are fidelities, and what evaluations cost; see `Fidelity`.

        Suggestions then choose the fidelity, too, and results count at the targets.

        Args:
            targets: for each fidelity, by name, the value at which results count.
            cost: an expression over parameters, a number, or a table for one fidelity.

        Raises:
            SpecError: a name, a target or a cost does not fit; or the study has trials already.
        """
        self._redefine(fidelity=Fidelity(targets, cost))

    @in_turn
    def configure_runner(self, runner: Any) -> None:
        """Say what runs trials, instead of an evaluator; see `IRunner`. It is not stored."""
        require_runner(runner)
        self._runner = runner

    @in_turn
    def configure_metrics(self, metrics: Sequence[Any]) -> None:
        """Say what fetches the values of a runner's trials, see `IMetric`; the last of a name."""
        require_metrics(metrics)
        self._metrics |= {metric.name: metric for metric in metrics}

    @in_turn
    def save_to_json_file(self, filepath: str | Path = SNAPSHOT) -> None:
        """Write the whole study to a file, whole or not at all."""
        write_study(self._stored, Path(filepath))

    @classmethod
    def load_from_json_file(
        cls, filepath: str | Path = SNAPSHOT, storage_config: StoragePlace | None = None
    ) -> Self:
        """A study that goes on where the saved one was; a SpecError if the file holds none."""
        client = cls(storage_config)
        client._use(read_study(client._storage, Path(filepath)))
        return client

    @classmethod
    def load_from_database(
        cls, experiment_name: str, storage_config: StoragePlace | None = None
    ) -> Self:
        """The study of that name in a storage; an error says which name is nearest."""
        client = cls(storage_config)
        client._use(StoredStudy(client._storage, experiment_name))
        return client

    @property
    def _known(self) -> Experiment:
        if self._experiment is None:
            problem = "the client has no experiment yet"
            raise SpecError(problem, expected="configure_experiment(...) first")
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
            self._latest_suggester = Suggester(self._stored, self._known.plan)
        return self._latest_suggester

    def _use(self, study: StoredStudy) -> None:
        self._study = study
        self._experiment = experiment_from_data(study.definition)
        self._latest_suggester = None

    def _redefine(self, **changes: Any) -> None:
        """Change the definition; fine in any study if it is so already."""

        def change(stored: dict[str, Any]) -> dict[str, Any]:
            old = experiment_from_data(stored)
            new = replace(old, **changes).checked()
            return stored if _definition(new) == _definition(old) else new.to_data()

        self._stored.redefine(change)
        self._use(self._stored)


def _definition(experiment: Experiment) -> dict[str, Any]:
    """What must be equal for studies to be the same, as JSON has it."""
    data = json.loads(json.dumps(experiment.to_data()))
    del data["versions"], data["description"]
    return dict(data)


def _by_place(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options in which classes and functions are the texts by which others import them.

    Raises:
        SpecError: one cannot be imported by its name.
    """
    found = dict(options)
    for name, value in options.items():
        if callable(value):
            module, inner = getattr(value, "__module__", ""), getattr(value, "__qualname__", "<>")
            if "<" in inner or module in ("", "__main__"):
                raise SpecError(
                    "a study stores where a class or function is imported from",
                    key_path=name,
                    got=value,
                    expected="one that stands at the top of a module, or package.module:Name",
                )
            found[name] = f"{module}:{inner}"
    return found


def _same(stored: Any) -> Any:
    """What must be equal of a part of a definition: of a table its digest, wherever it lies."""
    return stored["digest"] if isinstance(stored, dict) else stored


def _shown(stored: Any) -> Any:
    return table_summary(stored) if isinstance(stored, dict) else stored


def refuse(**given: Any) -> None:
    """Refuse arguments of Ax that mean nothing here, unless they are absent."""
    for name, value in given.items():
        if value is not None:
            raise SpecError("this argument is not supported", key_path=name, got=value)

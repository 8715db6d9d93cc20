"""Our strategies inside Ax: a generation strategy for ``ax.api.client.Client``.

    client.configure_experiment(parameters=[...])
    client.configure_optimization(objective="-edp")
    client.set_generation_strategy(generation_strategy(constraints=["mesh_x * mesh_y == 168"]))

Importing this module also teaches Ax to save and load it, in JSON and in SQL: import it before
loading, too. Ax stores measured values with ten decimals, so measure in units that need no more.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

from bohwsw.errors import MissingExtraError, SpecError, unknown_name
from bohwsw.space import parse
from bohwsw.strategies import (
    Outcome,
    SpaceExhaustedError,
    Strategy,
    TrialState,
    strategy,
    strategy_class,
)

if find_spec("ax") is None:
    raise MissingExtraError("ax-platform", "ax")

from ax.core.trial_status import TrialStatus
from ax.exceptions.core import SearchSpaceExhausted
from ax.generation_strategy.external_generation_node import ExternalGenerationNode
from ax.generation_strategy.generation_strategy import GenerationStrategy
from ax.orchestration.orchestrator import FailureRateExceededError
from ax.storage.json_store.registry import CORE_DECODER_REGISTRY, CORE_ENCODER_REGISTRY

from bohwsw.plugins.ax_search_space import AxGoals, AxSearchSpace, Measured

TOLERATED_FAILURE_RATE = 0.99
"""The highest share of failed trials that Ax's ``run_trials`` can be told to bear: it refuses 1."""

KEPT_SEARCHES = 8
"""So many sets of fixed parameters are remembered with their strategies."""

ABANDONED_STATES = (TrialState.INFEASIBLE, TrialState.ABANDONED)
OWN_OPTIONS = {
    "objectives": "client.configure_optimization",
    "outcome_constraints": "client.configure_optimization",
    "first": "client.attach_trial",
}


class Record(NamedTuple):
    """The parameters of an arm, and what became of it; None while it is pending."""

    parameters: dict[str, Any]
    outcome: Outcome | None


class BohwswNode(ExternalGenerationNode):  # type: ignore[misc]
    """Suggests the next trials of an Ax experiment by one of our strategies.

    What the strategy knows is read from the experiment each time, in the order of the trials, so
    it survives saving and loading. A completed trial that lacks the objective counts as failed, or
    as infeasible if it breaks an outcome constraint that it did report. Failed trials and those
    stopped early say nothing and are not suggested again. Candidates, staged and running trials are
    pending, stale ones are forgotten, and those outside the search space left out.

    Args:
        seed: same seed and same trials, same suggestions.
        constraints: conditions on the parameters, as text, that every suggestion meets; those of
            the Ax experiment are met anyway.
        strategy: as `bohwsw.strategies.strategy` takes it.
        options: of that strategy; plain data.
        abandoned: what an abandoned trial means: ``infeasible`` (the default: Ax has no state of
            that name, so abandon trials whose points turn out to be invalid) or ``abandoned``
            (nothing is learned).

    Raises:
        SpecError: an argument is not valid. When suggesting: the experiment has a parameter,
            constraint or goal that cannot be expressed, or no valid point has the values that
            ``get_next_trials`` was told to fix.
        SearchSpaceExhausted: when suggesting: every valid point has been tried.
    """

    def __init__(
        self,
        seed: int = 0,
        constraints: Sequence[str] = (),
        strategy: str = "bayesian",
        options: Mapping[str, Any] | None = None,
        abandoned: str = TrialState.INFEASIBLE.value,
        name: str = "bohwsw",
    ) -> None:
        super().__init__(name=name, should_deduplicate=False)
        self.seed = seed
        if isinstance(constraints, str):
            raise SpecError("constraints must be a list", key_path="constraints", got=constraints)
        self.constraints = [parse(text, is_open=True).text for text in constraints]
        self.strategy = strategy
        self.options = dict(options or {})
        self.abandoned = abandoned
        strategy_class(strategy)
        if abandoned not in ABANDONED_STATES:
            raise unknown_name("meaning of abandoned trials", abandoned, ABANDONED_STATES)
        for option in self.options:
            if option in OWN_OPTIONS:
                raise SpecError(
                    "not an option here", got=option, expected=f"use {OWN_OPTIONS[option]}"
                )
        self._searches: dict[Any, _Search] = {}
        self._fixed: dict[str, Any] = {}

    def update_generator_state(self, experiment: Any, data: Any) -> None:
        """Read what there is to know from the experiment; Ax calls it before suggestions."""
        self._search_space = experiment.search_space
        self._goals = AxGoals.of(experiment.optimization_config)
        records = list(_records(experiment, data, self._goals, TrialState(self.abandoned)))
        self._told = [record for record in records if record.outcome is not None]
        self._pending = [record.parameters for record in records if record.outcome is None]

    def _gen(self, experiment: Any, *args: Any, fixed_features: Any = None, **kwargs: Any) -> Any:
        """The method of the base class drops fixed parameters without a word."""
        self._fixed = dict(fixed_features.parameters) if fixed_features is not None else {}
        return super()._gen(experiment, *args, **kwargs)

    def get_next_candidate(self, pending_parameters: list[dict[str, Any]]) -> dict[str, Any]:
        """The parameters of one more trial."""
        # Ax also lists as pending what it has no data of, failed trials included.
        told = {_key(record.parameters) for record in self._told}
        added = [p for p in pending_parameters if _key(p) not in told]
        search = self._search()
        search.follow(self._told, [*self._pending, *added])
        try:
            (point,) = search.strategy.ask()
        except SpaceExhaustedError as error:
            raise SearchSpaceExhausted(str(error)) from error
        return search.space.parameters(point)

    def _search(self) -> _Search:
        """The search among the points with the fixed values; begun anew if the problem changed."""
        key = (repr(self._search_space), self._goals, _key(self._fixed))
        search = self._searches.pop(key, None) or _Search(
            self, AxSearchSpace(self._search_space, self.constraints, self._fixed), self._goals
        )
        self._searches[key] = search
        if len(self._searches) > KEPT_SEARCHES:
            self._searches.pop(next(iter(self._searches)))
        return search


def generation_strategy(**arguments: Any) -> Any:
    """A generation strategy for ``Client.set_generation_strategy``; arguments of `BohwswNode`."""
    node = BohwswNode(**arguments)
    return GenerationStrategy(name=node.name, nodes=[node])


def run_trials(client: Any, max_trials: int, **options: Any) -> None:
    """``client.run_trials`` for a study in which most trials may fail, even all of them.

    Ax ends a run with ``FailureRateExceededError`` once five trials and more than half of them
    have failed or been abandoned. This raises the limit to `TOLERATED_FAILURE_RATE` and goes on
    where Ax stops all the same (no trial has completed yet); arguments of ``client.run_trials``.
    """
    options = {"tolerated_trial_failure_rate": TOLERATED_FAILURE_RATE, **options}
    while max_trials > 0:
        before = len(client._experiment.trials)
        try:
            client.run_trials(max_trials, **options)
            return
        except FailureRateExceededError:
            ran = len(client._experiment.trials) - before
            if ran == 0:
                raise
            max_trials -= ran


class _Search:
    """A strategy that follows an experiment."""

    def __init__(self, node: BohwswNode, space: AxSearchSpace, goals: AxGoals) -> None:
        self.space = space
        self._build = partial(
            strategy,
            node.strategy,
            space.space,
            node.seed,
            objectives=[goal.name for goal in goals.objectives],
            outcome_constraints=[f"{goal.name} <= 0" for goal in goals.constraints],
            **node.options,
        )
        self._restart()

    def _restart(self) -> None:
        self.strategy: Strategy = self._build()
        self._seen: list[Record] = []

    def follow(self, told: Sequence[Record], pending: Sequence[Mapping[str, Any]]) -> None:
        """Tell the strategy what is new; begin again if what it has been told is not so."""
        waiting = [point for p in pending if (point := self.space.point(p)) is not None]
        if self._is_outdated(told, waiting):
            self._restart()
        for record in told[len(self._seen) :]:
            point = self.space.point(record.parameters)
            if point is not None and record.outcome is not None:
                self.strategy.tell(point, record.outcome)
        self._seen = list(told)
        for point in waiting:
            self.strategy.reserve(point)

    def _is_outdated(self, told: Sequence[Record], waiting: Sequence[Mapping[str, Any]]) -> bool:
        count = len(self._seen)
        if list(told[:count]) != self._seen:
            return True
        new = [self.space.point(record.parameters) for record in told[count:]]
        key = self.strategy.space.key
        known = {key(point) for point in [*waiting, *new] if point is not None}
        return any(key(point) not in known for point in self.strategy.pending)


def _records(experiment: Any, data: Any, goals: AxGoals, abandoned: TrialState) -> Iterator[Record]:
    """All arms in the order of their trials."""
    measured: defaultdict[tuple[int, str], Measured] = defaultdict(dict)
    for row in data.df.itertuples():
        values = measured[row.trial_index, row.arm_name]
        values[row.metric_signature] = (_as_stored(row.mean), _as_stored(row.sem))
    for index, trial in sorted(experiment.trials.items()):
        for arm in trial.arms:
            status = TrialStatus.ABANDONED if arm in trial.abandoned_arms else trial.status
            outcome, reason = None, trial.status_reason
            if status is TrialStatus.STALE:
                continue
            if status is TrialStatus.COMPLETED:
                outcome = goals.outcome(measured[index, arm.name])
            elif status is TrialStatus.FAILED:
                outcome = Outcome(TrialState.FAILED, reason=reason)
            elif status is TrialStatus.ABANDONED and abandoned is TrialState.INFEASIBLE:
                outcome = goals.infeasible(measured[index, arm.name], reason)
            elif status in (TrialStatus.ABANDONED, TrialStatus.EARLY_STOPPED):
                outcome = Outcome(TrialState.ABANDONED, reason=reason)
            yield Record(dict(arm.parameters), outcome)


def _as_stored(value: float) -> float:
    """A measured value with the digits that survive Ax's storage, unless these are too few."""
    if not math.isfinite(value) or abs(value) < 1e-6:
        return float(value)
    return float(f"{round(value, 10):.10g}")


def _key(parameters: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(parameters.items())


def _encoded(node: BohwswNode) -> dict[str, Any]:
    return {"__type": BohwswNode.__name__, **BohwswNode.serialize_init_args(node)}


CORE_ENCODER_REGISTRY[BohwswNode] = _encoded
CORE_DECODER_REGISTRY[BohwswNode.__name__] = BohwswNode

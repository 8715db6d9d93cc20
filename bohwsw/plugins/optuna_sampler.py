"""The optimiser inside Optuna: a sampler that knows constraints and learns from what fails.

How trials are read:

- COMPLETE: completed; values that are maximised are negated, several objectives are searched for
  their Pareto front. Constraints (``trial.set_constraint``, met at 0 or less) that every complete
  trial measures are modelled by their excess; one that breaks any other is infeasible. So is one
  whose value is the worst infinity.
- PRUNED: infeasible if `report_infeasible` said so, if it breaks a constraint or if it reported no
  value at all; else completed with the last value that it reported. Where constraints are modelled
  that it did not come to, it counts as no better than the median.
- FAIL: failed, which says nothing about the point, but it is not suggested again.
- RUNNING and WAITING: pending, in whatever process they run.

Nothing is kept in memory but what follows from the seed and the stored trials, in the order in
which they finished: a study that is resumed goes on as if it had never stopped.
"""

from __future__ import annotations

import functools
import threading
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np

from bohwsw.errors import SpecError
from bohwsw.execution import Infeasible
from bohwsw.plugins.optuna_space import Known, OptunaSpace, inferred_space, names_in, suggest_point
from bohwsw.plugins.optuna_trials import REASON, SUGGESTION, History, in_finishing_order
from bohwsw.space import Integer, Space
from bohwsw.strategies import SpaceExhaustedError
from bohwsw.strategies import strategy as strategy_by_name

# The module imported first says what to install where this is missing.
from optuna import Study, Trial, TrialPruned  # isort: skip
from optuna.distributions import BaseDistribution  # isort: skip
from optuna.samplers import BaseSampler, RandomSampler  # isort: skip
from optuna.study import StudyDirection  # isort: skip
from optuna.trial import FrozenTrial, TrialState  # isort: skip

__all__ = ["BohwswSampler", "learn_infeasible", "report_infeasible", "suggest_point"]

ANY_SPACE = Space([Integer("any", 0, 1)])
CLAIMS = 10
"""How often a worker gives way to others that suggested the same point at the same time."""

FROM_THE_STUDY = ("objectives", "outcome_constraints", "first")


def report_infeasible(trial: Trial, reason: str) -> NoReturn:
    """Say in an objective that its parameters are not feasible, and why; the trial ends as pruned.

    The sampler learns from it; the reason (constraint, value, limit) is for people.
    """
    trial.set_user_attr(REASON, reason)
    raise TrialPruned(reason)


def learn_infeasible(objective: Callable[[Trial], Any]) -> Callable[[Trial], Any]:
    """An objective that reports the `Infeasible` it raises; caught by Optuna it would only fail."""

    @functools.wraps(objective)
    def reporting(trial: Trial) -> Any:
        try:
            return objective(trial)
        except Infeasible as answer:
            report_infeasible(trial, str(answer) or "infeasible")

    return reporting


class BohwswSampler(BaseSampler):  # type: ignore[misc]
    """Suggests whole points by a strategy of bohwsw.

    The parameters are declared, and known constraints then hold from the first trial, or inferred
    from finished trials: the first trial is random, and the ones after it cover all parameters,
    those included that are only asked for where one other parameter has certain values. What is
    left (ranges that change, conditions on real numbers) is drawn at random by itself.

    No point is suggested twice. When there are no others, `Study.optimize` ends; where it goes on
    (trials by ask and tell, other workers), a warning says so and known points are drawn at random.

    Args:
        seed: a whole number, not negative; None takes one by chance.
        space: Optuna's distributions by name, or a `bohwsw.space.Space`, whose points an objective
            gets by `suggest_point`; None infers it.
        constraints: conditions on parameters, as text or `Predicate`. With an inferred space they
            hold as soon as all their parameters have been seen; until then a warning names them.
        strategy: as `bohwsw.strategies.strategy` takes it.
        **options: of the strategy; its goals and first points come from the study.

    Raises:
        SpecError: an argument is not valid, or the constraints leave no point.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        space: Space | Mapping[str, BaseDistribution] | None = None,
        constraints: Sequence[Known] = (),
        strategy: str = "bayesian",
        **options: Any,
    ) -> None:
        for name in FROM_THE_STUDY:
            if name in options:
                raise SpecError(
                    "not an option of the sampler",
                    got=name,
                    expected="directions, trial.set_constraint and enqueue_trial of the study",
                )
        self._declared = _declared(space, constraints)
        self._constraints = tuple(constraints)
        self._strategy, self._options = strategy, options
        self.seed = int(np.random.default_rng().integers(2**31)) if seed is None else seed
        tried = self._declared.space if self._declared else ANY_SPACE
        strategy_by_name(strategy, tried, self.seed, **options)
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.RLock()
        self._source: tuple[Any, ...] = ()
        self._history: History | None = None
        self._warned: set[str] = set()

    def __getstate__(self) -> dict[str, Any]:
        memory = ("_lock", "_source", "_history", "_warned")
        return {name: value for name, value in self.__dict__.items() if name not in memory}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def reseed_rng(self) -> None:
        """Nothing to do: workers differ by what is pending, and no random stream is kept."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The parameters that are suggested together; none before anything is known."""
        with self._lock:
            space = self._learned(study, study.get_trials(deepcopy=False)).space
        return dict(space.distributions) if space else {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values for these parameters, without those whose condition does not hold."""
        with self._lock:
            params = self._suggested(study, trial) if search_space else {}
        return {name: value for name, value in params.items() if name in search_space}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """A random value that follows from seed, trial and name alone."""
        entropy = [self.seed, trial.number, zlib.crc32(param_name.encode())]
        sampler = RandomSampler(int(np.random.SeedSequence(entropy).generate_state(1)[0]))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """End the optimisation if this trial was the last one of an exhausted space."""
        with self._lock:
            trials = study.get_trials(deepcopy=False)
            if self._learned(study, trials).is_exhausted(trial, trials):
                _end(study)

    def _suggested(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """A suggestion, stored: for other workers, and for a trial that asks for part of it."""
        ahead = 0
        params: dict[str, Any] = {}
        for _ in range(CLAIMS):
            trials = study.get_trials(deepcopy=False)
            history = self._learned(study, trials)
            if history.space is None:
                break
            rivals: Sequence[int] = ()
            try:
                params = history.suggest(trial, trials, ahead, self.seed)
                _store(study, trial, params)
                rivals = history.rivals(trial, params, study.get_trials(deepcopy=False))
            except SpaceExhaustedError as error:
                params = history.random(trial, self.seed)
                _store(study, trial, params)
                if history.is_whole:
                    warnings.warn(f"{error}; one of them is drawn at random", stacklevel=3)
                    _end(study)
            if not rivals:
                break
            ahead = sum(number < trial.number for number in rivals)
        return params

    def _learned(self, study: Study, trials: Sequence[FrozenTrial]) -> History:
        """What the finished trials say; only new ones are read."""
        finished = in_finishing_order(trials)
        source = (id(study._storage), study._study_id, tuple(study.directions))
        if self._history is None or source != self._source or not self._history.extend(finished):
            self._history, self._source = self._read(study, finished), source
        return self._history

    def _read(self, study: Study, finished: Sequence[FrozenTrial]) -> History:
        space = self._declared
        if space is None:
            space, waiting = inferred_space(finished, self._constraints)
            self._warn_of(waiting)
        build = functools.partial(
            strategy_by_name,
            self._strategy,
            space.space if space else ANY_SPACE,
            self.seed,
            **self._options,
        )
        signs = [1.0 if d == StudyDirection.MINIMIZE else -1.0 for d in study.directions]
        return History(space, self._declared is not None, signs, build, finished)

    def _warn_of(self, waiting: Sequence[Known]) -> None:
        for constraint in waiting:
            text = constraint if isinstance(constraint, str) else constraint.name
            if text not in self._warned:
                self._warned.add(text)
                warnings.warn(
                    f"the constraint {text!r} does not hold yet, because not all of its "
                    f"parameters ({', '.join(names_in(constraint))}) are known; "
                    "BohwswSampler(space={...}) declares them",
                    stacklevel=2,
                )


def _declared(
    space: Space | Mapping[str, BaseDistribution] | None, constraints: Sequence[Known]
) -> OptunaSpace | None:
    if isinstance(constraints, str) or not isinstance(constraints, Sequence):
        raise SpecError("constraints must be a list", got=constraints)
    if isinstance(space, Space):
        if constraints:
            raise SpecError(
                "a space has its own constraints", key_path="constraints", got=list(constraints)
            )
        return OptunaSpace.of_space(space)
    if isinstance(space, Mapping):
        return OptunaSpace.of_distributions(space, constraints)
    if space is not None:
        raise SpecError("not a space", got=space, expected="a Space, or distributions by name")
    for constraint in constraints:
        names_in(constraint)
    return None


def _store(study: Study, trial: FrozenTrial, params: Mapping[str, Any]) -> None:
    study._storage.set_trial_system_attr(trial._trial_id, SUGGESTION, params)


def _end(study: Study) -> None:
    """Stop `Study.optimize`, if it runs."""
    with suppress(RuntimeError):
        study.stop()

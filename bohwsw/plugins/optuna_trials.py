"""Optuna's trials as the history of a strategy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from bohwsw.plugins.optuna_space import OptunaSpace
from bohwsw.space import Size
from bohwsw.strategies import OBJECTIVE, Outcome, Strategy
from bohwsw.strategies import TrialState as State

# The module imported first says what to install where this is missing.
from optuna.trial import FrozenTrial, TrialState  # isort: skip

REASON = "bohwsw:infeasible"
"""User attribute: why the objective found the point infeasible."""

SUGGESTION = "bohwsw:suggestion"
"""System attribute: all parameters that were suggested, whether they are asked for or not."""

FIXED_DRAWS = 4096
"""Random points among which one is looked for that agrees with what a trial has fixed."""

Build = Callable[..., Strategy]
Suggestion = dict[str, Any]


class History:
    """What follows from the finished trials of a study.

    Args:
        space: what is suggested together; None if nothing is known of it.
        is_declared: whether that stays as it is whatever trials ask for.
        signs: -1 for each objective that is maximised, else 1.
        build: makes a strategy for ``objectives`` and ``outcome_constraints``.
        trials: in the order in which they finished.

    Attributes:
        is_whole: whether trials have asked for nothing but what is suggested together.
    """

    def __init__(
        self,
        space: OptunaSpace | None,
        is_declared: bool,
        signs: Sequence[float],
        build: Build,
        trials: Sequence[FrozenTrial],
    ) -> None:
        self.space = space
        self.trials: list[FrozenTrial] = []
        self.is_whole = True
        self._is_declared = is_declared
        self._signs = signs
        self._limits = measured_by_all(trials)
        self._search = build(
            objectives=objective_names(len(signs)),
            outcome_constraints=[f"limit_{k} <= 0" for k in range(len(self._limits or ()))],
        )
        for trial in trials:
            self._tell(trial)

    def extend(self, finished: Sequence[FrozenTrial]) -> bool:
        """Learn from what is new in the list of all finished trials, if that is possible.

        Else a new history is due, because the old trials are not the same, or a new one shows
        parameters or constraints that are new.
        """
        n = len(self.trials)
        new = finished[n:]
        if list(finished[:n]) != self.trials or not self._can_take(new):
            return False
        for trial in new:
            self._tell(trial)
        return True

    def suggest(
        self, trial: FrozenTrial, others: Iterable[FrozenTrial], ahead: int, seed: int
    ) -> Suggestion:
        """Parameters for a trial of the study, whose trials are ``others``.

        So many points as ``ahead`` says are left to others that are known to suggest right now.
        """
        others = [other for other in others if other.number != trial.number]
        # Earlier trials that are about to suggest get what they would take from this history.
        ahead += sum(
            other.state is TrialState.RUNNING and other.number < trial.number and not planned(other)
            for other in others
        )
        return self._agreeing(self._fork(others).ask(ahead + 1)[-1], trial, seed)

    def random(self, trial: FrozenTrial, seed: int) -> Suggestion:
        """Parameters of a random point, for a trial that nothing new is left for."""
        assert self.space is not None
        (point,) = self.space.space.sample(1, np.random.default_rng([seed, trial.number]))
        return self._agreeing(point, trial, seed)

    def rivals(
        self, trial: FrozenTrial, params: Suggestion, trials: Iterable[FrozenTrial]
    ) -> list[int]:
        """The numbers of other trials that plan the same and were not known to have finished.

        Two workers that read the same trials before either has suggested may choose alike. The
        later of the two to write its suggestion then sees that of the other one.
        """
        finished = {told.number for told in self.trials}
        return [
            other.number
            for other in trials
            if other.number not in finished
            and other.number != trial.number
            and params.items() <= planned(other).items()
        ]

    def is_exhausted(self, trial: FrozenTrial, others: Iterable[FrozenTrial]) -> bool:
        """Whether no other points are left once a trial ends that asked for nothing else."""
        if self.space is None or not self.is_whole or self._asks_for_more(trial):
            return False
        if not self._size.exact:
            return False
        return self._fork(others).n_taken >= self._size.count

    @cached_property
    def _size(self) -> Size:
        assert self.space is not None
        return self.space.space.size()

    def _agreeing(self, point: Mapping[str, Any], trial: FrozenTrial, seed: int) -> Suggestion:
        """The parameters of a point, or of another valid one if an enqueued trial has fixed some.

        If no point of `FIXED_DRAWS` agrees with these, the values of the others are the point's.
        """
        assert self.space is not None
        params = self.space.params(point)
        known = self.space.distributions
        fixed = {n: v for n, v in trial.system_attrs.get("fixed_params", {}).items() if n in known}
        if not fixed or self.space.point({**params, **fixed}) is not None:
            return {**params, **fixed}
        for draw in self.space.space.sample(FIXED_DRAWS, np.random.default_rng(seed)):
            drawn = self.space.params(draw)
            if all(name in drawn and drawn[name] == value for name, value in fixed.items()):
                return drawn
        return {**params, **fixed}

    def _asks_for_more(self, trial: FrozenTrial) -> bool:
        known = self.space.distributions if self.space else {}
        return any(known.get(name) != d for name, d in trial.distributions.items())

    def _can_take(self, new: Sequence[FrozenTrial]) -> bool:
        if not new or self.space is None:
            return not new
        if measured_by_all(new, self._limits) != self._limits:
            return False
        return self._is_declared or all(self.space.explains(trial) for trial in new)

    def _tell(self, trial: FrozenTrial) -> None:
        self.trials.append(trial)
        self.is_whole = self.is_whole and not self._asks_for_more(trial)
        point = self.space.point(planned(trial)) if self.space else None
        if point is not None:
            self._search.tell(point, outcome_of(trial, self._signs, self._limits or ()))

    def _fork(self, others: Iterable[FrozenTrial]) -> Strategy:
        """The strategy with all unfinished trials pending, and nothing that one has overridden."""
        fork = self._search.fork()
        for other in others:
            point = None
            if self.space is not None and not other.state.is_finished():
                point = self.space.point(planned(other))
            if point is not None:
                fork.reserve(point)
        return fork


def in_finishing_order(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """The finished ones: a trial that finishes is then new at the end, whatever its number."""
    finished = [trial for trial in trials if trial.state.is_finished()]
    return sorted(finished, key=lambda t: (t.datetime_complete or datetime.min, t.number))


def planned(trial: FrozenTrial) -> dict[str, Any]:
    """The parameters of a trial, with those that it has not asked for yet."""
    suggested = trial.system_attrs.get(SUGGESTION, {})
    return {**suggested, **trial.system_attrs.get("fixed_params", {}), **trial.params}


def objective_names(n: int) -> list[str]:
    """What a strategy calls the objectives of a study."""
    return [OBJECTIVE] if n == 1 else [f"objective_{k}" for k in range(n)]


def measured_by_all(
    trials: Iterable[FrozenTrial], before: Sequence[str] | None = None
) -> tuple[str, ...] | None:
    """The constraints for which every complete trial has a finite number, sorted.

    ``before`` has those of the trials before these; None as long as no trial is complete.
    """
    names = None if before is None else set(before)
    for trial in trials:
        if trial.state is TrialState.COMPLETE:
            measured = {name for name, v in trial.constraints.items() if math.isfinite(v)}
            names = measured if names is None else names & measured
    return None if names is None else tuple(sorted(names))


def outcome_of(trial: FrozenTrial, signs: Sequence[float], limits: Sequence[str]) -> Outcome:
    """What a finished trial says, see ``optuna_sampler``; ``limits`` are modelled constraints."""
    constraints = trial.constraints
    measured = {f"limit_{k}": constraints[n] for k, n in enumerate(limits) if n in constraints}
    values = [sign * value for sign, value in zip(signs, trial.values or (), strict=False)]
    reason = _infeasibility(trial, values, limits)
    if reason is not None:
        finite = {name: value for name, value in measured.items() if math.isfinite(value)}
        return Outcome(State.INFEASIBLE, reason=reason, metrics=finite)
    if trial.state is TrialState.FAIL:
        return Outcome(State.FAILED, reason="failed")
    if not all(map(math.isfinite, values)) or len(values) < len(signs):
        return Outcome(State.FAILED, reason=f"no finite values: {trial.values}")
    if len(measured) < len(limits):
        return Outcome(State.FAILED, reason="pruned before its constraints were known")
    if len(values) == 1:
        return Outcome(State.COMPLETED, values[0], metrics=measured)
    objectives = dict(zip(objective_names(len(values)), values, strict=True))
    return Outcome(State.COMPLETED, metrics={**objectives, **measured})


def _infeasibility(
    trial: FrozenTrial, values: Sequence[float], limits: Sequence[str]
) -> str | None:
    """Why a trial counts as infeasible; None if it does not."""
    if REASON in trial.user_attrs:
        return str(trial.user_attrs[REASON])
    if trial.state is TrialState.FAIL:
        return None
    is_pruned = trial.state is TrialState.PRUNED
    for name, excess in trial.constraints.items():
        if excess > 0.0 and (is_pruned or name not in limits):
            return f"the constraint {name} is broken by {excess:g}"
    if is_pruned and not values:
        return "pruned without a value"
    if math.inf in values:
        return "an objective is infinitely bad"
    return None

"""Rows scored by an acquisition of BoTorch, weighted by what it was not told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bohwsw.acquisition import BotorchAcquisition, Known, feasibility_weighted
from bohwsw.arrays import Values
from bohwsw.errors import SpecError, unknown_name
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.fidelity import SpaceFidelity
from bohwsw.strategies.posteriors import Posteriors
from bohwsw.strategies.training_data import Regression
from bohwsw.surrogates import (
    BotorchRegression,
    GaussianProcess,
    ModelInputs,
    arguments,
    as_botorch,
    imported,
)

ACQUISITIONS = ("log_ei", "lcb")
"""Those of our own."""

LEAST = 1e-300
NO_CORRELATION = 1e-6


class BotorchScore:
    """Log value of rows by an acquisition of BoTorch.

    Values that are no logarithms become logarithms, without a change of their order: of values that
    are not negative the logarithm, of others that of their softplus, in units of their spread. What
    the acquisition is not told of weights them: the probabilities to meet the outcome constraints
    and to be feasible as far as only infeasible trials tell. One that knows of no fidelity is asked
    at the target; its value counts times the correlation with the target, over the cost (D. Huang,
    T. Allen, W. Notz and R. Miller, "Sequential kriging optimization using multiple-fidelity
    evaluations", 2006).
    """

    def __init__(
        self,
        space: Space,
        acquisition: BotorchAcquisition,
        posteriors: Posteriors,
        caution: float,
        fidelity: SpaceFidelity | None,
    ) -> None:
        self._space = space
        self._acquisition = acquisition
        self._posteriors = posteriors
        self._caution = caution
        self._fidelity = fidelity
        self._scale: tuple[float, float] | None = None

    @property
    def is_dear(self) -> bool:
        """Whether a row costs so much that few can be scored."""
        return self._acquisition.is_one_shot

    def __call__(self, rows: Rows, floor: Values) -> Values:
        """The score of rows ``[n, n_columns]``: ``[n]``; the floor does not matter."""
        x = self._space.encode_rows(rows)
        target, cost = x, None
        if self._fidelity is not None:
            target, cost = self._fidelity.encoded_at_target(x), self._fidelity.cost(rows)
        if cost is None or self._acquisition.sees_fidelity:
            value = self._logarithm(self._acquisition(x, cost))
        else:
            value = self._logarithm(self._acquisition(target)) - np.log(cost)
            for model in self._posteriors.objectives:
                value = value + np.log(correlation(model, x, target) + NO_CORRELATION)
        if not self._acquisition.sees_constraints:
            value = feasibility_weighted(value, self._posteriors.log_meets(target))
        evaluable = self._posteriors.log_evaluable(x)
        if target is not x:
            evaluable = np.minimum(evaluable, self._posteriors.log_evaluable(target))
        return feasibility_weighted(value, evaluable, self._caution)

    def _logarithm(self, value: Values) -> Values:
        if self._acquisition.is_log:
            return value
        if self._scale is None:
            finite = value[np.isfinite(value)]
            is_gain = bool((finite >= 0.0).all())
            spread = float(finite.std()) if len(finite) else 0.0
            self._scale = (0.0, 0.0) if is_gain else (float(np.median(finite)), spread or 1.0)
        middle, spread = self._scale
        if spread == 0.0:
            return np.asarray(np.log(np.maximum(value, LEAST)))
        away = (value - middle) / spread
        return np.asarray(np.where(away < -30.0, away, np.log(np.logaddexp(0.0, away))))


def correlation(model: Regression, here: Values, there: Values) -> Values:
    """How far the function here and there hang together, after all trials: ``[m]``, 0 to 1."""
    _, variance, own, both = model.predict_pairs(here, there)
    return np.asarray(np.clip(np.abs(both) / np.sqrt(np.maximum(variance * own, LEAST)), 0.0, 1.0))


class ForeignAcquisition:
    """An acquisition of BoTorch, by its place or as it is, as the strategy uses it.

    Attributes:
        takes_pending: whether it is told of pending points itself.

    Raises:
        SpecError: there is none.
    """

    def __init__(self, given: Any, space: Space, fidelity: SpaceFidelity | None) -> None:
        self._factory: Callable[..., Any] = imported(given, "acquisition")
        self._space = space
        self._fidelity = fidelity
        self.takes_pending = "X_pending" in arguments(self._factory)

    def score(
        self,
        posteriors: Posteriors,
        tried: Values,
        pending: Values,
        designs: Rows,
        kappa: float,
        caution: float,
        seed: int,
    ) -> BotorchScore:
        """The score of rows; see `Known` for the arguments."""
        rows = designs if self._fidelity is None else self._fidelity.projected(designs)
        if self._fidelity is not None:
            tried = self._fidelity.encoded_at_target(tried)
        known = Known(
            objectives=[self._theirs(m, is_constraint=False) for m in posteriors.objectives],
            constraints=[self._theirs(m, is_constraint=True) for m in posteriors.constraints],
            observed=posteriors.observed,
            tried=tried,
            pending=pending,
            designs=self._space.encode_rows(rows),
            exploration=kappa,
            seed=seed,
        )
        acquisition = BotorchAcquisition(self._factory, known)
        return BotorchScore(self._space, acquisition, posteriors, caution, self._fidelity)

    def _theirs(self, model: Regression, *, is_constraint: bool) -> BotorchRegression:
        if not isinstance(model, GaussianProcess):
            return model
        targets = () if self._fidelity is None else self._fidelity.named_targets
        return as_botorch(model, ModelInputs(self._space, {}, targets), is_constraint=is_constraint)


def refuse_together(**given: Any) -> None:
    """Refuse options that mean nothing together with a model or an acquisition of BoTorch."""
    for name, value in given.items():
        if value:
            expected = "without it, or with our own model and acquisition"
            problem = "this option is of our own model"
            raise SpecError(problem, key_path=name, got=value, expected=expected)


def is_foreign(acquisition: Any, n_objectives: int, *, has_fidelity: bool) -> bool:
    """Whether an acquisition is BoTorch's; a SpecError if it is one of ours and does not fit."""
    if not isinstance(acquisition, str) or ":" in acquisition:
        return True
    if acquisition not in ACQUISITIONS:
        raise unknown_name("acquisition", acquisition, ACQUISITIONS)
    if acquisition == "lcb" and has_fidelity:
        problem = "lcb knows no fidelity"
        raise SpecError(problem, key_path="acquisition", got="lcb", expected="log_ei")
    if acquisition == "lcb" and n_objectives > 1:
        raise SpecError("lcb knows one objective only", got=n_objectives, expected="log_ei")
    return False

"""What an Ax experiment asks for, in our terms: its search space and its optimization config.

The space has the same values and linear constraints; those that Ax refuses (products, equalities,
divisibility) are added as text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ax.core.outcome_constraint import ComparisonOp
from ax.core.parameter import DerivedParameter, FixedParameter, ParameterType, RangeParameter

from bohwsw.errors import BohwswError, SpecError, unknown_name
from bohwsw.expressions import written
from bohwsw.space import (
    MAX_VALUES,
    Categorical,
    Conditional,
    Integer,
    Ordinal,
    Parameter,
    Plain,
    Point,
    Real,
    Space,
    parse,
)
from bohwsw.strategies import OBJECTIVE, Outcome, TrialState

Measured = dict[str, tuple[float, float]]
"""Mean and standard error (NaN if unknown) by the signature of the metric."""

SLACK = 1e-9
"""How far a sum of real numbers may exceed its bound; Ax itself allows 1e-8."""

NOT_SUPPORTED = ("logit_scale", "is_fidelity", "is_task", "is_disabled")


class AxSearchSpace:
    """The points of an Ax search space that meet further constraints and have some values fixed.

    A range of whole numbers is an `Integer`, one of real numbers a `Real`, and with ``digits`` an
    `Ordinal`, as ordered numbers are; text, truth values and numbers without an order (by their
    text: ``kind == '3'``) are `Categorical`, a dependent parameter is a `Conditional`: to fix it is
    to fix what it depends on. Derived parameters are computed; constraints cannot speak of them.

    Args:
        search_space: the ``SearchSpace`` of an Ax experiment.
        fixed: values that every point has, by name.

    Raises:
        SpecError: a parameter or constraint cannot be expressed, a fixed value is none of its
            parameter's, or no point is left.

    Attributes:
        space: the valid points.
    """

    def __init__(
        self,
        search_space: Any,
        constraints: Sequence[str] = (),
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self._search_space = search_space
        every = search_space.parameters
        self._derived = {n: p for n, p in every.items() if isinstance(p, DerivedParameter)}
        self._ax = {n: p for n, p in every.items() if n not in self._derived}
        self._conditions = {
            child: (parent.name, value)
            for parent in self._ax.values()
            if parent.is_hierarchical
            for value, children in parent.dependents.items()
            for child in children
        }
        for text in constraints:
            parse(text, self._ax)
        chosen = self._with_ancestors(fixed or {})
        known = [_linear(c, self._ax) for c in search_space.parameter_constraints]
        known += [f"{written(name)} == {_own(self._ax[name], chosen[name])!r}" for name in chosen]
        parameters = [self._parameter(name, chosen) for name in self._ax]
        try:
            self.space = Space(parameters, [*known, *constraints])
        except SpecError as error:
            if not fixed:
                raise
            raise SpecError(
                "no valid point has these fixed parameters",
                got=dict(fixed),
                expected=f"values that meet {error.got}",
            ) from error

    def point(self, parameters: Mapping[str, Any]) -> Point | None:
        """The parameters of an arm as a point, None if they are outside the space."""
        point = {name: _own(ax, parameters.get(name)) for name, ax in self._ax.items()}
        return None if self.space.violations(point) else point

    def parameters(self, point: Point) -> dict[str, Any]:
        """A point as the parameters of an arm, without those that do not apply."""
        found = {n: self._ax[n].cast(value) for n, value in point.items() if value is not None}
        for name, derived in self._derived.items():
            found[name] = derived.compute(parameters=found)
        # Ax cannot check a constraint on dependent parameters that do not apply.
        flat = not self._search_space.is_hierarchical
        if self.point(found) is None or (flat and not self._search_space.check_membership(found)):
            raise BohwswError(f"a suggestion is not in the search space of Ax: {found}")
        return found

    def _with_ancestors(self, fixed: Mapping[str, Any]) -> dict[str, Any]:
        """The fixed values, and those of all parameters that make the fixed ones apply."""
        chosen: dict[str, Any] = {}
        for fixed_name, fixed_value in fixed.items():
            name, value = fixed_name, fixed_value
            while True:
                if name not in self._ax:
                    raise unknown_name("fixed parameter", name, self._ax)
                _plain(self._ax[name]).codes(_own(self._ax[name], value))
                if chosen.setdefault(name, value) != value:
                    raise SpecError(
                        "no valid point has these fixed parameters",
                        got=dict(fixed),
                        expected=f"{name} cannot be both {chosen[name]!r} and {value!r}",
                    )
                if name not in self._conditions:
                    break
                name, value = self._conditions[name]
        return chosen

    def _parameter(self, name: str, chosen: Mapping[str, Any]) -> Parameter:
        plain = _plain(self._ax[name])
        if name in chosen:
            # The steps of a real miss most numbers by a hair.
            return Ordinal(name, [chosen[name]]) if isinstance(plain, Real) else plain
        if name not in self._conditions:
            return plain
        parent, value = self._conditions[name]
        return Conditional(plain, f"{written(parent)} == {_own(self._ax[parent], value)!r}")


@dataclass(frozen=True)
class Weighted:
    """A weighted sum of metrics, by their signatures, less a bound: to be small, or at most 0."""

    name: str
    weights: tuple[tuple[str, float], ...]
    bound: float = 0.0

    def value(self, measured: Measured) -> float | None:
        """None if a metric is missing or not finite."""
        means = [measured.get(metric, (math.nan, math.nan))[0] for metric, _ in self.weights]
        total = sum(w * mean for (_, w), mean in zip(self.weights, means, strict=True))
        return total - self.bound if math.isfinite(total) else None

    def deviation(self, measured: Measured) -> float | None:
        """Its standard error, of independent metrics; None if none of theirs is known."""
        errors = [weight * measured[metric][1] for metric, weight in self.weights]
        known = [error for error in errors if math.isfinite(error)]
        return math.hypot(*known) if known else None


@dataclass(frozen=True)
class AxGoals:
    """The optimization config of an Ax experiment, in our terms.

    Objectives, which Ax maximises, are to be minimised. Constraints are to be at most 0; thresholds
    of objectives are among them.
    """

    objectives: tuple[Weighted, ...]
    constraints: tuple[Weighted, ...]

    @staticmethod
    def of(config: Any) -> AxGoals:
        """Read them; what cannot be expressed is a SpecError."""
        if config is None:
            raise SpecError("the experiment has no objective", expected="configure_optimization")
        weights = [(metric, -weight) for metric, weight in config.objective.metric_weights]
        objectives = [Weighted(OBJECTIVE, tuple(weights))]
        if config.objective.is_multi_objective:
            if len(config.objective.expression.split(",")) < len(weights):
                raise SpecError(
                    "a weighted sum among several objectives is not supported",
                    got=config.objective.expression,
                    expected="one metric an objective, or one weighted sum",
                )
            objectives = [Weighted(f"{OBJECTIVE}_{k}", (w,)) for k, w in enumerate(weights)]
        limits = [_limit(f"constraint_{k}", c) for k, c in enumerate(config.all_constraints)]
        return AxGoals(tuple(objectives), tuple(limits))

    def outcome(self, measured: Measured) -> Outcome:
        """What a completed trial's measurements mean."""
        goals = (*self.objectives, *self.constraints)
        values = {goal.name: goal.value(measured) for goal in goals}
        known = {name: value for name, value in values.items() if value is not None}
        if len(known) < len(values):
            broken = self.infeasible(measured, "it breaks an outcome constraint")
            if any(excess > 0.0 for excess in broken.metrics.values()):
                return broken
            return Outcome(TrialState.FAILED, reason="a metric is missing or not finite")
        pairs = [(goal.name, goal.deviation(measured)) for goal in goals]
        noise = {name: deviation for name, deviation in pairs if deviation is not None}
        main = known.pop(OBJECTIVE, None)
        return Outcome(TrialState.COMPLETED, main, metrics=known, deviation=noise or None)

    def infeasible(self, measured: Measured, reason: str | None) -> Outcome:
        """The outcome of a trial that is not feasible; tells the constraints that it measured."""
        values = [(goal.name, goal.value(measured)) for goal in self.constraints]
        known = {name: value for name, value in values if value is not None}
        return Outcome(TrialState.INFEASIBLE, reason=reason, metrics=known)


def _plain(ax: Any) -> Plain:
    """An Ax parameter with all its values."""
    refused = [flag for flag in NOT_SUPPORTED if getattr(ax, flag, False)]
    if refused:
        raise SpecError("this kind of Ax parameter is not supported", key_path=ax.name, got=refused)
    if isinstance(ax, RangeParameter):
        return _range(ax)
    return _listed(ax, [ax.value] if isinstance(ax, FixedParameter) else ax.values)


def _range(ax: Any) -> Plain:
    is_whole = ax.parameter_type is ParameterType.INT
    if not is_whole and ax.digits is None:
        return Real(ax.name, ax.lower, ax.upper, log=ax.log_scale)
    digits = 0 if is_whole else ax.digits
    count = round((ax.upper - ax.lower) * 10**digits) + 1
    if count > MAX_VALUES:
        raise SpecError(
            "a range of too many values",
            key_path=ax.name,
            got=f"{ax.lower} to {ax.upper}: {count} values",
            expected=f"at most {MAX_VALUES}: a step_size, a choice of some of them, or a float",
        )
    if is_whole:
        return Integer(ax.name, ax.lower, ax.upper, log=ax.log_scale)
    values = [round(ax.lower + k / 10**digits, digits) for k in range(count)]
    return Ordinal(ax.name, values, log=ax.log_scale)


def _listed(ax: Any, values: Sequence[Any]) -> Plain:
    own = [_own(ax, value) for value in values]
    if not ax.is_numeric or _is_labelled(ax):
        return Categorical(ax.name, own)
    return Ordinal(ax.name, own, log=ax.log_scale if hasattr(ax, "log_scale") else None)


def _is_labelled(ax: Any) -> bool:
    """Whether its values are numbers without an order."""
    return ax.is_numeric and not getattr(ax, "is_ordered", True)


def _own(ax: Any, value: Any) -> Any:
    """A value as our parameter has it; one that was written with fewer digits is the nearest."""
    if isinstance(value, float):
        value = next((v for v in getattr(ax, "values", ()) if math.isclose(v, value)), value)
    if _is_labelled(ax) and isinstance(value, int | float):
        return str(ax.cast(value))
    return value


def _linear(constraint: Any, ax: Mapping[str, Any]) -> str:
    """A linear constraint of Ax as text."""
    weights = constraint.constraint_dict
    kinds = {ax[name].parameter_type for name in weights}
    total = " + ".join(f"{float(weight)!r} * {written(name)}" for name, weight in weights.items())
    bound = float(constraint.bound)
    if not getattr(constraint, "is_equality", False):
        slack = 0.0 if kinds == {ParameterType.INT} else SLACK
        return f"{total} <= {bound + slack!r}"
    if any(isinstance(_plain(ax[name]), Real) for name in weights):
        raise SpecError(
            "an equality of real numbers is not supported",
            got=str(constraint),
            expected="a DerivedParameterConfig for one of them",
        )
    return f"abs({total} - {bound!r}) <= {SLACK!r}"


def _limit(name: str, constraint: Any) -> Weighted:
    if constraint.relative:
        raise SpecError(
            "an outcome constraint relative to a baseline is not supported",
            got=constraint.expression,
            expected="an absolute bound",
        )
    sign = 1.0 if constraint.op is ComparisonOp.LEQ else -1.0
    weights = tuple((metric, sign * weight) for metric, weight in constraint.metric_weights)
    return Weighted(name, weights, sign * constraint.bound)

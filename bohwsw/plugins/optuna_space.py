"""A space whose points are Optuna's parameters: declared, or read off finished trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bohwsw.expressions import written
from bohwsw.plugins.optuna_parts import Part, Plain, distribution_of, part_of, parts_of
from bohwsw.space import Conditional, Expression, Parameter, Point, Predicate, Real, Space, parse

# The module imported first says what to install where this is missing.
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution  # isort: skip
from optuna.trial import BaseTrial, FrozenTrial, TrialState  # isort: skip

Known = str | Predicate

MAX_LISTED = 32
"""A condition that would list more values than this is left out."""


class OptunaSpace:
    """A space whose points are Optuna's parameters: parts by its names, ``space`` by ours.

    ``free`` are names that Optuna knows and this space leaves out.
    """

    def __init__(
        self, parts: Mapping[str, Part], space: Space, free: frozenset[str] = frozenset()
    ) -> None:
        self.space = space
        self.free = free
        names = {part.parameter.name: name for name, part in parts.items()}
        self.parts = {names[p.name]: parts[names[p.name]] for p in in_order(space.parameters)}
        self.distributions = {name: part.distribution for name, part in self.parts.items()}
        self._when = {p.name: when_of(p, space.parameters) for p in space}

    @staticmethod
    def of_space(space: Space) -> OptunaSpace:
        """One of ours, without factorisations and permutations, which Optuna cannot store."""
        distributions = {p.name: distribution_of(p) for p in space}
        return OptunaSpace({n: part_of(n, d) for n, d in distributions.items()}, space)

    @staticmethod
    def of_distributions(
        distributions: Mapping[str, BaseDistribution], constraints: Sequence[Known]
    ) -> OptunaSpace:
        """One declared in Optuna's language."""
        parts = parts_of(distributions)
        return OptunaSpace(parts, Space([p.parameter for p in parts.values()], constraints))

    def point(self, params: Mapping[str, Any]) -> Point | None:
        """Our point for Optuna's parameters; None if it is incomplete or not in the space.

        Values of other parameters, and where a condition does not hold, are passed over.
        """
        point: Point = {}
        for name, part in self.parts.items():
            ours = part.parameter.name
            if not is_active(self._when.get(ours), point):
                point[ours] = None
                continue
            value = part.ours(params[name]) if name in params else None
            if value is None:
                return None
            point[ours] = value
        return None if self.space.violations(point) else point

    def params(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Optuna's parameters for a point of ours, without those that have no value."""
        return {
            name: part.theirs(point[part.parameter.name])
            for name, part in self.parts.items()
            if point[part.parameter.name] is not None
        }

    def explains(self, trial: FrozenTrial) -> bool:
        """Whether a trial asked for what this space says that it asks for."""
        asked = {n: d for n, d in trial.distributions.items() if n not in self.free}
        if any(self.distributions.get(name) != d for name, d in asked.items()):
            return False
        if trial.state is not TrialState.COMPLETE:
            return True
        point: Point = {}
        for name, part in self.parts.items():
            active = is_active(self._when.get(part.parameter.name), point)
            if active != (name in asked):
                return False
            point[part.parameter.name] = part.ours(trial.params[name]) if active else None
        return True


def suggest_point(trial: BaseTrial, space: Space) -> Point:
    """Ask a trial for a whole point of a space, by the distributions that the sampler expects.

    The trial may be of any sampler; only `BohwswSampler` with this space meets its constraints.
    """
    point: Point = {}
    for parameter in in_order(space.parameters):
        name = parameter.name
        when = when_of(parameter, space.parameters)
        distribution = distribution_of(parameter)
        if not is_active(when, point):
            point[name] = None
        elif isinstance(distribution, CategoricalDistribution):
            point[name] = trial.suggest_categorical(name, distribution.choices)
        else:
            is_whole = isinstance(distribution, IntDistribution)
            ask = trial.suggest_int if is_whole else trial.suggest_float
            point[name] = ask(name, distribution.low, distribution.high, log=distribution.log)
    return {name: point[name] for name in space.names}


def is_active(when: Expression | None, point: Mapping[str, Any]) -> bool:
    """Whether a condition holds; it does not where a parameter in it has no value."""
    if when is None:
        return True
    return all(point[name] is not None for name in when.names) and bool(when.evaluate(point))


def when_of(parameter: Parameter, among: Sequence[Parameter]) -> Expression | None:
    """The condition of a parameter on others; None if it has none."""
    if not isinstance(parameter, Conditional):
        return None
    return parse(parameter.when, known=[other.name for other in among])


def in_order(parameters: Sequence[Parameter]) -> list[Parameter]:
    """Each parameter after those that its condition mentions."""
    ordered: dict[str, Parameter] = {}
    waiting = list(parameters)
    while waiting:
        for parameter in waiting:
            when = when_of(parameter, parameters)
            if when is None or all(name in ordered for name in when.names):
                ordered[parameter.name] = parameter
        waiting = [parameter for parameter in waiting if parameter.name not in ordered]
    return list(ordered.values())


def inferred_space(
    trials: Sequence[FrozenTrial], constraints: Sequence[Known] = ()
) -> tuple[OptunaSpace | None, tuple[Known, ...]]:
    """The space that finished trials have shown, and the constraints that do not apply to it.

    A parameter that some completed trials did not ask for is conditional if one other parameter
    with listed values decides it: it is asked for from some value on, up to some value, or at some
    values. Any other such parameter is left out, like one whose distribution changes. Trials that
    failed or were pruned may have ended early, so they show what is asked for, not what is not.
    Constraints apply whose parameters are all in the space, which is None if it has none.
    """
    shown: dict[str, BaseDistribution] = {}
    changing: set[str] = set()
    for trial in trials:
        for name, distribution in trial.distributions.items():
            if shown.setdefault(name, distribution) != distribution:
                changing.add(name)
    parts = parts_of({name: shown[name] for name in sorted(set(shown) - changing)})
    witnesses = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    conditions = _conditions(parts, witnesses)
    ever = {name for trial in witnesses for name in trial.params}
    free = frozenset(changing | (ever & (set(parts) - set(conditions))))
    if not conditions:
        return None, tuple(constraints)
    placed = {name: parts[name] for name in conditions}
    aliases = {part.parameter.name for name, part in placed.items() if part.parameter.name == name}
    applied = [c for c in constraints if set(names_in(c, ever)) <= aliases]
    parameters = [
        Conditional(part.parameter, when) if when else part.parameter
        for part, when in ((parts[name], when) for name, when in conditions.items())
    ]
    waiting = tuple(constraint for constraint in constraints if constraint not in applied)
    return OptunaSpace(placed, Space(parameters, applied), free), waiting


def names_in(constraint: Known, known: Iterable[str] = ()) -> tuple[str, ...]:
    """The parameters that a constraint mentions, some of which may be known by name."""
    if isinstance(constraint, Predicate):
        return tuple(constraint.parameters)
    return parse(constraint, known=known, is_open=True).names


def _conditions(parts: Mapping[str, Part], witnesses: Sequence[FrozenTrial]) -> dict[str, str]:
    """The parameters that are always asked for, with "", and those with a condition, as text."""
    points = [
        {name: parts[name].ours(t.params[name]) for name in parts if name in t.params}
        for t in witnesses
    ]
    points = [point for point in points if None not in point.values()]
    found = {name: "" for name in parts if all(name in point for point in points)}
    waiting = [name for name in parts if name not in found]
    while True:
        for name in waiting:
            texts = (_condition(name, other, parts[other].parameter, points) for other in found)
            text = next((text for text in texts if text), None)
            if text:
                found[name] = text
                break
        else:
            return found
        waiting = [name for name in waiting if name not in found]


def _condition(
    name: str, other: str, parameter: Plain, points: Sequence[Mapping[str, Any]]
) -> str | None:
    """When a parameter has a value, as a condition on another one; None if that does not decide."""
    seen = [point for point in points if other in point]
    present = {point[other] for point in seen if name in point}
    absent = {point[other] for point in seen if name not in point}
    strays = any(name in point and other not in point for point in points)
    if isinstance(parameter, Real) or not present or present & absent or strays:
        return None
    ours = written(parameter.name)
    if parameter.is_ordered and (not absent or max(absent) < min(present)):
        return f"{ours} >= {min(present) if absent else parameter.values[0]!r}"
    if parameter.is_ordered and max(present) < min(absent):
        return f"{ours} <= {max(present)!r}"
    values = present if absent else set(parameter.values)
    if len(values) > MAX_LISTED:
        return None
    return " or ".join(f"{ours} == {value!r}" for value in sorted(values))

"""Fidelities: parameters that say how well an evaluation is done, and what it costs.

Epochs, seeds, mappings tried, layers simulated, columns of a table: a cheap evaluation tells
something of the dear one, and only the dear one counts in the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bohwsw.arrays import Indices, Labels, Values
from bohwsw.checks import finite_number
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.space import ListedParameter, Parameter, Real, Space, checked
from bohwsw.strategies.outcome import as_float

LIKENESS = 0.03
"""A model expects so much of the change along a fidelity that it expects along a parameter."""

FEW_LEVELS = 6
"""Up to so many values of a fidelity each gets an offset of its own."""

MOST_VALUES, MOST_VARIANTS = 12, 64
"""Values of a fidelity among which a suggestion chooses at first, and combinations of several."""

EXAMPLE = "'5 + epochs'"


@dataclass(frozen=True)
class Fidelity:
    """Which parameters are fidelities, where results count, and the cost of an evaluation.

    Attributes:
        targets: for each fidelity, by name, its value at which results count.
        cost: an expression over parameters of the space, such as ``5 + epochs``; a number, if all
            evaluations cost alike; or, of one fidelity, a table: a cost for each value, as a
            mapping or as pairs. Positive, in any unit.

    Raises:
        SpecError: there is no target, or the cost is none of these.
    """

    targets: Mapping[str, Any]
    cost: str | float | Mapping[Any, float] | Sequence[Sequence[Any]] = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.targets, Mapping) or not self.targets:
            expected = "a target value for each fidelity, such as {'epochs': 200}"
            raise SpecError("not targets", key_path="targets", got=self.targets, expected=expected)
        cost: Any = self.cost
        if isinstance(cost, Mapping):
            cost = list(cost.items())
        if not isinstance(cost, str) and as_float(cost) is None:
            cost = self._table(cost)
        object.__setattr__(self, "targets", dict(self.targets))
        object.__setattr__(self, "cost", cost)

    def _table(self, cost: Any) -> tuple[tuple[Any, float], ...]:
        expected = f"an expression such as {EXAMPLE}, a number, or a cost for each value"
        try:
            pairs = tuple((value, as_float(each)) for value, each in cost)
        except (TypeError, ValueError):
            raise SpecError("not a cost", key_path="cost", got=cost, expected=expected) from None
        if len(self.targets) != 1:
            problem = "a table of costs is for one fidelity"
            raise SpecError(problem, key_path="cost", got=list(self.targets), expected=expected)
        return tuple((value, _positive(each, value)) for value, each in pairs)

    def as_data(self) -> dict[str, Any]:
        """Plain data, ready for JSON; `Fidelity(**data)` is an equal one."""
        cost: Any = self.cost
        if isinstance(cost, tuple):
            cost = [list(pair) for pair in cost]
        return {"targets": dict(self.targets), "cost": cost}


def fidelity_of(given: Any) -> Fidelity:
    """A `Fidelity` from one, or from a mapping with its fields; a SpecError if it is neither."""
    if isinstance(given, Fidelity):
        return given
    if not isinstance(given, Mapping) or not {"targets"} <= set(given) <= {"targets", "cost"}:
        expected = "a Fidelity, or a mapping with its fields targets and cost"
        raise SpecError("not a fidelity", got=given, expected=expected)
    return Fidelity(**given)


class SpaceFidelity:
    """A `Fidelity` over a space: rows of codes in, costs and rows at the target out.

    Raises:
        SpecError: a fidelity is no ordinary parameter of the space, a target or a table does not
            fit it, or a cost is not positive.
    """

    def __init__(self, fidelity: Fidelity, space: Space) -> None:
        self.fidelity = fidelity
        self.space = space
        if not space.encoding_is_exact:
            problem = "features replace the values, so that a model cannot see the fidelity"
            raise SpecError(problem, got=list(fidelity.targets), expected="features beside them")
        by_name = {parameter.name: parameter for parameter in space.parameters}
        for name in fidelity.targets:
            if name not in by_name:
                raise unknown_name("fidelity", name, by_name)
            if not isinstance(by_name[name], ListedParameter | Real) or by_name[name].n_columns > 1:
                expected = "a Real, Integer, Ordinal or Categorical"
                got = type(by_name[name]).__name__
                raise SpecError("not a fidelity", key_path=name, got=got, expected=expected)
        self.parameters = [p for p in space.parameters if p.name in fidelity.targets]
        self._codes = np.array([p.codes(fidelity.targets[p.name])[0] for p in self.parameters])
        self._rates = self._cost_rates()
        self.cost(space.sample_rows(64, np.random.default_rng(0)))  # raises if one is not positive

    # -- rows -----------------------------------------------------------------------------------

    @cached_property
    def columns(self) -> Indices:
        """The columns of a row of codes that are fidelities."""
        starts = np.cumsum([0, *(p.n_columns for p in self.space.parameters)])
        names = self.space.names
        return np.array([starts[names.index(p.name)] for p in self.parameters], dtype=np.int64)

    def at_target(self, rows: Any) -> Labels:
        """Which of rows ``[n, n_columns]`` are at the target: bool ``[n]``."""
        return np.asarray((rows[:, self.columns] == self._codes).all(axis=1))

    def projected(self, rows: Any) -> Any:
        """The same rows at the target; where constraints tie a fidelity, these may be invalid."""
        moved = np.array(rows)
        moved[:, self.columns] = self._codes
        return moved

    def cost(self, rows: Any) -> Values:
        """What evaluations of rows ``[n, n_columns]`` cost: ``[n]``.

        Raises:
            SpecError: a cost is not a positive number.
        """
        if self._rates is not None:
            found = self._rates[rows[:, self.columns[0]]]
        elif isinstance(self.fidelity.cost, str):
            expression = checked(self.fidelity.cost, self.space.parameters, EXAMPLE)
            columns = self.space.columns(rows)
            found = np.broadcast_to(
                np.asarray(expression.evaluate(columns), np.float64), (len(rows),)
            )
        else:
            found = np.full(len(rows), float(self.fidelity.cost))  # type: ignore[arg-type]
        if len(found):
            _positive(float(found.min()), self.space.point(rows[int(np.argmin(found))]))
        return np.asarray(found)

    def variants(self, row: Any) -> Any:
        """The row ``[n_columns]`` at values of the fidelities ``[k, n_columns]``, its own among
        them; valid or not."""
        each = [self._some_codes(p, int(row[c])) for p, c in zip(*self._pairs(), strict=True)]
        combined = np.array(list(itertools.product(*each)), dtype=np.int32)
        if len(combined) > MOST_VARIANTS:
            kept = np.linspace(0, len(combined) - 1, MOST_VARIANTS).astype(int)
            combined = np.concatenate([combined[kept], [row[self.columns], self._codes]])
        rows = np.repeat(row[None, :], len(combined), axis=0)
        rows[:, self.columns] = combined
        return rows

    def _pairs(self) -> tuple[list[Parameter], Indices]:
        return self.parameters, self.columns

    def _some_codes(self, parameter: Parameter, own: int) -> list[int]:
        n, target = parameter.columns[0].n_values, self._codes[self.parameters.index(parameter)]
        if n <= MOST_VALUES:
            return list(range(n))
        even = np.linspace(0, n - 1, MOST_VALUES).astype(int).tolist()
        return sorted({*even, own, int(target)})

    # -- encoded --------------------------------------------------------------------------------

    @cached_property
    def encoded_columns(self) -> list[Indices]:
        """For each fidelity its columns of an encoded point."""
        widths = [len(p.encoding_middle) for p in self.space.parameters]
        starts = np.cumsum([0, *widths])
        places = [self.space.names.index(p.name) for p in self.parameters]
        return [np.arange(starts[k], starts[k + 1]) for k in places]

    @cached_property
    def encoded_targets(self) -> list[Values]:
        """For each fidelity what a model sees of its target."""
        codes = zip(self.parameters, self._codes, strict=True)
        return [p.encode(np.array([[code]], dtype=np.int32))[0] for p, code in codes]

    @property
    def named_targets(self) -> list[tuple[str, Values]]:
        """Each fidelity's name with what a model sees of its target."""
        return [(p.name, t) for p, t in zip(self.parameters, self.encoded_targets, strict=True)]

    def encoded_at_target(self, x: Values) -> Values:
        """Encoded points ``[n, width]`` with the fidelities at their targets."""
        moved = np.array(x)
        for columns, target in zip(self.encoded_columns, self.encoded_targets, strict=True):
            moved[:, columns] = target
        return moved

    def is_at_target(self, x: Values) -> Labels:
        """Which of encoded points ``[n, width]`` are at the target: bool ``[n]``."""
        return np.asarray((np.abs(x - self.encoded_at_target(x)) < 1e-9).all(axis=1))

    @property
    def scales(self) -> Values:
        """What a model multiplies encoded columns ``[width]`` by: fidelities tell of each other."""
        found = np.ones(self.space.width)
        found[np.concatenate(self.encoded_columns)] = LIKENESS
        return found

    def basis(self, x: Values) -> Values:
        """Functions of the fidelities alone ``[n, k]`` of encoded points ``[n, width]``.

        All 0 at the target: one a value other than the target where there are few, else distance
        and squared distance from it.
        """
        found = []
        triples = zip(self.parameters, self.encoded_columns, self.encoded_targets, strict=True)
        for parameter, columns, target in triples:
            own = x[:, columns]
            n = parameter.columns[0].n_values
            if n <= FEW_LEVELS:
                levels = parameter.encode(np.arange(n, dtype=np.int32)[:, None])
                other = levels[(np.abs(levels - target) > 1e-9).any(axis=1)]
                near = np.abs(own[:, None, :] - other[None, :, :]).max(axis=2) < 1e-6
                found.append(near.astype(np.float64))
            else:
                away = np.abs(own - target)
                found.append(np.concatenate([away, away**2], axis=1))
        return np.concatenate(found, axis=1)

    # -- inside ---------------------------------------------------------------------------------

    def _cost_rates(self) -> Values | None:
        """The costs of a table by the code of the fidelity."""
        if not isinstance(self.fidelity.cost, tuple):
            return None
        (parameter,) = self.parameters
        rates = np.full(parameter.columns[0].n_values, np.nan)
        if isinstance(parameter, Real):
            problem = "a range of numbers needs an expression as its cost"
            raise SpecError(problem, key_path=f"cost of {parameter.name}", expected=EXAMPLE)
        for value, cost in self.fidelity.cost:
            with located(key_path="cost"):
                rates[parameter.codes(value)[0]] = cost
        missing = np.flatnonzero(np.isnan(rates))
        if len(missing):
            value = parameter.value(np.array(missing[:1], dtype=np.int32))
            problem = "a value of the fidelity has no cost"
            raise SpecError(problem, key_path=f"cost of {parameter.name}", got=value)
        return rates


def _positive(cost: Any, at: Any) -> float:
    number = finite_number(cost)
    if number is None or number <= 0:
        problem, expected = f"not a cost, at {at}", "a positive number"
        raise SpecError(problem, key_path="cost", got=cost, expected=expected)
    return float(number)

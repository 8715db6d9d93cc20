"""Parameters that known constraints tie together, directly or through others.

Two components never meet in a constraint, so the valid points of a space are the product of the
valid rows of its components: each is counted, sampled and searched on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bohwsw.space.constraint import Constraint
from bohwsw.space.evaluate_intervals import Interval
from bohwsw.space.parameters import Parameter

Codes = npt.NDArray[np.int32]
"""Codes of values: ``[n]`` of one parameter, or rows ``[n, n_parameters]`` of a component."""

GRID_CELLS = 400_000
"""Largest grid on which a constraint is tried on all combinations of its parameters' values."""

PROPAGATION_ROUNDS = 10


@dataclass(frozen=True)
class Component:
    """Parameters and the constraints among them.

    Attributes:
        parameters: in the order of the columns of a row.
        constraints: each mentions only these parameters.
        allowed: for each parameter the codes that no constraint rules out by itself, ascending.
    """

    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...]
    allowed: tuple[Codes, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def is_ruled_out(self) -> bool:
        """Whether propagation alone leaves some parameter without a value."""
        return any(len(codes) == 0 for codes in self.allowed)

    def valid(self, rows: Codes) -> npt.NDArray[np.bool_]:
        """Which rows ``[n, n_parameters]`` of codes meet every constraint: bool ``[n]``."""
        result = np.ones(len(rows), dtype=bool)
        if not len(rows):
            return result
        values = {p.name: p.numeric[rows[:, j]] for j, p in enumerate(self.parameters)}
        for constraint in self.constraints:
            result &= constraint.holds(values)
        return result

    def extend(self, rows: Codes, chosen: Sequence[int], column: int) -> npt.NDArray[np.bool_]:
        """Which values of one more parameter partial rows can take.

        Args:
            rows: codes ``[n, n_parameters]``; only the columns in ``chosen`` are looked at.
            chosen: the columns that have a value already.
            column: the column that comes next.

        Returns:
            bool ``[n, len(allowed[column])]``. False proves that no completion is valid; True
            does not prove that there is one, unless this was the last column.
        """
        next_name = self.parameters[column].name
        known = {
            self.parameters[j].name: self.parameters[j].numeric[rows[:, j]][:, None] for j in chosen
        }
        known[next_name] = self.parameters[column].numeric[self.allowed[column]][None, :]
        result = np.ones((len(rows), len(self.allowed[column])), dtype=bool)
        for constraint in self.constraints:
            if next_name not in constraint.names:
                continue
            if all(name in known for name in constraint.names):
                result &= constraint.holds({name: known[name] for name in constraint.names})
            else:
                result &= constraint.can_hold(self._bounds(constraint, known))
        return result

    def decides(self, chosen: Sequence[int], column: int) -> bool:
        """Whether some constraint has its last value once this column is chosen."""
        known = {self.parameters[j].name for j in (*chosen, column)}
        name = self.parameters[column].name
        return any(name in c.names and set(c.names) <= known for c in self.constraints)

    def _bounds(
        self, constraint: Constraint, known: Mapping[str, npt.NDArray[np.float64]]
    ) -> dict[str, Interval | None]:
        bounds: dict[str, Interval | None] = {}
        for name in constraint.names:
            bounds[name] = (known[name], known[name]) if name in known else self._range(name)
        return bounds

    def _range(self, name: str) -> Interval | None:
        """Lowest and highest value a parameter can still take; None for text."""
        column = self.names.index(name)
        parameter, codes = self.parameters[column], self.allowed[column]
        values = parameter.numeric[codes]
        if parameter.is_text:
            return (values[0], values[0]) if len(values) == 1 else None
        return values.min(), values.max()

    def propagated(self) -> Component:
        """The same component without values that some constraint rules out by itself.

        Arc consistency (A. K. Mackworth, "Consistency in networks of relations", 1977) on the
        full grid where it is small, bounds consistency by interval arithmetic where it is not.
        """
        component = self
        for _ in range(PROPAGATION_ROUNDS):
            before = [len(codes) for codes in component.allowed]
            for constraint in component.constraints:
                if component.is_ruled_out:
                    return component
                component = component._filtered(constraint)
            if [len(codes) for codes in component.allowed] == before:
                break
        return component

    def _filtered(self, constraint: Constraint) -> Component:
        columns = [self.names.index(name) for name in constraint.names]
        sizes = [len(self.allowed[j]) for j in columns]
        allowed = list(self.allowed)
        if np.prod(sizes, dtype=np.float64) <= GRID_CELLS:
            grids = np.ix_(*(self.allowed[j] for j in columns))
            values = {
                self.parameters[j].name: self.parameters[j].numeric[grid]
                for j, grid in zip(columns, grids, strict=True)
            }
            holds = constraint.holds(values)
            for axis, j in enumerate(columns):
                others = tuple(a for a in range(len(columns)) if a != axis)
                allowed[j] = self.allowed[j][holds.any(axis=others)]
        else:
            for j in columns:
                name = self.parameters[j].name
                bounds = self._bounds(constraint, {name: self.parameters[j].numeric[allowed[j]]})
                keep = np.broadcast_to(constraint.can_hold(bounds), (len(allowed[j]),))
                allowed[j] = allowed[j][keep]
        return replace(self, allowed=tuple(allowed))


def split(
    parameters: Sequence[Parameter], constraints: Sequence[Constraint]
) -> tuple[Component, ...]:
    """The connected components of a space, in the order of their first parameters."""
    group = {parameter.name: parameter.name for parameter in parameters}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for constraint in constraints:
        first = root(constraint.names[0])
        for name in constraint.names[1:]:
            group[root(name)] = first
    components = []
    for leader in dict.fromkeys(root(parameter.name) for parameter in parameters):
        members = tuple(p for p in parameters if root(p.name) == leader)
        inside = tuple(c for c in constraints if root(c.names[0]) == leader)
        components.append(component(members, inside))
    return tuple(components)


def component(parameters: Sequence[Parameter], constraints: Sequence[Constraint]) -> Component:
    """A component before propagation: every value is still allowed."""
    everything = tuple(np.arange(len(p.values), dtype=np.int32) for p in parameters)
    return Component(tuple(parameters), tuple(constraints), everything)

"""A space: parameters, known constraints, and every question an optimiser asks about them."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.clash import require_points
from bohwsw.space.component import Codes, split
from bohwsw.space.constraint import Violation, bind
from bohwsw.space.neighbours import component_neighbours
from bohwsw.space.parameters import Categorical, Integer, Ordinal, Parameter
from bohwsw.space.sampler import TABLE_ROWS, Sampler
from bohwsw.space.syntax import Scalar

Point: TypeAlias = dict[str, Scalar]
"""A point: one value a parameter, by name."""

NEIGHBOUR_CACHE = 4096


@dataclass(frozen=True)
class Size:
    """How many valid points a space has.

    Attributes:
        count: the number, if ``exact``; else a number that is known to be exceeded.
        exact: whether it was counted to the end.
        estimate: equal to ``count`` if exact, else a statistical estimate.
    """

    count: int
    exact: bool
    estimate: float

    def __str__(self) -> str:
        return f"{self.count:,}" if self.exact else f"about {self.estimate:.2g}"


class Space:
    """Finite parameters with known constraints among them.

    Args:
        parameters: at least one; distinct names.
        constraints: conditions as text, such as ``mesh_x * mesh_y == 168``.
        table_rows: the most valid rows of tied parameters that are listed in memory; above it,
            rows are drawn parameter by parameter and made even by weights.

    Raises:
        SpecError: a name is used twice, a constraint is not understood, or no point is left; the
            last names a smallest set of constraints that clash.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        constraints: Sequence[str] = (),
        *,
        table_rows: int = TABLE_ROWS,
    ) -> None:
        self.parameters = tuple(parameters)
        _check_parameters(self.parameters)
        if isinstance(constraints, str):
            raise SpecError("constraints must be a list", got=constraints)
        self.constraints = tuple(bind(text, self.parameters) for text in constraints)
        self.names = tuple(parameter.name for parameter in self.parameters)
        components = tuple(c.propagated() for c in split(self.parameters, self.constraints))
        for component in components:
            require_points(component)
        self._components = components
        self._columns = tuple(
            np.array([self.names.index(name) for name in c.names]) for c in components
        )
        self._samplers = tuple(Sampler(c, table_rows) for c in components)
        self._near: OrderedDict[tuple[int, bytes], Codes] = OrderedDict()

    # -- what it is ----------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """The number of columns of an encoded point."""
        return sum(parameter.encoding.shape[1] for parameter in self.parameters)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Names of parameters that constraints tie together; between groups anything goes."""
        return tuple(component.names for component in self._components)

    @property
    def rejected_share(self) -> float:
        """The share of draws thrown away so far; 0 where all valid rows could be listed."""
        drawn = sum(sampler.drawn for sampler in self._samplers)
        return sum(sampler.rejected for sampler in self._samplers) / drawn if drawn else 0.0

    def size(self, limit: int = TABLE_ROWS) -> Size:
        """The number of valid points.

        Args:
            limit: how many rows of tied parameters are counted one by one; groups of parameters
                that share no constraint multiply, so far larger spaces can be counted exactly.
        """
        counts = [self._count(index, limit) for index in range(len(self._components))]
        exact = all(size.exact for size in counts)
        estimate = math.prod(size.estimate for size in counts)
        return Size(math.prod(size.count for size in counts), exact, estimate)

    def _count(self, index: int, limit: int) -> Size:
        sampler = self._samplers[index]
        if not self._components[index].constraints:
            n = math.prod(len(codes) for codes in self._components[index].allowed)
            return Size(n, True, float(n))
        table = sampler.table()
        if table is None or len(table) > limit:
            return Size(limit if table is not None else 1, False, sampler.estimate())
        return Size(len(table), True, float(len(table)))

    # -- points and rows -----------------------------------------------------------------------

    def row(self, point: Mapping[str, Any]) -> Codes:
        """The codes ``[n_parameters]`` of a point.

        Raises:
            SpecError: a parameter is unknown, missing or has a value it cannot have.
        """
        for name in point:
            if name not in self.names:
                raise unknown_name("parameter", name, self.names)
        for name in self.names:
            if name not in point:
                raise SpecError("a parameter has no value", key_path=name, got=dict(point))
        codes = [parameter.code(point[parameter.name]) for parameter in self.parameters]
        return np.array(codes, dtype=np.int32)

    def point(self, row: Codes) -> Point:
        """The point of a row of codes."""
        return {p.name: p.values[int(c)] for p, c in zip(self.parameters, row, strict=True)}

    def key(self, point: Mapping[str, Any]) -> tuple[Scalar, ...]:
        """A hashable form, equal for equal points (4 and 4.0 are one value)."""
        return tuple(self.point(self.row(point)).values())

    def violations(self, point: Mapping[str, Any]) -> tuple[Violation, ...]:
        """Everything that keeps a point out of the space; empty for a valid one."""
        wrong = [
            Violation(str(name), "is not a parameter of this space")
            for name in point
            if name not in self.names
        ]
        plain: Point = {}
        for parameter in self.parameters:
            if parameter.name not in point:
                wrong.append(Violation(parameter.name, "has no value"))
                continue
            try:
                code = parameter.code(point[parameter.name])
            except SpecError as error:
                wrong.append(Violation(parameter.name, f"{error.got!r} is not {error.expected}"))
                continue
            plain[parameter.name] = parameter.values[code]
        for constraint in self.constraints:
            if all(name in plain for name in constraint.names):
                violation = constraint.violation(plain)
                if violation is not None:
                    wrong.append(violation)
        return tuple(wrong)

    # -- encoding ------------------------------------------------------------------------------

    def encode(self, points: Iterable[Mapping[str, Any]]) -> npt.NDArray[np.float64]:
        """What a model sees: float64 ``[n_points, width]`` in [0, 1].

        Logarithms for geometric ordinals, one-hot columns for categoricals of three values or more.
        """
        rows = [self.row(point) for point in points]
        return self.encode_rows(np.array(rows, dtype=np.int32).reshape(-1, len(self.names)))

    def encode_rows(self, rows: Codes) -> npt.NDArray[np.float64]:
        """The same for rows of codes ``[n, n_parameters]``."""
        columns = [p.encoding[rows[:, j]] for j, p in enumerate(self.parameters)]
        return np.concatenate(columns, axis=1)

    # -- valid points --------------------------------------------------------------------------

    def sample(self, n: int, rng: np.random.Generator) -> list[Point]:
        """``n`` valid points, drawn with replacement, about evenly over all valid ones."""
        return [self.point(row) for row in self.sample_rows(n, rng)]

    def sample_rows(self, n: int, rng: np.random.Generator) -> Codes:
        """The same as rows of codes ``[n, n_parameters]``."""
        rows = np.empty((n, len(self.names)), dtype=np.int32)
        for sampler, columns in zip(self._samplers, self._columns, strict=True):
            rows[:, columns] = sampler.sample(n, rng)
        return rows

    def all_rows(self, limit: int) -> Codes | None:
        """Every valid row ``[n, n_parameters]`` in a fixed order; None if more than ``limit``."""
        size = self.size()
        if not size.exact or size.count > limit:
            return None
        rows = np.zeros((1, len(self.names)), dtype=np.int32)
        for sampler, columns in zip(self._samplers, self._columns, strict=True):
            table = sampler.table()
            if table is None:
                return None
            parent = np.repeat(np.arange(len(rows)), len(table))
            rows = rows[parent]
            rows[:, columns] = np.tile(table, (len(parent) // len(table), 1))
        return rows

    def neighbours(
        self,
        point: Mapping[str, Any],
        rng: np.random.Generator | None = None,
        limit: int | None = None,
    ) -> list[Point]:
        """Valid points one move from a valid point.

        A move changes one parameter, or two or three together where constraints forbid to change
        them one after the other.

        Args:
            point: a valid point.
            rng: picks which ones stay if there are more than ``limit``; None keeps them evenly
                spread over the moves.
            limit: the most to return; None returns all.
        """
        rows = self.neighbour_rows(self.row(point))
        if limit is not None and len(rows) > limit:
            if rng is None:
                picked = np.linspace(0, len(rows) - 1, limit).astype(int)
            else:
                picked = np.sort(rng.choice(len(rows), size=limit, replace=False))
            rows = rows[picked]
        return [self.point(near) for near in rows]

    def neighbour_rows(self, row: Codes) -> Codes:
        """All of them, as rows of codes ``[n, n_parameters]``."""
        found = []
        for index, columns in enumerate(self._columns):
            near = self._component_neighbours(index, row[columns])
            rows = np.repeat(row[None, :], len(near), axis=0)
            rows[:, columns] = near
            found.append(rows)
        return np.concatenate(found)

    def _component_neighbours(self, index: int, part: Codes) -> Codes:
        """Neighbours within one component, remembered: a local search asks for them again."""
        key = (index, part.tobytes())
        near = self._near.get(key)
        if near is None:
            near = component_neighbours(self._components[index], part)
            self._near[key] = near
            if len(self._near) > NEIGHBOUR_CACHE:
                self._near.popitem(last=False)
        return near

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __repr__(self) -> str:
        return f"Space({len(self.parameters)} parameters, {len(self.constraints)} constraints)"


def _check_parameters(parameters: tuple[Parameter, ...]) -> None:
    if not parameters:
        raise SpecError("a space needs at least one parameter")
    seen: set[str] = set()
    for parameter in parameters:
        if not isinstance(parameter, Integer | Ordinal | Categorical):
            raise SpecError(
                "not a parameter", got=parameter, expected="Integer, Ordinal or Categorical"
            )
        if parameter.name in seen:
            raise SpecError("two parameters have the same name", got=parameter.name)
        seen.add(parameter.name)

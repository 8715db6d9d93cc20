"""A space: parameters, known constraints, and every question an optimiser asks about them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, shortened, unknown_name
from bohwsw.expressions import Value
from bohwsw.space.binding import activations, bind_all, check_parameters
from bohwsw.space.column import Codes
from bohwsw.space.component import split
from bohwsw.space.constraint import Predicate, Violation
from bohwsw.space.encoding import Features, PointEncoding
from bohwsw.space.neighbours import UnconstrainedColumns, component_neighbours
from bohwsw.space.parameters import Parameter
from bohwsw.space.sampler import TABLE_ROWS, Sampler, Size
from bohwsw.space.search import require_rows

Point: TypeAlias = dict[str, Any]
"""A point: one value a parameter, by name."""

NEIGHBOUR_CACHE = 4096


class Space(PointEncoding):
    """Parameters with known constraints among them.

    Args:
        parameters: at least one; distinct names.
        constraints: conditions as text, such as ``mesh_x * mesh_y == 168``, and predicates.
        table_rows: the most valid rows of tied parameters that are listed in memory; above it,
            rows are drawn parameter by parameter and made even by weights.
        features: what a model is told beside, or instead of, the raw values.

    Attributes:
        n_columns: of a row of codes; a permutation takes one a position.
        group_columns: the columns of a row that belong to each of `groups`.

    Raises:
        SpecError: a name is used twice, a constraint is not understood, or no point is left; the
            last names a minimal set of constraints in conflict.
    """

    listed_rows = 0
    """So many rows are at hand without being drawn: all of a table, or a random part."""

    def __init__(
        self,
        parameters: Iterable[Parameter],
        constraints: Sequence[str | Predicate] = (),
        *,
        table_rows: int = TABLE_ROWS,
        features: Features | None = None,
    ) -> None:
        self._describe(parameters, constraints, features, table_rows)
        known = (*self.constraints, *self._activations)
        components = tuple(c.propagated() for c in split(self.parameters, known))
        for component in components:
            require_rows(component)
        self._components = components
        self.group_columns = tuple(
            np.concatenate([self._places[p.name] for p in c.parameters]) for c in components
        )
        self._samplers = tuple(Sampler(c, table_rows) for c in components)
        self._tied = [k for k, c in enumerate(components) if c.constraints]
        alone = [p for c in components if not c.constraints for p in c.parameters]
        self._unconstrained = UnconstrainedColumns([(p, self._places[p.name]) for p in alone])

    def _describe(
        self,
        parameters: Iterable[Parameter],
        constraints: Sequence[str | Predicate],
        features: Features | None,
        table_rows: int = TABLE_ROWS,
    ) -> None:
        """Take over what the space is made of, once it is checked."""
        self.parameters = tuple(parameters)
        check_parameters(self.parameters)
        self.constraints = bind_all(constraints, self.parameters)
        self._made_of = (tuple(constraints), table_rows)
        self.features = features
        self.names = tuple(parameter.name for parameter in self.parameters)
        self._activations = activations(self.parameters)
        sizes = [parameter.n_columns for parameter in self.parameters]
        self.n_columns = sum(sizes)
        places = np.split(np.arange(self.n_columns), np.cumsum(sizes)[:-1])
        self._places = dict(zip(self.names, places, strict=True))
        self._near: OrderedDict[tuple[int, bytes], Codes] = OrderedDict()

    def __reduce__(self) -> Any:
        """A copy in another process is made anew, from what this one was made of."""
        if type(self) is not Space:
            return super().__reduce__()
        texts, table_rows = self._made_of
        make = partial(Space, table_rows=table_rows, features=self.features)
        return make, (self.parameters, texts)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Names of parameters that constraints tie together; between groups anything goes."""
        return tuple(tuple(p.name for p in c.parameters) for c in self._components)

    def size(self, limit: int = TABLE_ROWS) -> Size:
        """The number of valid points.

        At most ``limit`` rows of tied parameters are counted one by one; groups of parameters that
        share no constraint multiply, so far larger spaces can be counted exactly.
        """
        return Size.of_product([sampler.size(limit) for sampler in self._samplers])

    def row(self, point: Mapping[str, Any]) -> Codes:
        """The codes ``[n_columns]`` of a point; lists do for tuples.

        Raises:
            SpecError: a parameter is unknown, missing or has a value it cannot have.
        """
        if not isinstance(point, Mapping):
            raise SpecError("not a point", got=point, expected="values by name")
        for name in point:
            if name not in self._places:
                raise unknown_name("parameter", name, self.names)
        codes: list[int] = []
        for parameter in self.parameters:
            name = parameter.name
            if name not in point:
                raise SpecError("a parameter has no value", key_path=name, got=dict(point))
            codes.extend(parameter.codes(point[name]))
        return np.array(codes, dtype=np.int32)

    def point(self, row: Codes) -> Point:
        """The point of a row of codes."""
        return {p.name: p.value(row[self._places[p.name]]) for p in self.parameters}

    def columns(self, rows: Codes) -> dict[str, npt.NDArray[Any]]:
        """The values of rows ``[n, n_columns]`` as one array a parameter.

        Returns:
            ``[n]`` int64, float64, bool or text; for a factorisation int64 ``[n, slots]``; for a
            permutation int64 ``[n, n_items]``: entry p is the index in ``items`` of what stands at
            position p. A conditional number is float64 with NaN where it has no value; text is ""
            there, an item -1.
        """
        return {p.name: p.array(rows[:, self._places[p.name]]) for p in self.parameters}

    def key(self, point: Mapping[str, Any]) -> tuple[Value, ...]:
        """A hashable form, equal for equal points (4 and 4.0 are one value)."""
        return tuple(self.point(self.row(point)).values())

    def violations(self, point: Mapping[str, Any]) -> tuple[Violation, ...]:
        """Everything that keeps a point out of the space; empty for a valid one."""
        unknown = [name for name in point if name not in self.names]
        wrong = [Violation(str(name), "is not a parameter of this space") for name in unknown]
        plain: Point = {}
        for parameter in self.parameters:
            name = parameter.name
            if name not in point:
                wrong.append(Violation(name, "has no value"))
                continue
            try:
                codes = np.array(parameter.codes(point[name]), dtype=np.int32)
                plain[name] = parameter.value(codes)
            except SpecError as error:
                problem = f"{shortened(error.got)} is not {error.expected}"
                wrong.append(Violation(name, problem))
        known = (c for c in (*self._activations, *self.constraints) if plain.keys() >= {*c.names})
        broken = (constraint.violation(plain) for constraint in known)
        return (*wrong, *(violation for violation in broken if violation is not None))

    def valid_row(self, point: Mapping[str, Any]) -> Codes:
        """The codes ``[n_columns]`` of a valid point.

        Raises:
            SpecError: the point is not in the space; says why.
        """
        row = self.row(point)
        violations = self.violations(point)
        if violations:
            expected = "; ".join(map(str, violations))
            raise SpecError("the point is not in the space", got=dict(point), expected=expected)
        return row

    def valid_rows(self, rows: Codes) -> npt.NDArray[np.bool_]:
        """Which rows ``[n, n_columns]`` of codes meet every constraint: bool ``[n]``."""
        result = np.ones(len(rows), dtype=bool)
        for component, columns in zip(self._components, self.group_columns, strict=True):
            result &= component.valid(rows[:, columns])
        return result

    def sample(self, n: int, rng: np.random.Generator) -> list[Point]:
        """``n`` valid points, drawn with replacement, about evenly over all valid ones."""
        return [self.point(row) for row in self.sample_rows(n, rng)]

    def sample_rows(self, n: int, rng: np.random.Generator) -> Codes:
        """The same as rows of codes ``[n, n_columns]``."""
        rows = np.empty((n, self.n_columns), dtype=np.int32)
        self._unconstrained.fill(rows, rng)
        for index in self._tied:
            rows[:, self.group_columns[index]] = self._samplers[index].sample(n, rng)
        return rows

    def all_rows(self, limit: int) -> Codes | None:
        """Every valid row ``[n, n_columns]`` in a fixed order; None if more than ``limit``."""
        size = self.size()
        if not size.exact or size.count > limit:
            return None
        rows = np.zeros((1, self.n_columns), dtype=np.int32)
        for sampler, columns in zip(self._samplers, self.group_columns, strict=True):
            table = sampler.table
            if table is None:
                return None
            parent = np.repeat(np.arange(len(rows)), len(table))
            rows = rows[parent]
            rows[:, columns] = np.tile(table, (len(parent) // len(table), 1))
        return rows

    def group_rows(self, k: int, limit: int) -> Codes | None:
        """All valid codes ``[n, k_columns]`` of one of `groups`; None if more than ``limit``."""
        sampler = self._samplers[k]
        if not sampler.size(limit).exact or sampler.size(limit).count > limit:
            return None
        return sampler.table

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
            rng: picks which ones stay if there are more than ``limit``; None keeps them evenly
                spread over the moves.
            limit: the most to return; None returns all.
        """
        rows = self.neighbour_rows(self.row(point))
        if limit is not None and len(rows) > limit:
            even = np.linspace(0, len(rows) - 1, limit).astype(int)
            rows = rows[even if rng is None else np.sort(rng.choice(len(rows), limit, False))]
        return [self.point(near) for near in rows]

    def neighbour_rows(self, row: Codes) -> Codes:
        """All of them, as rows of codes ``[n, n_columns]``."""
        found = [self._unconstrained.neighbours(row)]
        for index in self._tied:
            columns = self.group_columns[index]
            part = row[columns]
            # Remembered: a local search asks for them again.
            near_part = partial(component_neighbours, self._components[index], part)
            near = self._remembered((index, part.tobytes()), near_part)
            rows = np.repeat(row[None, :], len(near), axis=0)
            rows[:, columns] = near
            found.append(rows)
        return np.concatenate(found)

    def _remembered(self, key: tuple[int, bytes], find: Callable[[], Codes]) -> Codes:
        near = self._near.get(key)
        if near is None:
            near = self._near[key] = find()
            if len(self._near) > NEIGHBOUR_CACHE:
                self._near.popitem(last=False)
        return near

    def crossed(self, row: Codes, other: Codes, rng: np.random.Generator) -> Codes:
        """A valid row with some groups of one valid row and the others of another."""
        child = row.copy()
        for columns in self.group_columns:
            if rng.random() < 0.5:
                child[columns] = other[columns]
        return child

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __repr__(self) -> str:
        return f"Space({len(self.parameters)} parameters, {len(self.constraints)} constraints)"

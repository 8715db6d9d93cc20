"""Parameters that known constraints tie together, directly or through others.

Two components never meet in a constraint, so the valid points of a space are the product of the
valid rows of its components: each is counted, sampled and searched on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.expressions import Interval
from bohwsw.space.column import Codes, Column
from bohwsw.space.constraint import Activation, KnownConstraint, PredicateConstraint
from bohwsw.space.parameters import Parameter
from bohwsw.space.propagators import (
    AllDifferent,
    ExpressionPropagator,
    Mask,
    PredicatePropagator,
    Propagator,
)
from bohwsw.space.tabulation import Leaf

GRID_CELLS = 400_000
"""Largest grid on which a constraint is tried on all combinations of its columns' values."""

PREDICATE_GRID_CELLS = 20_000
PROPAGATION_ROUNDS = 10
REAL_BINS = 64


@dataclass(frozen=True, eq=False)
class Component:
    """Parameters and the constraints among them."""

    parameters: tuple[Parameter, ...]  # in the order of the columns of a row
    constraints: tuple[KnownConstraint, ...]
    columns: tuple[Column, ...]
    propagators: tuple[Propagator, ...]  # with what makes permutations permutations
    allowed: tuple[Codes, ...]
    """For each column the codes that no constraint rules out by itself, ascending; for a real the
    lowest and the highest."""

    @cached_property
    def listed(self) -> tuple[int, ...]:
        """The columns whose values are listed: all but reals."""
        return tuple(j for j, column in enumerate(self.columns) if column.grid is None)

    def depth_of(self, name: str) -> int:
        """How many conditions a parameter waits for, one on top of the other."""
        active = (c for c in self.constraints if isinstance(c, Activation) and c.name == name)
        return max((1 + max(map(self.depth_of, c.expression.names)) for c in active), default=0)

    @cached_property
    def depth(self) -> tuple[int, ...]:
        """The same for the parameter of each column."""
        return tuple(self.depth_of(column.parameter) for column in self.columns)

    @property
    def is_ruled_out(self) -> bool:
        """Whether propagation alone leaves some column without a value."""
        return any(len(codes) == 0 for codes in self.allowed)

    def valid(self, rows: Codes) -> Mask:
        """Which rows ``[n, n_columns]`` of codes meet every constraint: bool ``[n]``."""
        return self.meets(rows, self.propagators)

    def meets(self, rows: Codes, propagators: Sequence[Propagator]) -> Mask:
        """Which rows ``[n, n_columns]`` of codes meet some of them: bool ``[n]``."""
        result = np.ones(len(rows), dtype=bool)
        for propagator in sorted(propagators, key=lambda p: p.is_opaque):
            if propagator.is_opaque:
                alive = np.flatnonzero(result)
                result[alive] = propagator.holds(rows[alive])
            elif len(rows):
                result &= propagator.holds(rows)
        return result

    def extend(
        self,
        rows: Codes,
        chosen: Sequence[int],
        column: int,
        codes: Codes | None = None,
        *,
        opaque: bool = True,
    ) -> Mask:
        """Which codes ``[m]`` of one more listed column partial rows can take: bool ``[n, m]``.

        False proves that no completion is valid; True does not prove that there is one, unless
        this was the last column. Of the rows ``[n, n_columns]`` only the columns ``chosen`` have a
        value already. All allowed codes are tried if none are given; predicates are asked too if
        ``opaque``.
        """
        codes = self.allowed[column] if codes is None else codes
        result = np.ones((len(rows), len(codes)), dtype=bool)
        for propagator in self.propagators_of[column]:
            if opaque or not propagator.is_opaque:
                result &= propagator.mask(rows, chosen, column, codes, self.bounds)
        return result

    @cached_property
    def propagators_of(self) -> tuple[tuple[Propagator, ...], ...]:
        """For each column the propagators that mention it."""
        columns = range(len(self.columns))
        return tuple(tuple(p for p in self.propagators if j in p.columns) for j in columns)

    def decided(self, chosen: Sequence[int], column: int) -> tuple[Propagator, ...]:
        """The propagators that have their last value once a column is chosen."""
        known = {*chosen, column}
        return tuple(p for p in self.propagators_of[column] if p.columns <= known)

    @cached_property
    def activation_of(self) -> dict[str, ExpressionPropagator]:
        """For each conditional parameter the propagator that says when it has a value."""
        names = {c.text: c.name for c in self.constraints if isinstance(c, Activation)}
        expressions = (p for p in self.propagators if isinstance(p, ExpressionPropagator))
        return {names[p.text]: p for p in expressions if p.text in names}

    def is_active(self, rows: Codes, name: str) -> Mask:
        """In which rows ``[n, n_columns]`` a conditional parameter has to have a value."""
        columns = [j for j, column in enumerate(self.columns) if column.parameter == name]
        inactive = self.columns[columns[0]].inactive
        assert inactive is not None  # only conditional parameters have an activation
        trial = rows.copy()
        trial[:, columns] = inactive
        return ~self.activation_of[name].holds(trial)

    @cached_property
    def bounds(self) -> Callable[[Leaf], Interval]:
        """Lowest and highest value that a leaf can still take, remembered."""
        return lru_cache(maxsize=None)(lambda leaf: leaf.bounds(self.allowed[leaf.column]))

    @cached_property
    def block_bounds(self) -> Callable[[Leaf, int], Interval]:
        """The same for each block of so many of the allowed codes of its column, ``[1, m]``."""

        def of(leaf: Leaf, block: int) -> Interval:
            codes = self.allowed[leaf.column]
            (low, high), first = leaf.known(codes), np.arange(0, len(codes), block)
            return np.minimum.reduceat(low, first)[None], np.maximum.reduceat(high, first)[None]

        return lru_cache(maxsize=None)(of)

    def propagated(self) -> Component:
        """The same component without values that some constraint rules out by itself.

        Arc consistency (A. K. Mackworth, "Consistency in networks of relations", 1977) on the
        full grid where it is small, bounds consistency by interval arithmetic where it is not.
        """
        component = self
        for _ in range(PROPAGATION_ROUNDS):
            before = _extent(component.allowed)
            for propagator in component.propagators:
                if component.is_ruled_out:
                    return component
                component = replace(component, allowed=tuple(component._filtered(propagator)))
            if _extent(component.allowed) == before:
                break
        return component

    def _filtered(self, propagator: Propagator) -> list[Codes]:
        """The allowed codes of every column that one propagator leaves."""
        allowed = list(self.allowed)
        if isinstance(propagator, AllDifferent):
            return _without_singles(allowed, propagator)
        columns = sorted(propagator.columns)
        n_kinds = [len(propagator.alike(j, allowed[j])[1]) for j in columns]
        limit = PREDICATE_GRID_CELLS if propagator.is_opaque else GRID_CELLS
        if set(columns) <= set(self.listed) and np.prod(n_kinds, dtype=np.float64) <= limit:
            kinds, table = propagator.combinations({j: allowed[j] for j in columns})
            for axis, j in enumerate(columns):
                others = tuple(a for a in range(len(columns)) if a != axis)
                allowed[j] = allowed[j][np.asarray(table.any(axis=others))[kinds[axis]]]
            return allowed
        nothing = np.zeros((1, len(self.columns)), dtype=np.int32)
        for j in columns:
            if self.columns[j].grid is None:
                mask = propagator.mask(nothing, [], j, allowed[j], self.bounds)
                allowed[j] = allowed[j][np.broadcast_to(mask, (1, len(allowed[j])))[0]]
            elif isinstance(propagator, ExpressionPropagator):
                allowed[j] = self._narrowed_real(propagator, j)
        return allowed

    def _narrowed_real(self, propagator: ExpressionPropagator, column: int) -> Codes:
        """The hull of the parts of a real's range in which a condition can be met."""
        if self.columns[column].inactive is not None:  # then it is met, or does not apply
            return self.allowed[column]
        low, high = (int(code) for code in self.allowed[column])
        edges = np.linspace(low, high, REAL_BINS + 1).astype(np.int32)
        could = self.open_bins(propagator, np.zeros((1, 1), np.int32), [], column, edges[None])[0]
        if not could.any():
            return np.zeros(0, dtype=np.int32)
        first, last = np.flatnonzero(could)[[0, -1]]
        return np.array([edges[first], edges[last + 1]], dtype=np.int32)

    def open_bins(
        self,
        propagator: ExpressionPropagator,
        rows: Codes,
        chosen: Sequence[int],
        column: int,
        edges: npt.NDArray[Any],
    ) -> Mask:
        """Which parts ``[n, n_bins]`` of a real's range may hold values that meet a condition.

        ``edges`` are the codes ``[n, n_bins + 1]`` at which the parts meet; else as `extend`.
        """

        def between(leaf: Leaf) -> Interval:
            if leaf.column != column:
                return self.bounds(leaf)
            values = leaf.at(edges)
            return values[:, :-1], values[:, 1:]

        could = propagator.truth(propagator.at(rows, chosen), between)[1]
        return np.broadcast_to(could, edges[:, 1:].shape)


def _extent(allowed: Sequence[Codes]) -> list[tuple[int, ...]]:
    """What changes if values are taken away: how many, or where a real begins and ends."""
    return [(len(codes), *codes[:1].tolist(), *codes[-1:].tolist()) for codes in allowed]


def _without_singles(allowed: list[Codes], permutation: AllDifferent) -> list[Codes]:
    """Take an item whose place is fixed away from all other places of a permutation."""
    if permutation.inactive is not None:
        return allowed
    for j in permutation.columns:
        if len(allowed[j]) == 1:
            for other in permutation.columns - {j}:
                allowed[other] = allowed[other][allowed[other] != allowed[j][0]]
    return allowed


def split(
    parameters: Sequence[Parameter], constraints: Sequence[KnownConstraint]
) -> tuple[Component, ...]:
    """The connected components of a space, in the order of their first parameters."""
    leader = {parameter.name: parameter.name for parameter in parameters}
    for constraint in constraints:
        tied = {leader[name] for name in constraint.names}
        first = leader[constraint.names[0]]
        leader = {name: first if own in tied else own for name, own in leader.items()}
    found = []
    for group in dict.fromkeys(leader[parameter.name] for parameter in parameters):
        members = [p for p in parameters if leader[p.name] == group]
        found.append(component(members, [c for c in constraints if leader[c.names[0]] == group]))
    return tuple(found)


def component(parameters: Sequence[Parameter], constraints: Sequence[KnownConstraint]) -> Component:
    """A component before propagation: every value is still allowed."""
    columns = tuple(column for parameter in parameters for column in parameter.columns)
    by_name = {parameter.name: parameter for parameter in parameters}
    place = {n: [j for j, c in enumerate(columns) if c.parameter == n] for n in by_name}
    several = (js for js in place.values() if len(js) > 1)
    found: list[Propagator] = [AllDifferent(js, columns[js[0]].inactive) for js in several]
    for constraint in constraints:
        if isinstance(constraint, PredicateConstraint):
            members = [(by_name[name], place[name]) for name in constraint.names]
            found.append(PredicatePropagator(constraint.predicate, members))
            continue
        # Each column of a conditional permutation knows by itself whether there is one.
        activities: list[dict[str, int]] = [{}]
        if isinstance(constraint, Activation):
            activities = [{constraint.name: j} for j in place[constraint.name]]
        tree = constraint.guarded
        found += [ExpressionPropagator(constraint.text, tree, columns, a) for a in activities]
    everything = tuple(column.all_codes() for column in columns)
    return Component(tuple(parameters), tuple(constraints), columns, tuple(found), everything)

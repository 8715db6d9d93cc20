"""Valid rows near a valid row of a component: the moves of a local search.

A move changes one parameter, or two or three together where constraints forbid to change them one
after the other: with ``mesh_x * mesh_y == 168`` no single change is valid, halving one and doubling
the other is. A joint move is left out where its parts are moves of their own. Where a move switches
conditional parameters on, they get values that are drawn. Parameters that no constraint mentions
are drawn and moved all at once.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.expressions import Comparison, walk
from bohwsw.space.column import Codes, Column
from bohwsw.space.component import Component
from bohwsw.space.draw import draw
from bohwsw.space.parameters import Parameter
from bohwsw.space.parameters.permutation import permutation_moves
from bohwsw.space.propagators import ExpressionPropagator, Propagator

ALL_VALUES = 16
"""Up to this many values a move may reach any of them; above, steps of 1, 2, 4, 8, ..."""

FINEST_STEP = 12
"""The smallest step of a real is 2^-12 of its range."""

MAX_TRIPLE_PARAMETERS = 8
MAX_CANDIDATES = 40_000
"""If more joint moves than this are conceivable, only some steps are tried jointly."""

COMPLETIONS = 4
"""How many ways to fill in what a move switched on are drawn."""


@dataclass(frozen=True)
class _Unit:
    """A parameter that moves as one."""

    columns: tuple[int, ...]
    targets: Codes  # that it may move to, [n, n_columns]
    broken: npt.NDArray[np.bool_]  # what each breaks if nothing else moves, [n, n_propagators]
    conditions: npt.NDArray[np.bool_]  # which propagators mention it, [n_propagators]

    def picked(self, keep: npt.NDArray[np.int64]) -> _Unit:
        return _Unit(self.columns, self.targets[keep], self.broken[keep], self.conditions)


def component_neighbours(component: Component, row: Codes) -> Codes:
    """The distinct valid rows ``[n, n_columns]`` one move away from a valid row ``[n_columns]``."""
    units = _units(component, row)
    singles = _with_changes(row, [(u.columns, u.targets) for u in units])
    alone = ~np.concatenate([u.broken.any(axis=1) for u in units])
    found = [singles[alone]]
    if component.depth and max(component.depth) > 0:
        found.append(_switched(component, row, singles[~alone]))
    units = _shortened([u for u in units if len(u.targets)])
    pairs = _pairs(component, row, units)
    found.append(pairs)
    if len(units) <= MAX_TRIPLE_PARAMETERS:
        found.append(_triples(component, row, units, pairs))
    return np.concatenate(found)


def _units(component: Component, row: Codes) -> list[_Unit]:
    """Every parameter with the moves that constraints do not rule out by themselves."""
    start = 0
    columns, targets = [], []
    for parameter in component.parameters:
        columns.append(tuple(range(start, start + parameter.n_columns)))
        start += parameter.n_columns
        first, codes = component.columns[columns[-1][0]], row[list(columns[-1])]
        if len(codes) == 1:
            allowed = component.allowed[columns[-1][0]]
            targets.append(column_moves(first, allowed, int(codes[0]))[:, None])
        else:
            moves = codes[permutation_moves(len(codes))]
            targets.append(moves[:0] if codes[0] == first.inactive else moves)
    singles = _with_changes(row, list(zip(columns, targets, strict=True)))
    sizes = [len(found) for found in targets]
    broken = np.zeros((len(singles), len(component.propagators)), dtype=bool)
    mentions = np.zeros((len(columns), len(component.propagators)), dtype=bool)
    for k, condition in enumerate(component.propagators):
        mentions[:, k] = [not condition.columns.isdisjoint(own) for own in columns]
        mine = np.repeat(mentions[:, k], sizes)
        broken[mine, k] = ~condition.holds(singles[mine])
    parts = np.split(broken, np.cumsum(sizes)[:-1])
    return [_Unit(*unit) for unit in zip(columns, targets, parts, mentions, strict=True)]


def _shortened(units: list[_Unit]) -> list[_Unit]:
    """All moves if their pairs are few enough to try; else a few of each parameter."""
    pairs = itertools.combinations(units, 2)
    tied = ((a, b) for a, b in pairs if (a.conditions & b.conditions).any())
    if sum(len(a.targets) * len(b.targets) for a, b in tied) <= MAX_CANDIDATES:
        return units
    n_pairs = len(units) * (len(units) - 1) // 2
    keep = max(2, int((MAX_CANDIDATES / n_pairs) ** 0.5))
    return [
        u.picked(np.linspace(0, len(u.targets) - 1, min(keep, len(u.targets))).astype(np.int64))
        for u in units
    ]


def _pairs(component: Component, row: Codes, units: Sequence[_Unit]) -> Codes:
    """Valid changes of two parameters of which at least one is not valid alone."""
    if len(units) < 2:
        return np.repeat(row[None, :], 0, axis=0)
    mentions = np.stack([u.conditions for u in units])
    stuck = [u.broken.any(axis=1) for u in units]
    # What one breaks and the other is not part of stays broken: [n_targets, n_units].
    elsewhere = (~mentions).T.astype(np.float32)
    mendable = [(u.broken.astype(np.float32) @ elsewhere) == 0 for u in units]
    linked = mentions.astype(np.int64) @ mentions.T.astype(np.int64) > 0
    changes = []
    for a, b in zip(*np.nonzero(np.triu(linked, 1)), strict=True):
        first, second = np.flatnonzero(mendable[a][:, b]), np.flatnonzero(mendable[b][:, a])
        i, j = np.nonzero(stuck[a][first][:, None] | stuck[b][second])
        if len(i):
            parts = [units[a].targets[first[i]], units[b].targets[second[j]]]
            both = np.concatenate(parts, axis=1)
            changes.append(((*units[a].columns, *units[b].columns), both))
    rows = _with_changes(row, changes)
    return rows[component.valid(rows)]


def _triples(component: Component, row: Codes, units: Sequence[_Unit], pairs: Codes) -> Codes:
    """Valid changes of three parameters of which no one and no two are valid without the rest.

    Only equalities can force that: with an inequality there is room to move one after the other.
    """
    tight = np.array([_is_equality(p) for p in component.propagators], dtype=bool)
    bound = [u for u in units if (u.conditions & tight).any()]
    stuck = [u.picked(np.flatnonzero(u.broken.any(axis=1))) for u in bound]
    candidates = []
    for three in itertools.combinations(stuck, 3):
        pairs_of = itertools.combinations((u.conditions & tight for u in three), 2)
        links = sum(bool((a & b).any()) for a, b in pairs_of)
        sizes = [len(u.targets) for u in three]
        if links >= 2 and 0 < np.prod(sizes) <= MAX_CANDIDATES // 4:
            places = np.meshgrid(*(np.arange(size) for size in sizes), indexing="ij")
            parts = [u.targets[p.ravel()] for u, p in zip(three, places, strict=True)]
            columns = tuple(c for u in three for c in u.columns)
            candidates.append((columns, np.concatenate(parts, axis=1)))
    rows = _with_changes(row, candidates)
    rows = rows[component.valid(rows)]
    if not len(rows) or not len(pairs):
        return rows
    known = {pair.tobytes() for pair in pairs}
    keep = np.ones(len(rows), dtype=bool)
    for unit in units:
        # Taking one change of a triple back leaves a pair; of the other parameters, itself.
        without = rows.copy()
        without[:, unit.columns] = row[list(unit.columns)]
        keep &= [part.tobytes() not in known for part in without]
    return rows[keep]


def _is_equality(condition: Propagator) -> bool:
    nodes = walk(condition.tabulated.tree) if isinstance(condition, ExpressionPropagator) else ()
    return any(isinstance(node, Comparison) and "==" in node.operators for node in nodes)


def _switched(component: Component, row: Codes, candidates: Codes) -> Codes:
    """Valid rows from moves that switch conditional parameters on or off.

    What is switched off loses its value; what is switched on gets a few that are drawn, the same
    ones each time.
    """
    start, needs = candidates.copy(), np.zeros(candidates.shape, dtype=bool)
    for name in sorted(component.activation_of, key=lambda name: component.depth_of(name)):
        columns = [j for j, c in enumerate(component.columns) if c.parameter == name]
        inactive = component.columns[columns[0]].inactive
        assert inactive is not None  # only conditional parameters have an activation
        active = component.is_active(start, name)
        has_value = start[:, columns[0]] != inactive
        start[np.ix_(has_value & ~active, columns)] = inactive
        needs[np.ix_(active & ~has_value, columns)] = True
    changed = (start != candidates).any(axis=1) | needs.any(axis=1)
    start, needs = start[changed], needs[changed]
    rng = np.random.default_rng(zlib.crc32(row.tobytes()))
    found = []
    for pattern in np.unique(needs, axis=0):
        rows = start[(needs == pattern).all(axis=1)]
        missing = [int(j) for j in np.flatnonzero(pattern)]
        if missing:
            kept = [j for j in range(len(pattern)) if j not in missing]
            missing.sort(key=lambda j: component.depth[j])
            rows = draw(component, np.repeat(rows, COMPLETIONS, axis=0), rng, kept, missing).rows
        found.append(rows)
    if not found:
        return candidates[:0]
    rows = np.unique(np.concatenate(found), axis=0)
    keep = component.valid(rows) & (rows != row).any(axis=1)
    return np.asarray(rows[keep])


def _with_changes(row: Codes, changes: Sequence[tuple[tuple[int, ...], Codes]]) -> Codes:
    """Copies of a row with the named columns replaced: ``[sum of lengths, n_columns]``."""
    rows = np.repeat(row[None, :], sum(len(values) for _, values in changes), axis=0)
    start = 0
    for columns, values in changes:
        rows[start : start + len(values), list(columns)] = values
        start += len(values)
    return rows


def column_moves(column: Column, allowed: Codes, code: int) -> Codes:
    """The codes ``[n]`` that a column may move to alone, ascending, without its own.

    A conditional column stays with or without a value: that is for what it depends on to change.
    """
    if column.inactive is not None and code == column.inactive:
        return np.zeros(0, dtype=np.int32)
    if column.grid is not None:
        low, high = (int(edge) for edge in allowed)
        steps = (high - low) // 2 ** np.arange(1, FINEST_STEP + 1)
        reached = np.unique(np.concatenate([code + steps, code - steps, [low, high]]))
        inside = (reached >= low) & (reached <= high) & (reached != code)
        return np.asarray(reached[inside], dtype=np.int32)
    codes = allowed if column.inactive is None else allowed[allowed != column.inactive]
    if column.moves is not None:
        near = column.moves(code)
        return near if len(codes) == column.n_values else near[np.isin(near, codes)]
    if len(codes) <= ALL_VALUES or not column.is_ordered:
        return np.asarray(codes[codes != code])
    place = int(np.searchsorted(codes, code))
    steps = 2 ** np.arange(int(np.log2(len(codes))) + 1)
    reached = np.concatenate([place + steps, place - steps])
    reached = reached[(reached >= 0) & (reached < len(codes))]
    return np.asarray(codes[np.unique(reached[codes[reached] != code])])


class UnconstrainedColumns:
    """The parameters without constraints, each with its columns of a row."""

    def __init__(self, members: Sequence[tuple[Parameter, npt.NDArray[Any]]]) -> None:
        single = [(p.columns[0], int(places[0])) for p, places in members if len(places) == 1]
        self._singles: list[Column] = [column for column, _ in single]
        self._places = np.array([place for _, place in single], dtype=np.intp)
        self._sizes = np.array([column.n_values for column in self._singles], dtype=np.int32)
        self._orders = [places for _, places in members if len(places) > 1]
        self._moves: list[dict[int, Codes]] = [{} for _ in single]

    def fill(self, rows: Codes, rng: np.random.Generator) -> None:
        """Draw their values in rows ``[n, n_columns]``."""
        n = len(rows)
        if len(self._sizes):
            shape = (n, len(self._sizes))
            rows[:, self._places] = rng.integers(self._sizes, size=shape, dtype=np.int32)
        for places in self._orders:
            rows[:, places] = np.argsort(rng.random((n, len(places))), axis=1)

    def neighbours(self, row: Codes) -> Codes:
        """Rows ``[n, n_columns]`` with one of them moved."""
        targets = [self._reached(k, int(row[place])) for k, place in enumerate(self._places)]
        orders = [row[places][permutation_moves(len(places))] for places in self._orders]
        sizes = np.array([len(t) for t in targets], dtype=np.intp)
        total = int(sizes.sum())
        rows = np.repeat(row[None, :], total + sum(map(len, orders)), axis=0)
        if total:
            rows[np.arange(total), np.repeat(self._places, sizes)] = np.concatenate(targets)
        start = total
        for places, near in zip(self._orders, orders, strict=True):
            rows[start : start + len(near), places] = near
            start += len(near)
        return rows

    def _reached(self, index: int, code: int) -> Codes:
        found = self._moves[index].get(code)
        if found is None:
            column = self._singles[index]
            found = column_moves(column, column.all_codes(), code)
            if column.grid is None:
                self._moves[index][code] = found
        return found

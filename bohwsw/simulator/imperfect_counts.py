"""Sums over the steps of a nest with imperfect factors, without walking it.

The index along a dimension is a sum of digit times step over its loops, and what lies beyond the
layer's size is not executed. Seen from outside, the loops still to come cover what *remains* of the
dimension. A loop with step s turns a remainder r into r // s full remainders s and at most one
partial one, so that at any depth of the nest there are never more than two different remainders of
a dimension: the full one and that of the last iteration of all. Sums over all steps in time and all
instances are therefore carried inwards as counts of remainders, loop by loop, and cost about two
operations a loop. Tensor axes are independent of each other: sums over a box are products of sums
over its axes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from bohwsw.mapping import Mapping as LoopNest
from bohwsw.mapping import tiles_of
from bohwsw.workload import DIMENSIONS, Layer, axis_coefficients, tensor_widths

Place = tuple[int, str]
"""A block and a dimension: where children stand along it."""
Remainders = tuple[int, ...]


class Slot(NamedTuple):
    """A loop in time, or all loops in space of a block over one dimension taken together."""

    level: int
    dim: str
    bound: int
    step: int


@dataclass(frozen=True)
class Axis:
    """A tensor axis, or a dimension that does not index the data space."""

    coefficients: Mapping[str, int]  # how far one step of each dimension moves along the axis
    # Whether there is movement at all; if not, the dimension is an axis of its own, on which every
    # tile has width 1 and all children hold the same
    moves: bool
    extent: int  # of the tensor along the axis, which no tile exceeds


@dataclass(frozen=True)
class Measure:
    """What is summed."""

    child: int  # the level whose tiles are looked at, while all blocks outside it run
    # From this block on, children with equal tiles count once; outside it, each instance counts
    grouped_from: int
    # Only steps at which this temporal loop (its place among them) has just advanced; None for all
    # steps, ``AT_START`` for the first step alone
    advancing: int | None = None
    held: bool = False  # whether to sum the part of the tile that is held already, not the tile
    # Whether to sum, in place of the tile, all that a run of the innermost loop passes
    run: bool = False
    # Whether steps along dimensions that do not index the data space count only once
    once: bool = False


AT_START = -1


class Nest:
    """The loops of a mapping, ready for counting.

    Args:
        mapping: trimmed loops whose factors reach the layer's sizes.
    """

    def __init__(self, layer: Layer, mapping: LoopNest) -> None:
        self.layer = layer
        self.mapping = mapping
        self.depth = len(mapping.levels)
        tiles = tiles_of(layer, mapping)
        self.extents = tiles.extents
        self.temporal: list[Slot] = []
        self.spatial: dict[Place, Slot] = {}
        for level, block in enumerate(mapping.levels):
            for dim, bound in block.temporal:
                if bound > 1:
                    self.temporal.append(Slot(level, dim, bound, tiles.child_extents[level][dim]))
            counts: Counter[str] = Counter()
            for dim, bound in block.spatial:
                counts[dim] = max(1, counts[dim]) * bound
            for dim, bound in counts.items():
                if bound > 1:
                    self.spatial[level, dim] = Slot(level, dim, bound, self.extents[level + 1][dim])

    def axes(self, space: str) -> list[Axis]:
        """The axes of a data space, then one for each dimension that does not index it."""
        axes, extents = axis_coefficients(self.layer, space), tensor_widths(self.layer, space)
        moving = [Axis(axis, True, width) for axis, width in zip(axes, extents, strict=True)]
        indexing = {dim for axis in moving for dim in axis.coefficients}
        return moving + [Axis({dim: 0}, False, 1) for dim in DIMENSIONS if dim not in indexing]

    def loops_before(self, child: int) -> list[Slot]:
        """The temporal loops around the tiles of a level, outermost first."""
        return [loop for loop in self.temporal if loop.level < child]

    def sites(self, axis: Axis, level: int) -> list[dict[Place, int]]:
        """Where the instances of a level stand along an axis; the first is at the origin."""
        slots = [
            s
            for (block, dim), s in self.spatial.items()
            if block < level and dim in axis.coefficients
        ]
        return [
            {(slot.level, slot.dim): digit for slot, digit in zip(slots, digits, strict=True)}
            for digits in product(*(range(slot.bound) for slot in slots))
        ]

    def remainders(
        self,
        axis: Axis,
        measure: Measure,
        site: Mapping[Place, int] | None,
        before: int | None = None,
    ) -> dict[Remainders, int]:
        """How often each combination of remainders occurs at the tiles of ``measure.child``.

        Args:
            axis: its dimensions, whose remainders come in the order of its coefficients.
            site: the instance to count for (blocks outside ``grouped_from``); None for all.
            before: stop ahead of the children of this block, after its temporal loops.
        """
        dims = list(axis.coefficients)
        state: dict[Remainders, int] = {tuple(self.layer.sizes[dim] for dim in dims): 1}
        for level in range(measure.child):
            for place, loop in enumerate(self.temporal):
                if loop.level == level and loop.dim in dims:
                    first, last = self._range(loop, place, axis, measure)
                    state = _spread(state, dims.index(loop.dim), loop, first, last)
            if level == before:
                break
            here = [self.spatial[level, dim] for dim in dims if (level, dim) in self.spatial]
            is_grouped = level >= measure.grouped_from
            if is_grouped and axis.moves and len(here) == 2:
                state = _spread_groups(state, here, axis)
                continue
            for slot in here:
                first, last = 0, slot.bound
                if is_grouped and not axis.moves:
                    last = 1  # the first child of a group is the fullest and speaks for it
                elif not is_grouped and site is not None:
                    first = site[level, slot.dim]
                    last = first + 1
                state = _spread(state, dims.index(slot.dim), slot, first, last)
        return state

    def total(self, axis: Axis, measure: Measure, site: Mapping[Place, int] | None) -> int:
        """The axis' factor of what is summed: widths over all steps that count."""
        return sum(
            count * self.width(axis, measure, rest)
            for rest, count in self.remainders(axis, measure, site).items()
        )

    def width(self, axis: Axis, measure: Measure, rest: Remainders) -> int:
        """Width of a clipped tile along an axis, or of the part of it that is held already."""
        parts = zip(axis.coefficients.values(), rest, strict=True)
        box = 1 + sum(coefficient * (r - 1) for coefficient, r in parts)
        width = min(box, axis.extent)
        if not (measure.held or measure.run):
            return width
        last = self.loops_before(measure.child)[-1]
        if not axis.coefficients.get(last.dim):
            return width
        if measure.run:
            return axis.extent
        # The tile before was full along the innermost loop and ended one step earlier.
        position = list(axis.coefficients).index(last.dim)
        coefficient = axis.coefficients[last.dim]
        missing = self.extents[measure.child][last.dim] - rest[position]
        before = min(box + coefficient * missing, axis.extent)
        return max(0, min(width, before - coefficient * last.step))

    def reusing(self, space: str, child: int) -> list[int]:
        """Places of the temporal loops at whose advance a child still holds part of its tile.

        They are those of the closed form in ``delivery``: the shift of the tile equals the
        innermost loop's.
        """
        loops = self.loops_before(child)
        if not loops or child == self.depth:
            return []
        axes = axis_coefficients(self.layer, space)
        shifts = [[axis.get(loop.dim, 0) * loop.step for axis in axes] for loop in loops]
        matching, places = shifts[-1], []
        for place in range(len(loops) - 1, -1, -1):
            if shifts[place] == matching:
                places.append(place)
            matching = [a + b for a, b in zip(matching, shifts[place], strict=True)]
        return places

    def delivery(self, space: str, child: int, grouped_from: int) -> list[list[Measure]]:
        """What the children of a level receive: a first measure less the others; the least of some.

        Where padding is left out, a run of the innermost loop brings in no more than there is.
        """
        reusing = self.reusing(space, child)
        whole = Measure(child, grouped_from)
        ways = [[whole, *(Measure(child, grouped_from, j, held=True) for j in reusing)]]
        if reusing and space == "Inputs" and self.layer.is_padded:
            innermost = max(reusing)
            ways.append([Measure(child, grouped_from, j, run=True) for j in (None, innermost)])
        return ways

    def compute_cycles(self) -> int:
        """Steps in time at which anything is executed: those of the first instance."""
        run = Measure(self.depth, self.depth)
        return math.prod(
            self.total(axis, run, self.sites(axis, self.depth)[0])
            for axis in (Axis({dim: 0}, False, 1) for dim in DIMENSIONS)
        )

    def instances(self, level: int) -> int:
        """Instances of a level that ever execute anything."""
        start = Measure(level, level, AT_START)
        return math.prod(
            self.total(axis, start, None)
            for axis in (Axis({dim: 0}, False, 1) for dim in DIMENSIONS)
        )

    def _range(self, loop: Slot, place: int, axis: Axis, measure: Measure) -> tuple[int, int]:
        """First and last digit (exclusive) of a temporal loop at the steps that count."""
        advancing = measure.advancing
        if measure.once and not axis.moves:
            return 0, 1
        if advancing is None or place < advancing:
            return 0, loop.bound
        return (1, loop.bound) if place == advancing else (0, 1)


def _parts(rest: int, slot: Slot, first: int, last: int) -> Iterator[tuple[int, int]]:
    """(remainder, how often) inside a loop whose digits run from first to last (exclusive)."""
    full = min(rest // slot.step, slot.bound)
    often = min(full, last) - first
    if often > 0:
        yield slot.step, often
    if first <= full < last and rest > full * slot.step:
        yield rest - full * slot.step, 1


def _spread(
    state: dict[Remainders, int], position: int, slot: Slot, first: int, last: int
) -> dict[Remainders, int]:
    """The remainders inside a loop over the dimension at a position."""
    inside: Counter[Remainders] = Counter()
    for rest, count in state.items():
        for part, often in _parts(rest[position], slot, first, last):
            inside[(*rest[:position], part, *rest[position + 1 :])] += count * often
    return inside


def _spread_groups(
    state: dict[Remainders, int], slots: list[Slot], axis: Axis
) -> dict[Remainders, int]:
    """The remainders inside children along two dimensions of one axis, one child a group.

    A group are the children whose tiles start at the same element and are cut alike.
    """
    a, b = slots
    inside: Counter[Remainders] = Counter()
    for rest, count in state.items():
        groups = {
            (
                i * a.step * axis.coefficients[a.dim] + j * b.step * axis.coefficients[b.dim],
                min(a.step, rest[0] - i * a.step),
                min(b.step, rest[1] - j * b.step),
            )
            for i in range(min(a.bound, -(-rest[0] // a.step)))
            for j in range(min(b.bound, -(-rest[1] // b.step)))
        }
        for _, rest_a, rest_b in groups:
            inside[rest_a, rest_b] += count
    return inside

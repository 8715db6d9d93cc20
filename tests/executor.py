"""Runs a loop nest step by step and counts what moves: the rules in prose, without any formula.

Nothing of the simulator is used here. Every instance of every level is followed through every step
in time; tiles are boxes with corners; words are points of boxes; children share a read when what
they fetch is equal; a partial sum is elided when its element has never been seen. It is slow, and
it cannot be wrong in the way in which a closed form is wrong.

Terms: a *spot* is one instance of a level, named by the spatial digits of the blocks outside it; a
*time* is the digits of the temporal loops that have run so far. The index along a dimension is the
sum of digit times step over its loops, outermost to innermost; what lies beyond the layer's size
is not executed, so that factors may multiply to more than the size.

``reuse`` says when a child keeps part of its old tile:

- ``walk``: Timeloop's rule on the walk as it really happens (Timeloop calls this brute force, its
  extrapolation switched off): reuse while consecutive shifts of the tile are equal;
- ``advance``: decided by the loop that has just advanced, as in Timeloop's default, which walks two
  iterations of each loop: the shift of loop j is its own step less one step of each loop inside it,
  and the child reuses what the innermost loop would have left exactly if that shift equals the
  innermost loop's own. Defined for factors that multiply to more than the size, too.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

from bohwsw.mapping.nest import Mapping
from bohwsw.workload import Layer

Digits = tuple[int, ...]
Interval = tuple[int, int]
Box = tuple[Interval, ...]
Tile = tuple[Box, Digits]

NOTHING: Box = ((0, 0),) * 5


@dataclass(frozen=True)
class Loop:
    level: int
    spatial: bool
    dim: str
    bound: int
    step: int


@dataclass
class Execution:
    """What happened: accesses[level, space][spot] = (reads, fills, updates)."""

    cycles: int
    executed: int
    distinct: int
    accesses: dict[tuple[int, str], dict[Digits, tuple[int, int, int]]]


def execute(layer: Layer, mapping: Mapping, reuse: str) -> Execution:
    """Run everything."""
    return Runner(layer, mapping, reuse).result()


def volume(box: Box) -> int:
    """Points in a box."""
    return math.prod([high - low for low, high in box])


def common(one: Box, other: Box) -> Box:
    """The box that two boxes share; of volume 0 if they share none."""
    pairs = zip(one, other, strict=True)
    lows_and_highs = [(max(a, c), min(b, d)) for (a, b), (c, d) in pairs]
    return tuple([(low, max(low, high)) for low, high in lows_and_highs])


def meeting(a: Interval, a_step: int, b: Interval, b_step: int) -> Interval:
    """Positions on an axis on which two dimensions move."""
    return a[0] * a_step + b[0] * b_step, (a[1] - 1) * a_step + (b[1] - 1) * b_step + 1


def digits_of(loops: list[Loop]) -> list[Digits]:
    """All values of the digits of some loops, the last digit fastest."""
    return list(itertools.product(*(range(loop.bound) for loop in loops)))


class Runner:
    """One nest, its tiles and what moves; ``execute`` asks for everything at once."""

    def __init__(self, layer: Layer, mapping: Mapping, reuse: str) -> None:
        self.layer, self.mapping, self.reuse = layer, mapping, reuse
        self.depth = depth = len(mapping.levels)
        step = dict.fromkeys(layer.sizes, 1)
        loops: list[Loop] = []
        # extents[level][dim]: indices inside a tile of the level; the last is the MAC's, all 1
        self.extents = [dict(step)]
        for level in range(depth - 1, -1, -1):
            block = mapping.levels[level]
            for is_spatial, part in ((True, block.spatial), (False, block.temporal)):
                for dim, bound in reversed(part):
                    if bound > 1:
                        loops.append(Loop(level, is_spatial, dim, bound, step[dim]))
                        step[dim] *= bound
            self.extents.insert(0, dict(step))
        loops.reverse()
        # temporal[level]: loops in time around its tile; spatial[level]: loops over its instances
        levels = range(depth + 1)
        self.temporal = [[x for x in loops if not x.spatial and x.level < n] for n in levels]
        self.spatial = [[x for x in loops if x.spatial and x.level < n] for n in levels]
        self.times = [digits_of(loops) for loops in self.temporal]
        self.spots = [digits_of(loops) for loops in self.spatial]
        self.range_cache: dict[tuple[int, Digits, Digits], dict[str, Interval] | None] = {}
        self.fetch_cache: dict[tuple[str, int, Digits], dict[Digits, tuple[Tile, Box]]] = {}
        self.allowed: dict[tuple[str, int, int], bool] = {}

    def ranges(self, level: int, spot: Digits, time: Digits) -> dict[str, Interval] | None:
        """Indices along each dimension that an instance's tile covers; None if it is empty."""
        key = (level, spot, time)
        if key not in self.range_cache:
            self.range_cache[key] = self.compute_ranges(level, spot, time)
        return self.range_cache[key]

    def compute_ranges(self, level: int, spot: Digits, time: Digits) -> dict[str, Interval] | None:
        starts = dict.fromkeys(self.layer.sizes, 0)
        for loops, digits in ((self.spatial[level], spot), (self.temporal[level], time)):
            for loop, digit in zip(loops, digits, strict=True):
                starts[loop.dim] += loop.step * digit
        ranges = {}
        for dim, size in self.layer.sizes.items():
            start = starts[dim]
            if start >= size:
                return None
            ranges[dim] = (start, min(start + self.extents[level][dim], size))
        return ranges

    def box(self, space: str, ranges: dict[str, Interval]) -> Box:
        """Bounding box of the elements of a tensor that some ranges of indices touch."""
        r, layer = ranges, self.layer
        if space == "Weights":
            return r["G"], r["K"], r["C"], r["R"], r["S"]
        if space == "Outputs":
            return r["N"], r["G"], r["K"], r["P"], r["Q"]
        width = meeting(r["P"], layer.stride_w, r["R"], layer.dilation_w)
        height = meeting(r["Q"], layer.stride_h, r["S"], layer.dilation_h)
        return r["N"], r["G"], r["C"], width, height

    def tile(self, space: str, level: int, spot: Digits, time: Digits) -> Tile | None:
        """An instance's tile and how it is cut, which two children that share must agree in.

        At the edge of a layer whose factors are not perfect, two tiles of Inputs may be one box
        though one is cut along P and the other along R; those do not share.
        """
        ranges = self.ranges(level, spot, time)
        if ranges is None:
            return None
        cut: Digits = ()
        if space == "Inputs":
            cut = tuple([ranges[dim][1] - ranges[dim][0] for dim in "PQRS"])
        return self.box(space, ranges), cut

    def fetches(self, space: str, child: int, spot: Digits) -> dict[Digits, tuple[Tile, Box]]:
        """What a child fetches at each time: its tile, less the part of it that it still holds."""
        key = (space, child, spot)
        if key not in self.fetch_cache:
            self.fetch_cache[key] = self.compute_fetches(space, child, spot)
        return self.fetch_cache[key]

    def compute_fetches(
        self, space: str, child: int, spot: Digits
    ) -> dict[Digits, tuple[Tile, Box]]:
        fetched: dict[Digits, tuple[Tile, Box]] = {}
        before: tuple[Digits, Box] | None = None
        shift: Digits | None = None
        for time in self.times[child]:
            tile = self.tile(space, child, spot, time)
            if tile is None:
                continue
            now, held = tile[0], NOTHING
            if before is not None and child < self.depth:  # a MAC holds nothing between cycles
                if self.reuse == "advance":
                    if self.advance_allows(space, child, before[0], time):
                        held = common(now, self.left_by_innermost(space, child, spot, time))
                else:
                    moved = tuple([n[0] - o[0] for n, o in zip(now, before[1], strict=True)])
                    if shift is None or moved == shift:
                        shift, held = moved, common(now, before[1])
                    else:
                        shift = None
            fetched[time] = (tile, held if volume(held) else NOTHING)
            before = (time, now)
        return fetched

    def words_fetched(self, space: str, child: int, spot: Digits) -> int:
        """Words that one child receives in the whole run."""
        fetched = self.fetches(space, child, spot).values()
        return sum(volume(tile[0]) - volume(held) for tile, held in fetched)

    def advance_allows(self, space: str, child: int, before: Digits, time: Digits) -> bool:
        """Whether the loop that advances shifts the tile as the innermost loop does."""
        place = next(i for i, (a, b) in enumerate(zip(before, time, strict=True)) if a != b)
        key = (space, child, place)
        if key not in self.allowed:
            loops = self.temporal[child]
            inside = [self.shift(space, loop) for loop in loops[place + 1 :]]
            jump = self.shift(space, loops[place])
            for step in inside:
                jump = [a - b for a, b in zip(jump, step, strict=True)]
            self.allowed[key] = jump == self.shift(space, loops[-1])
        return self.allowed[key]

    def shift(self, space: str, loop: Loop) -> list[int]:
        """How far one iteration of a loop moves a tile."""
        origin = dict.fromkeys(self.layer.sizes, (0, 1))
        moved = {**origin, loop.dim: (loop.step, loop.step + 1)}
        pairs = zip(self.box(space, moved), self.box(space, origin), strict=True)
        return [after[0] - start[0] for after, start in pairs]

    def left_by_innermost(self, space: str, child: int, spot: Digits, time: Digits) -> Box:
        """The tile one iteration of the innermost loop earlier, of full size along that loop."""
        last = self.temporal[child][-1]
        ranges = dict(self.ranges(child, spot, time) or {})
        low = ranges[last.dim][0] - last.step
        ranges[last.dim] = (low, low + self.extents[child][last.dim])
        return self.box(space, ranges)

    def served(self, space: str, level: int) -> dict[Digits, dict[Digits, int]]:
        """Words that each instance of a level serves at each time, in one read a group.

        Where the next level inside is bypassed, its accesses come here: at each time, one of the
        children whose tiles are equal speaks for all of them.
        """
        spots = self.spots[level]
        out: dict[Digits, dict[Digits, int]] = {spot: defaultdict(int) for spot in spots}
        width, child = len(self.spatial[level]), level + 1
        shared: dict[object, tuple[Digits, Digits, int]] = {}
        if child < self.depth and space not in self.mapping.levels[child].keep:
            outer = len(self.temporal[child])
            for spot, words_at in self.served(space, child).items():
                for time, words in words_at.items():
                    tile = self.tile(space, child, spot, time[:outer])
                    key = (spot[:width], time, tile)
                    if key not in shared or shared[key][2] < words:
                        shared[key] = (spot[:width], time, words)
        else:
            for spot in self.spots[child]:
                for time, (tile, held) in self.fetches(space, child, spot).items():
                    words = volume(tile[0]) - volume(held)
                    shared[spot[:width], time, tile, held] = (spot[:width], time, words)
        for parent, time, words in shared.values():
            out[parent][time] += words
        return out

    def result(self) -> Execution:
        accesses: dict[tuple[int, str], dict[Digits, tuple[int, int, int]]] = {}
        for level, block in enumerate(self.mapping.levels):
            for space in block.keep:
                accesses[level, space] = self.count(level, space)
        points, busy = [], set()
        for time in self.times[self.depth]:
            for spot in self.spots[self.depth]:
                ranges = self.ranges(self.depth, spot, time)
                if ranges is not None:
                    busy.add(time)
                    points.append(tuple([low for low, _ in ranges.values()]))
        return Execution(len(busy), len(points), len(set(points)), accesses)

    def count(self, level: int, space: str) -> dict[Digits, tuple[int, int, int]]:
        """Reads, fills and updates of each instance of a level.

        A partial sum whose element the instance has never held is neither read before it is
        written nor fetched from outside; each element is spared once.
        """
        counts = {}
        served = self.served(space, level)
        for spot in self.spots[level]:
            content = sum(served[spot].values())
            fetched = self.fetches(space, level, spot)
            share = self.words_fetched(space, level, spot)
            fills = share if level else 0  # nothing outside the outermost level
            if space == "Outputs":
                touched: set[Digits] = set()
                for box in {tile[0] for tile, _ in fetched.values()}:
                    touched.update(itertools.product(*(range(low, high) for low, high in box)))
                seen = len(touched)
                counts[spot] = (content - seen, fills - seen if level else 0, content)
            else:
                counts[spot] = (content, fills, 0)
        return counts

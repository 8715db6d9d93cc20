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

SPACES = ("Weights", "Inputs", "Outputs")
Digits = tuple[int, ...]
Interval = tuple[int, int]
Box = tuple[Interval, ...]


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
    return _Run(layer, mapping, reuse).result()


def volume(box: Box) -> int:
    return math.prod(max(0, high - low) for low, high in box)


def common(one: Box, other: Box) -> Box:
    return tuple(
        (max(a, c), max(max(a, c), min(b, d))) for (a, b), (c, d) in zip(one, other, strict=True)
    )


class _Run:
    def __init__(self, layer: Layer, mapping: Mapping, reuse: str) -> None:
        self.layer, self.mapping, self.reuse = layer, mapping, reuse
        self.depth = len(mapping.levels)
        step = dict.fromkeys(layer.sizes, 1)
        loops: list[Loop] = []
        for level in range(self.depth - 1, -1, -1):
            block = mapping.levels[level]
            for spatial, part in ((True, block.spatial_y + block.spatial_x), (False, block.temporal)):
                for dim, bound in reversed(part):
                    if bound > 1:
                        loops.append(Loop(level, spatial, dim, bound, step[dim]))
                        step[dim] *= bound
        self.loops = loops[::-1]
        self.boxes: dict[object, Box | None] = {}

    def times(self, level: int) -> list[Digits]:
        """All digits of the temporal loops of the blocks up to a level, in order of time."""
        return list(itertools.product(*(range(x.bound) for x in self.temporal(level))))

    def spots(self, level: int) -> list[Digits]:
        """All instances of a level; ``level == depth`` are the multiply-accumulate units."""
        return list(itertools.product(*(range(x.bound) for x in self.spatial(level))))

    def temporal(self, level: int) -> list[Loop]:
        return [loop for loop in self.loops if not loop.spatial and loop.level <= level]

    def spatial(self, level: int) -> list[Loop]:
        return [loop for loop in self.loops if loop.spatial and loop.level < level]

    def ranges(self, level: int, spot: Digits, time: Digits) -> dict[str, Interval] | None:
        """Indices along each dimension that the tile of an instance covers; None if it is empty."""
        extents = dict.fromkeys(self.layer.sizes, 1)
        for loop in self.loops:
            if loop.level >= level:
                extents[loop.dim] *= loop.bound
        starts = dict.fromkeys(self.layer.sizes, 0)
        for loop, digit in zip(self.spatial(level), spot, strict=True):
            starts[loop.dim] += loop.step * digit
        for loop, digit in zip(self.temporal(level - 1), time, strict=True):
            starts[loop.dim] += loop.step * digit
        for dim, size in self.layer.sizes.items():
            if starts[dim] >= size:
                return None
            extents[dim] = min(extents[dim], size - starts[dim])
        return {dim: (starts[dim], starts[dim] + extents[dim]) for dim in starts}

    def box(self, space: str, ranges: dict[str, Interval]) -> Box:
        """Bounding box of the elements of a tensor that some ranges of indices touch."""
        if space == "Weights":
            return tuple(ranges[dim] for dim in "GKCRS")
        if space == "Outputs":
            return tuple(ranges[dim] for dim in "NGKPQ")
        layer = self.layer
        sides = (("P", layer.stride_w, "R", layer.dilation_w), ("Q", layer.stride_h, "S", layer.dilation_h))
        meeting = []
        for a, stride, b, dilation in sides:
            low = ranges[a][0] * stride + ranges[b][0] * dilation
            high = (ranges[a][1] - 1) * stride + (ranges[b][1] - 1) * dilation + 1
            meeting.append((low, high))
        return (*(ranges[dim] for dim in "NGC"), *meeting)

    def tile(self, space: str, level: int, spot: Digits, time: Digits) -> Box | None:
        key = (space, level, spot, time)
        if key not in self.boxes:
            ranges = self.ranges(level, spot, time)
            self.boxes[key] = None if ranges is None else self.box(space, ranges)
        return self.boxes[key]

    def fetches(self, space: str, child: int, spot: Digits) -> dict[Digits, tuple[Box, Box]]:
        """What a child fetches at each time: its tile, less the part of it that it holds already."""
        fetched: dict[Digits, tuple[Box, Box]] = {}
        nothing = tuple((0, 0) for _ in range(5))
        before: Digits | None = None
        shift: tuple[int, ...] | None = None
        for time in self.times(child - 1):
            now = self.tile(space, child, spot, time)
            if now is None:
                continue
            held = nothing
            if before is not None and child < self.depth:  # a MAC holds nothing between cycles
                if self.reuse == "advance":
                    if self.advance_allows(space, child, before, time):
                        held = common(now, self.left_by_innermost(space, child, spot, time))
                else:
                    old = self.tile(space, child, spot, before)
                    assert old is not None
                    moved = tuple(n[0] - o[0] for n, o in zip(now, old, strict=True))
                    if shift is None or moved == shift:
                        shift, held = moved, common(now, old)
                    else:
                        shift = None
            fetched[time] = (now, held if volume(held) else nothing)
            before = time
        return fetched

    def advance_allows(self, space: str, child: int, before: Digits, time: Digits) -> bool:
        """Whether the loop that advances shifts the tile as the innermost loop does."""
        loops = self.temporal(child - 1)
        place = next(i for i, (a, b) in enumerate(zip(before, time, strict=True)) if a != b)

        def moved(loop: Loop, sign: int) -> list[int]:
            at, origin = dict.fromkeys(self.layer.sizes, (0, 1)), {}
            origin.update(at)
            at[loop.dim] = (loop.step, loop.step + 1)
            pairs = zip(self.box(space, at), self.box(space, origin), strict=True)
            return [sign * (a[0] - b[0]) for a, b in pairs]

        parts = [moved(loops[place], 1)] + [moved(loop, -1) for loop in loops[place + 1 :]]
        return [sum(column) for column in zip(*parts, strict=True)] == moved(loops[-1], 1)

    def left_by_innermost(self, space: str, child: int, spot: Digits, time: Digits) -> Box:
        """The tile one iteration of the innermost loop earlier, of full size along that loop."""
        last = self.temporal(child - 1)[-1]
        ranges = dict(self.ranges(child, spot, time) or {})
        low = ranges[last.dim][0] - last.step
        extent = math.prod(x.bound for x in self.loops if x.level >= child and x.dim == last.dim)
        ranges[last.dim] = (low, low + extent)
        return self.box(space, ranges)

    def served(self, space: str, level: int) -> dict[Digits, dict[Digits, int]]:
        """Words that each instance of a level serves at each time, children that are kept or MACs.

        Where the next level inside is bypassed, its accesses come here: at each time, one of the
        children whose tiles are equal speaks for all of them.
        """
        width = len(self.spatial(level))
        out: dict[Digits, dict[Digits, int]] = {spot: defaultdict(int) for spot in self.spots(level)}
        if level + 1 < self.depth and space not in self.mapping.levels[level + 1].keep:
            inner = self.served(space, level + 1)
            prefix = len(self.temporal(level))
            shared: dict[object, int] = defaultdict(int)
            for spot, words_at in inner.items():
                for time, words in words_at.items():
                    tile = self.tile(space, level + 1, spot, time[:prefix])
                    key = (spot[:width], time, self.same(space, tile, spot, time[:prefix], level + 1))
                    shared[key] = max(shared[key], words)
            for (parent, time, _), words in shared.items():  # type: ignore[misc]
                out[parent][time] += words
            return out
        seen: set[object] = set()
        for spot in self.spots(level + 1):
            for time, (tile, held) in self.fetches(space, level + 1, spot).items():
                key = (spot[:width], time, self.same(space, tile, spot, time, level + 1), held)
                if key not in seen:
                    seen.add(key)
                    out[spot[:width]][time] += volume(tile) - volume(held)
        return out

    def same(
        self, space: str, tile: Box | None, spot: Digits, time: Digits, level: int
    ) -> object:
        """What must be equal for two children to share: where the tile starts, how far it reaches.

        At the edge of the layer two tiles of Inputs may be equal though one is cut along P and the
        other along R; they do not share.
        """
        ranges = self.ranges(level, spot, time) or {}
        cut = tuple(ranges[dim][1] - ranges[dim][0] for dim in "PQRS") if space == "Inputs" else ()
        return tile, cut

    def result(self) -> Execution:
        accesses: dict[tuple[int, str], dict[Digits, tuple[int, int, int]]] = {}
        for level, block in enumerate(self.mapping.levels):
            for space in SPACES:
                if space in block.keep:
                    accesses[level, space] = self.count(level, space)
        points = set()
        executed = 0
        busy = set()
        for time in self.times(self.depth - 1):
            for spot in self.spots(self.depth):
                ranges = self.ranges(self.depth, spot, time)
                if ranges is not None:
                    executed += 1
                    busy.add(time)
                    points.add(tuple(low for low, _ in ranges.values()))
        return Execution(len(busy), executed, len(points), accesses)

    def count(self, level: int, space: str) -> dict[Digits, tuple[int, int, int]]:
        """Reads, fills and updates of each instance of a level."""
        counts = {}
        served = self.served(space, level)
        for spot in self.spots(level):
            content = sum(served[spot].values())
            share = 0
            touched: set[Digits] = set()
            if level == 0:
                times: list[Digits] = [()]
            else:
                fetched = self.fetches(space, level, spot)
                share = sum(volume(tile) - volume(held) for tile, held in fetched.values())
                times = list(fetched)
            if space != "Outputs":
                counts[spot] = (content, share, 0)
                continue
            for time in times:
                tile = self.tile(space, level, spot, time)
                if tile is not None:
                    touched.update(itertools.product(*(range(low, high) for low, high in tile)))
            fills = share - len(touched) if level else 0
            counts[spot] = (content - len(touched), fills, content)
        return counts

"""Every mapping of a small problem: factorisations, orders of loops, what is kept.

Nothing is pruned by a bound. Orders are left out at the innermost level alone: every MAC reads
its operands in every cycle, so what stands there moves no count. Restrictions are a list with one
dictionary for each level: ``temporal``, ``spatial_x``, ``spatial_y`` (dimensions that may stand
there), ``whole``, ``keep``, ``bypass`` and ``stationary``; all may be absent. ``sequential``, at
the outermost level, names a dimension whose steps wait for one another: they loop there, outside
of everything else. ``both_axes``, there too, lets a dimension unroll on X and on Y of one level.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.proofs.rules import (
    DIMS,
    PRICES,
    SLOT_KINDS,
    SPACES,
    WORD_BITS,
    Block,
    Layer,
    Loops,
    Machine,
    Nest,
    axes,
    bits,
    hops,
    mac_price,
    operands_fit,
    product,
)

Restrictions = Sequence[dict[str, Any]]
Slot = tuple[int, str]
Figures = npt.NDArray[Any]

ROWS_AT_ONCE = 200_000
OBJECTIVES = ("edp", "energy", "latency")


class Point(NamedTuple):
    """A mapping and its figures."""

    energy: float
    cycles: int
    mapping: list[Block]

    def value(self, objective: str) -> float:
        """What a search for this objective makes least."""
        figures = {"edp": self.energy * self.cycles, "energy": self.energy, "latency": self.cycles}
        return figures[objective]


def best(points: Sequence[Point], objective: str) -> Point:
    """The best mapping by one objective, of the Pareto front of a problem."""
    return min(points, key=lambda point: point.value(objective))


def splits(layer: Layer, machine: Machine, limits: Restrictions, dim: str) -> list[dict[Slot, int]]:
    """All ways to split one dimension over the slots in which it may stand."""
    if dim == limits[0].get("sequential"):
        return [{(0, "temporal"): layer[dim]}]
    size, slots = layer[dim], []
    outermost = max(i for i, limit in enumerate(limits) if not i or dim in limit.get("whole", ()))
    for i in range(outermost, len(limits)):
        level = machine["levels"][i]
        for kind, room in zip(SLOT_KINDS, (size, level["fan_x"], level["fan_y"]), strict=True):
            allowed = limits[i].get(kind)
            if room > 1 and (allowed is None or dim in allowed):
                slots.append((i, kind))
    found = []
    for used in _shares(size, slots):
        crossed = any((i, "spatial_x") in used and (i, "spatial_y") in used for i, _ in used)
        if not crossed or limits[0].get("both_axes"):
            found.append(used)
    return found


def _shares(size: int, slots: list[Slot]) -> Iterator[dict[Slot, int]]:
    if not slots:
        if size == 1:
            yield {}
        return
    for factor in (f for f in range(1, size + 1) if size % f == 0):
        for others in _shares(size // factor, slots[1:]):
            yield {slots[0]: factor, **others} if factor > 1 else others


def factorisations(
    layer: Layer, machine: Machine, limits: Restrictions
) -> Iterator[list[dict[str, Loops]]]:
    """All ways to split all dimensions that fit the fan-out of each level on each axis."""
    dims = [dim for dim in DIMS if layer[dim] > 1]
    for chosen in itertools.product(*(splits(layer, machine, limits, dim) for dim in dims)):
        blocks = [
            {
                kind: tuple(
                    (dim, where[i, kind])
                    for dim, where in zip(dims, chosen, strict=True)
                    if (i, kind) in where
                )
                for kind in SLOT_KINDS
            }
            for i in range(len(limits))
        ]
        if all(
            product(block["spatial_x"]) <= level["fan_x"]
            and product(block["spatial_y"]) <= level["fan_y"]
            for block, level in zip(blocks, machine["levels"], strict=True)
        ):
            yield blocks


def orders(loops: Loops, stationary: str | None = None, first: str | None = None) -> list[Loops]:
    """Orders of loops; those that do not index the stationary data space stand innermost.

    One dimension, if any, stands outside all others whatever it indexes.
    """
    head = tuple(loop for loop in loops if loop[0] == first)
    loops = tuple(loop for loop in loops if loop[0] != first)
    moving = [stationary is None or _indexes(stationary, dim) for dim, _ in loops]
    outer = [loop for loop, moves in zip(loops, moving, strict=True) if moves]
    inner = [loop for loop, moves in zip(loops, moving, strict=True) if not moves]
    inside = list(itertools.permutations(inner))
    return [(*head, *a, *b) for a in itertools.permutations(outer) for b in inside]


def _indexes(space: str, dim: str) -> bool:
    return any(dim in axis for axis in axes({}, space))


def keeps(machine: Machine, limits: Restrictions) -> Figures:
    """All choices of what the levels keep: choice, level, data space."""
    ways = []
    for i, (level, limit) in enumerate(zip(machine["levels"], limits, strict=True)):
        must = SPACES if i == 0 else limit.get("keep", ())
        may = level["keeps"] - limit.get("bypass", frozenset())
        options = [
            (True,) if s in must else (False, True) if s in may else (False,) for s in SPACES
        ]
        ways.append(list(itertools.product(*options)))
    return np.array(list(itertools.product(*ways)))


class Row(NamedTuple):
    """One factorisation with one set of deliveries, and an order of loops that makes them."""

    nest: Nest
    temporal: tuple[Loops, ...]
    delivered: list[list[int]]
    hops: tuple[list[float], ...]


def rows(layer: Layer, machine: Machine, limits: Restrictions, fully: bool) -> Iterator[Row]:
    """Factorisations and orders; of those that deliver alike, one."""
    levels, last = machine["levels"], len(limits) - 1
    for blocks in factorisations(layer, machine, limits):
        temporal = [
            orders(b["temporal"], limit.get("stationary"), limit.get("sequential"))
            if i < last or fully
            else [b["temporal"]]
            for i, (b, limit) in enumerate(zip(blocks, limits, strict=True))
        ]
        spatial = [
            orders(b[kind]) if level["hop"] else [b[kind]]
            for b, level in zip(blocks, levels, strict=True)
            for kind in SLOT_KINDS[1:]
        ]
        for x_and_y in itertools.product(*spatial):
            nest = Nest(
                layer,
                [
                    {**b, "spatial_x": x_and_y[2 * i], "spatial_y": x_and_y[2 * i + 1]}
                    for i, b in enumerate(blocks)
                ],
            )
            way = tuple(
                [
                    hops(nest, machine, i, s) if level["hop"] else 0.0
                    for i, level in enumerate(levels)
                ]
                for s in range(len(SPACES))
            )
            seen = set()
            for order in itertools.product(*temporal):
                delivered = nest.delivered(order)
                key = tuple(map(tuple, delivered))
                if key not in seen:
                    seen.add(key)
                    yield Row(nest, order, delivered, way)


def pareto(
    layer: Layer, machine: Machine, limits: Restrictions | None = None, fully: bool = False
) -> list[Point]:
    """The mappings that no other beats in energy and cycles; none if no mapping is valid.

    Args:
        layer: sizes, strides, dilations.
        machine: its levels and prices.
        limits: what the dataflow restricts.
        fully: the orders of the innermost level too.
    """
    limits = limits or [{} for _ in machine["levels"]]
    kept = keeps(machine, limits)
    at_once = max(1, ROWS_AT_ONCE // len(kept))
    stream, front = rows(layer, machine, limits, fully), []
    while chunk := list(itertools.islice(stream, at_once)):
        energy, cycles, valid = evaluate(machine, chunk, kept)
        row, choice = np.nonzero(valid)
        found = zip(energy[row, choice], cycles[row, choice], row, choice, strict=True)
        for e, c, r, k in front_of(found):
            blocks = [
                {
                    **block,
                    "temporal": order,
                    "keep": {s for s, has in zip(SPACES, held, strict=True) if has},
                }
                for block, order, held in zip(
                    chunk[r].nest.blocks, chunk[r].temporal, kept[k], strict=True
                )
            ]
            front.append(Point(float(e), int(c), blocks))
        front = front_of(front)
    return front


def front_of(points: Iterable[Any]) -> list[Any]:
    """Of tuples that start with energy and cycles, those that no other beats in both."""
    front: list[Any] = []
    for point in sorted(points, key=lambda point: point[:2]):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return front


def evaluate(machine: Machine, chunk: list[Row], kept: Figures) -> tuple[Figures, Figures, Figures]:
    """Energy, cycles and validity of each row with each choice of what is kept."""
    levels = machine["levels"]
    compute = np.array([row.nest.compute for row in chunk], dtype=np.int64)
    instances = np.array([row.nest.instances for row in chunk], dtype=np.int64)
    shape = (len(chunk), len(kept))
    energy = np.empty(shape)
    layer = chunk[0].nest.layer
    energy[:] = (compute * instances[:, -1] * mac_price(layer, machine))[:, None]
    rates = np.zeros((2, len(levels), *shape))
    held = np.zeros((len(levels), *shape), dtype=np.int64)
    for s, name in enumerate(SPACES):
        delivered = np.array([row.delivered[s] for row in chunk], dtype=np.int64)
        groups = np.array([row.nest.groups[s] for row in chunk], dtype=np.int64)
        partition = np.array([row.nest.partitions[s] for row in chunk], dtype=np.int64)
        sizes = np.array([row.nest.sizes[s] for row in chunk], dtype=np.int64)
        way = np.array([row.hops[s] for row in chunk])
        content = np.repeat((delivered * groups).T[:, :, None], len(kept), axis=2)
        for i in reversed(range(len(levels))):
            level, here = levels[i], kept[:, i, s][None, :]
            width, word = bits(layer, name, level)
            if i:
                passed_on = content[i] * groups[:, i - 1, None]
                content[i - 1] = np.where(here, content[i - 1], passed_on)
            share = delivered[:, i - 1, None] if i else 0 * delivered[:, :1]
            first = partition[:, i, None] * (name == "Outputs")
            reads = (content[i] - first) * here
            fills = (share - first * (i > 0)) * here
            updates = content[i] * here * (name == "Outputs")
            held[i] += sizes[:, i, None] * here * width
            rates[0, i] += reads * (width / word) / compute[:, None]
            rates[1, i] += (fills + updates) * (width / word) / compute[:, None]
            for price, count in zip(PRICES, (reads, fills, updates), strict=True):
                accesses = -(-count * width // (word * level["block"])) * level[price]
                energy += instances[:, i, None] * accesses
            sent = delivered[:, i] * (width / word)
            energy += (instances[:, i] * level["hop"] * sent * way[:, i])[:, None]
    cycles, valid = np.empty(shape), np.full(shape, operands_fit(layer, machine))
    cycles[:] = compute[:, None]
    for i, level in enumerate(levels):
        speed = np.ones(shape)
        for limit, rate in ((level["read_bw"], rates[0, i]), (level["write_bw"], rates[1, i])):
            if limit is not None:
                speed = np.minimum(speed, limit / np.maximum(rate, limit))
        cycles = np.maximum(cycles, np.ceil(compute[:, None] / speed))
        if i and level["entries"] is not None:
            valid &= held[i] <= level["entries"] * level.get("bits", WORD_BITS)
    return energy, cycles.astype(np.int64), valid

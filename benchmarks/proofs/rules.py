"""What a mapping costs and which mapping is best, from the counting rules alone.

Nothing here uses the package: plain data in, plain data out, every mapping priced. So it can judge
the package's simulator, its map spaces and the proofs of its mappers.

A layer is a dictionary of sizes, strides and dilations, and may say the bits of its data spaces
(``weights_bits`` and so on; those of a word if absent) and the true extents of its Inputs without
padding (``input_width``, ``input_height``); a machine is a dictionary with the price
of a MAC of two words and a list of levels, DRAM first; a mapping is a list of blocks (temporal
loops, spatial loops on X and on Y, each outermost first, and the data spaces kept), one for each
level.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.proofs.walks import Vector, walk, walk_plainly

Layer = dict[str, int]
Machine = dict[str, Any]
Loops = tuple[tuple[str, int], ...]
Block = dict[str, Any]

DIMS = ("N", "K", "C", "P", "Q", "R", "S", "G")
SPACES = ("Weights", "Inputs", "Outputs")
SLOT_KINDS = ("temporal", "spatial_x", "spatial_y")
PRICES = ("read", "fill", "update")
NO_LIMIT = 2**62
WORD_BITS = 16
"""Of a level, and of the operands of a MAC, unless ``bits`` says otherwise."""


def bits(layer: Layer, space: str, of: dict[str, Any]) -> tuple[int, int]:
    """The bits of a value in a level, or in the MACs of a machine, and of a word there."""
    word = of.get("bits", WORD_BITS)
    return layer.get(f"{space.lower()}_bits", word), word


def mac_price(layer: Layer, machine: Machine) -> float:
    """A part of the price of a MAC grows with the sum of its operands' widths, the rest with their
    product."""
    (a, word), (b, _) = (bits(layer, space, machine) for space in ("Weights", "Inputs"))
    linear = machine.get("mac_linear", 0.0)
    return float((machine["mac"] - linear) * a * b / word**2 + linear * (a + b) / (2 * word))


def operands_fit(layer: Layer, machine: Machine) -> bool:
    """Whether a MAC takes operands of such widths."""
    widths = [bits(layer, space, machine) for space in ("Weights", "Inputs")]
    return all(width <= word for width, word in widths)


def axes(layer: Layer, space: str) -> list[dict[str, int]]:
    """The axes of a tensor: for each, the dimensions that move along it and how far by one."""
    if space == "Weights":
        return [{dim: 1} for dim in "GCKRS"]
    if space == "Outputs":
        return [{dim: 1} for dim in "NGKQP"]
    rows = {"P": layer.get("stride_w", 1), "R": layer.get("dilation_w", 1)}
    columns = {"Q": layer.get("stride_h", 1), "S": layer.get("dilation_h", 1)}
    return [{"N": 1}, {"G": 1}, {"C": 1}, rows, columns]


def box(tensor: list[dict[str, int]], extents: dict[str, int]) -> Vector:
    """Widths of the bounding box of a tile."""
    widths = []
    for axis in tensor:
        width = 1
        for dim, step in axis.items():
            width += step * (extents[dim] - 1)
        widths.append(width)
    return tuple(widths)


def without_padding(layer: Layer, space: str, widths: Vector) -> Vector:
    """How much of a box can be elements that there are, wherever the padding is."""
    if space != "Inputs":
        return widths
    *others, wide, high = widths
    real = range(layer.get("input_width", wide)), range(layer.get("input_height", high))
    return *others, len(real[0][:wide]), len(real[1][:high])


def shift(tensor: list[dict[str, int]], dim: str, steps: int) -> Vector:
    """How far a tile moves when a dimension advances."""
    return tuple([axis[dim] * steps if dim in axis else 0 for axis in tensor])


def product(loops: Loops) -> int:
    """All factors together."""
    return math.prod(factor for _, factor in loops)


class Walk(NamedTuple):
    """Widths of the axes along which a tile moves, of the tensor on these, and the rest.

    ``still``: words across the axes along which nothing moves; ``tables``: steps of loops.
    """

    moving: Vector
    whole: Vector
    still: int
    tables: list[dict[tuple[str, int], tuple[int, Vector]]]


class Nest:
    """The sizes, offsets and partitions of a mapping: all that no order of temporal loops moves."""

    def __init__(self, layer: Layer, blocks: Sequence[Block]) -> None:
        depth = len(blocks)
        self.layer, self.blocks, self.depth = layer, blocks, depth
        self.tensors = [axes(layer, space) for space in SPACES]
        self.fan_out = [product(b["spatial_x"] + b["spatial_y"]) for b in blocks]
        self.instances = [math.prod(self.fan_out[:i]) for i in range(depth + 1)]
        self.compute = math.prod(product(b["temporal"]) for b in blocks)
        self.below: list[dict[str, int]] = [dict.fromkeys(DIMS, 1)]
        self.spread: list[dict[str, int]] = []
        self.boxes: list[list[Vector]] = []
        self.groups = [[0] * depth for _ in SPACES]
        for i in reversed(range(depth)):
            extents = dict(self.below[0])
            steps = self._spatial_steps(i, extents)
            for s, tensor in enumerate(self.tensors):
                self.groups[s][i] = _distinct(tensor, steps)
            self.spread.insert(0, dict(extents))
            for dim, factor in blocks[i]["temporal"]:
                extents[dim] *= factor
            self.below.insert(0, extents)
        self.boxes = [
            [without_padding(layer, space, box(tensor, extents)) for extents in self.below]
            for space, tensor in zip(SPACES, self.tensors, strict=True)
        ]
        self.sizes = [[math.prod(widths) for widths in line] for line in self.boxes]
        self._walks = [self._walks_of(s) for s in range(len(SPACES))]
        self.partitions = [self._partition(s) for s in range(len(SPACES))]

    def _spatial_steps(self, i: int, extents: dict[str, int]) -> list[tuple[str, int, int]]:
        steps: list[tuple[str, int, int]] = []
        for dim, factor in reversed(self.blocks[i]["spatial_y"] + self.blocks[i]["spatial_x"]):
            steps.insert(0, (dim, factor, extents[dim]))
            extents[dim] *= factor
        return steps

    def _partition(self, s: int) -> list[int]:
        found = [self.sizes[s][0]]
        for i in range(1, self.depth):
            size = self.sizes[s][i]
            joined = math.prod(box(self.tensors[s], self.spread[i - 1]))
            found.append(found[-1] * size // (joined if self.fan_out[i - 1] > 1 else size))
        return found

    def _walks_of(self, s: int) -> list[Walk]:
        """For each level but the last, what the walk of its children needs, whatever the order.

        An axis along which nothing moves multiplies every delivery by its width.
        """
        found = []
        steps = [
            {dim: shift(self.tensors[s], dim, extents[dim]) for dim, _ in block["temporal"]}
            for block, extents in zip(self.blocks, self.spread, strict=True)
        ]
        for i in range(self.depth - 1):
            around, widths = steps[: i + 1], self.boxes[s][i + 1]
            vectors = [vector for line in around for vector in line.values()]
            moving = [axis for axis, line in enumerate(zip(*vectors, strict=True)) if any(line)]
            tables = [
                {
                    loop: (loop[1], tuple(line[loop[0]][axis] for axis in moving))
                    for loop in block["temporal"]
                }
                for block, line in zip(self.blocks, around, strict=False)
            ]
            still = math.prod(w for axis, w in enumerate(widths) if axis not in moving)
            here, whole = (
                tuple(line[axis] for axis in moving) for line in (widths, self.boxes[s][0])
            )
            found.append(Walk(here, whole, still, tables))
        return found

    def delivered(self, orders: Sequence[Loops], plainly: bool = False) -> list[list[int]]:
        """For each data space and level, what one child receives with these temporal loops."""
        count = walk_plainly if plainly else walk
        found = []
        for line in self._walks:
            words = []
            for walked in line:
                loops = tuple(
                    table[loop]
                    for table, order in zip(walked.tables, orders, strict=False)
                    for loop in order
                )
                brought = min(count(walked.moving, loops), most_brought(walked, loops))
                words.append(walked.still * brought)
            found.append([*words, self.compute])
        return found


def most_brought(walked: Walk, loops: Sequence[tuple[int, Vector]]) -> int:
    """Words if each run of the innermost loop brings all that there is where it slides.

    Without padding no walk brings more: a run slides one way, and stays inside.
    """
    if not loops:
        return math.prod(walked.whole)
    *outside, (_, step) = loops
    slid = zip(walked.moving, walked.whole, step, strict=True)
    run = math.prod(whole if moved else width for width, whole, moved in slid)
    return run * math.prod(factor for factor, _ in outside) if any(step) else NO_LIMIT


def _distinct(tensor: list[dict[str, int]], steps: list[tuple[str, int, int]]) -> int:
    """Children that hold different tiles."""
    ranges = [[shift(tensor, dim, k * step) for k in range(f)] for dim, f, step in steps]
    return len({tuple(map(sum, zip(*place, strict=True))) for place in itertools.product(*ranges)})


def hops(nest: Nest, machine: Machine, i: int, s: int) -> float:
    """Hops of one word to each of the groups of children of a level that want the same."""
    block, level = nest.blocks[i], machine["levels"][i]
    if nest.fan_out[i] == 1:
        return 0.0
    wide = max(level["fan_x"], product(block["spatial_x"]))
    centre = (max(level["fan_y"], product(block["spatial_y"])) - 1) / 2
    steps = nest._spatial_steps(i, dict(nest.below[i + 1]))
    ranges = [[shift(nest.tensors[s], d, k * step) for k in range(f)] for d, f, step in steps]
    wanted: dict[Vector, dict[int, list[int]]] = {}
    for child, place in enumerate(itertools.product(*ranges)):
        group = wanted.setdefault(tuple(map(sum, zip(*place, strict=True))), {})
        group.setdefault(child % wide, []).append(child // wide)
    total = 0.0
    for group in wanted.values():
        total += max(group)
        for lines in group.values():
            total += max(0.0, centre - min(lines)) + max(0.0, max(lines) - centre)
    return total


def space_counts(
    nest: Nest, delivered: list[list[int]], s: int, kept: Sequence[bool]
) -> list[dict[str, int]]:
    """Reads, fills and updates of one data space at each level."""
    content = [d * g for d, g in zip(delivered[s], nest.groups[s], strict=True)]
    for i in range(nest.depth - 1, 0, -1):
        if not kept[i]:
            content[i - 1] = content[i] * nest.groups[s][i - 1]
    found = []
    for i, count in enumerate(content):
        partition = nest.partitions[s][i]
        share = delivered[s][i - 1] if i else 0
        if not kept[i]:
            found.append(dict.fromkeys(PRICES, 0))
        elif SPACES[s] == "Outputs":
            fills = share - partition if i else 0
            found.append({"read": count - partition, "fill": fills, "update": count})
        else:
            found.append({"read": count, "fill": share, "update": 0})
    return found


def violations(layer: Layer, machine: Machine, blocks: Sequence[Block]) -> list[str]:
    """Why a machine cannot run a mapping."""
    nest, found = Nest(layer, blocks), []
    if not operands_fit(layer, machine):
        found.append("operands are wider than those of a MAC")
    for i, (level, block) in enumerate(zip(machine["levels"], blocks, strict=True)):
        held = sum(
            nest.sizes[s][i] * bits(layer, space, level)[0]
            for s, space in enumerate(SPACES)
            if space in block["keep"]
        )
        room = (level["entries"] or 0) * level.get("bits", WORD_BITS)
        if i and level["entries"] is not None and held > room:
            found.append(f"level {i} holds {held} bits in {level['entries']} words")
        for axis in "xy":
            if product(block[f"spatial_{axis}"]) > level[f"fan_{axis}"]:
                found.append(f"level {i} unrolls over more than its own fan-out on {axis}")
    return found


def cost(
    layer: Layer, machine: Machine, blocks: Sequence[Block], plainly: bool = False
) -> tuple[float, int, list[list[dict[str, int]]]]:
    """Energy in pJ, cycles, and the counts of each data space at each level, of any mapping."""
    nest = Nest(layer, blocks)
    delivered = nest.delivered([block["temporal"] for block in blocks], plainly)
    kept = [[space in block["keep"] for block in blocks] for space in SPACES]
    counts = [space_counts(nest, delivered, s, kept[s]) for s in range(len(SPACES))]
    energy, cycles = nest.compute * nest.instances[-1] * mac_price(layer, machine), nest.compute
    for i, level in enumerate(machine["levels"]):
        shares = (bits(layer, space, level) for space in SPACES)
        widths = [value / word for value, word in shares]
        for s, line in enumerate(counts):
            for name, count in line[i].items():
                blocks_moved = math.ceil(count * widths[s] / level["block"])
                energy += nest.instances[i] * blocks_moved * level[name]
            if level["hop"]:
                sent = delivered[s][i] * hops(nest, machine, i, s)
                energy += nest.instances[i] * level["hop"] * sent * widths[s]
        speed = 1.0
        for limit, names in ((level["read_bw"], ("read",)), (level["write_bw"], PRICES[1:])):
            rate = sum(
                sum(line[i][name] for name in names) * width / nest.compute
                for line, width in zip(counts, widths, strict=True)
            )
            if limit is not None and rate > limit:
                speed = min(speed, limit / rate)
        cycles = max(cycles, math.ceil(nest.compute / speed))
    return energy, cycles, counts

"""Random layers, machines and mappings for the tests of the simulator.

Everything the counting rules speak of occurs: any depth, fan-out at any level, a dimension on both
mesh axes, bypass anywhere below the outermost level, groups, strides, dilations, finite bandwidths,
energy per hop, children that stand in packed rows, fan-outs of which a part is used.
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.tiles import tiles_of
from bohwsw.simulator.costs import Costs
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer

Slots = dict[tuple[int, str], dict[str, int]]
KINDS = ("temporal", "spatial_x", "spatial_y")
MANY = 2**16
"""Instances beyond which a random machine has none to spare."""


def random_layer(rng: Random, most_macs: int, sizes: tuple[int, ...] = (1, 2, 3, 4, 6, 8)) -> Layer:
    """A layer of at most so many multiply-accumulates, often with meeting dimensions in Inputs."""
    while True:
        often = rng.choice(("PR", "QS", "PRQS", "CK", "NG", ""))
        chosen = {
            dim: rng.choice(sizes) if dim in often or rng.random() < 0.4 else 1
            for dim in DIMENSIONS
        }
        steps = {
            key: rng.choice((1, 1, 1, 2, 3))
            for key in ("stride_w", "stride_h", "dilation_w", "dilation_h")
        }
        if math.prod(chosen.values()) <= most_macs:
            return Layer("random", **chosen, **steps)


def padded_layer(rng: Random, most_macs: int, sizes: tuple[int, ...] = (1, 2, 3, 4, 6, 8)) -> Layer:
    """A layer whose filter reaches over more than there is, on one axis or both."""
    while True:
        layer = random_layer(rng, most_macs, sizes)
        width, height = (rng.randint(1, whole) for whole in layer.reach)
        if (width, height) != layer.reach:
            return replace(layer, input_width=width, input_height=height)


def random_mapping(rng: Random, layer: Layer, depth: int, most_children: int = 12) -> Mapping:
    """A mapping with perfect factors, spread over all slots, on some levels also in space."""
    fans_out = [rng.random() < 0.5 for _ in range(depth)]
    slots: Slots = {(level, kind): {} for level in range(depth) for kind in KINDS}
    children = 1
    for dim, size in layer.sizes.items():
        for prime in _primes(size):
            level = rng.randrange(depth)
            kind = rng.choice(KINDS) if fans_out[level] else "temporal"
            if kind != "temporal" and children * prime > most_children:
                kind = "temporal"
            children *= prime if kind != "temporal" else 1
            factors = slots[level, kind]
            factors[dim] = factors.get(dim, 1) * prime
    return _mapping(rng, slots, depth)


def random_imperfect_mapping(
    rng: Random, layer: Layer, depth: int, most_children: int = 8
) -> Mapping:
    """A mapping whose factors multiply to at least the size of each dimension, mostly to more."""
    fans_out = [rng.random() < 0.5 for _ in range(depth)]
    slots: Slots = {(level, kind): {} for level in range(depth) for kind in KINDS}
    children = 1
    for dim, size in layer.sizes.items():
        drawn_kinds = [("temporal", rng.choice(KINDS)) for _ in range(depth)]
        places = [(level, kind) for level, kinds in enumerate(drawn_kinds) for kind in kinds]
        rng.shuffle(places)
        rest = size
        for position, (level, drawn) in enumerate(places):
            is_last = position == len(places) - 1
            factor = rest if is_last else rng.randint(1, max(1, min(rest, 4)))
            kind = drawn if fans_out[level] and children * factor <= most_children else "temporal"
            if factor > 1 and dim not in slots[level, kind]:
                children *= factor if kind != "temporal" else 1
                slots[level, kind][dim] = factor
                rest = -(-rest // factor)
        if rest > 1:  # the last place was taken already
            nest = slots[depth - 1, "temporal"]
            nest[dim] = nest.get(dim, 1) * rest
    return _mapping(rng, slots, depth)


def random_machine(
    rng: Random, layer: Layer, mappings: list[Mapping], tightness: float = 0.0
) -> Architecture:
    """A machine on which the mappings fit; with some ``tightness``, most levels may be too small.

    Args:
        rng: source of chance.
        layer: the work.
        mappings: mappings of equal depth.
        tightness: chance of each limit to be drawn at random instead of wide enough.
    """
    depth = len(mappings[0].levels)
    mesh = [[1, 1]]
    for level in range(depth):
        blocks = [mapping.levels[level] for mapping in mappings]
        used = (max(b.fanout_x for b in blocks), max(b.fanout_y for b in blocks))
        spare = (1, 1, 1, 2) if math.prod(mesh[-1]) < MANY else (1,)
        mesh.append(
            [
                outer * children * rng.choice(spare)
                for outer, children in zip(mesh[-1], used, strict=True)
            ]
        )
        if rng.random() < tightness and mesh[-1][0] > mesh[-2][0]:
            mesh[-1][0] = mesh[-2][0] * rng.choice((1, 2))
    levels = []
    for level in range(depth):
        needs = [_words(layer, mapping, level) for mapping in mappings]
        enough = max(max(needs), 1) + rng.choice((0, 0, 1, 7))
        entries = rng.choice(needs) or 1 if rng.random() < tightness else enough
        levels.append(
            StorageLevel(
                name=f"L{level}",
                kind="dram" if level == 0 else "sram",
                entries=None if level == 0 or rng.random() < 0.2 else entries,
                word_bits=rng.choice((8, 16, 32)),
                block_size=rng.choice((1, 2, 4, 8)),
                read_words_per_cycle=rng.choice((None, 0.3, 0.5, 1.0, 2.0, 16.0)),
                write_words_per_cycle=rng.choice((None, 0.3, 0.7, 1.0, 2.0)),
                mesh_x=mesh[level][0],
                mesh_y=mesh[level][1],
            )
        )
    return Architecture("random", tuple(levels), MacArray(16, mesh[depth][0], mesh[depth][1]))


def random_costs(rng: Random, depth: int) -> Costs:
    """Prices that differ between actions and levels; some networks are free."""
    return Costs(
        storage=tuple(
            StorageCost(rng.uniform(1, 9), rng.uniform(1, 9), rng.uniform(1, 9), None)
            for _ in range(depth)
        ),
        hop_energy_pj=tuple(rng.choice((0.0, rng.uniform(0.1, 2))) for _ in range(depth)),
        mac_energy_pj=rng.uniform(0.1, 3),
    )


def _mapping(rng: Random, slots: Slots, depth: int) -> Mapping:
    nests = []
    for level in range(depth):
        loops = []
        for kind in KINDS:
            factors = list(slots[level, kind].items())
            rng.shuffle(factors)
            loops.append(tuple(factors))
        kept = [s for s in DATA_SPACES if level == 0 or rng.random() < 0.65]
        nests.append(LevelNest(*loops, keep=frozenset(kept)))
    return Mapping(tuple(nests))


def _words(layer: Layer, mapping: Mapping, level: int) -> int:
    words = tiles_of(layer, mapping).words[level]
    return sum(words[space] for space in mapping.levels[level].keep)


def _primes(size: int) -> list[int]:
    primes = []
    for prime in (2, 3, 5, 7, 11, 13):
        while size % prime == 0:
            primes.append(prime)
            size //= prime
    return primes

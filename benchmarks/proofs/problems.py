"""Small random problems, aimed at what proofs about mappings get wrong.

Sliding windows in which a step of the outputs moves the inputs as far as a step of the filter,
buffers of a few words, prices that make odd ways of moving data the best, levels that each have a
fan-out of their own, restrictions of every kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.proofs.brute_force import Restrictions, keeps, splits
from benchmarks.proofs.rules import DIMS, SPACES, Layer, Machine, axes, box

KINDS = ("coincidence", "slide", "general")
MOST_SPLITS = 1_500
MOST_CHOICES = 120_000
TINY = 10
DEPTHS = {
    "coincidence": (2, 2, 2, 3, 3, 4),
    "slide": (2, 2, 3, 3, 4, 5),
    "general": (2, 3, 3, 4, 5),
}
WINDOWS = ("PR", "PR", "QS", "QS", "PRQS")
BESIDE = ("K", "KC", "NK", "GK", "N", "G", "C")
REUSING = ("K", "K", "K", "KN", "KC", "KG")
GENERAL = ("PRK", "QSK", "CKP", "NGK", "GPR", "CKPQ", "PRS", "KCN")


@dataclass(frozen=True)
class Problem:
    """A layer on a machine, what the machine's dataflow restricts, and the kind of problem."""

    kind: str
    layer: Layer
    machine: Machine
    limits: list[dict[str, Any]]


def random_problem(
    seed: int,
    kind: str | None = None,
    *,
    hops: bool = False,
    tiny: bool = False,
    says_bits: bool = False,
    padded: bool = False,
) -> Problem:
    """A problem whose mappings can all be priced in well under a second.

    Args:
        seed: the same seed, the same problem.
        kind: one of ``KINDS``; drawn if absent.
        hops: whether the networks between levels may cost something.
        tiny: whether to have a tenth of the mappings.
        says_bits: whether the layer says the bits of some data spaces.
        padded: whether it says the true extents of its Inputs, which are less than it reaches over.
    """
    rng = Random(seed)
    kind = kind or rng.choice(KINDS)
    depth = rng.choice(DEPTHS[kind])
    while True:
        layer = random_layer(rng, kind)
        machine = random_machine(rng, kind, depth, hops)
        restricted = rng.random() < (0.2 if kind == "coincidence" else 0.5)
        limits = random_limits(rng, machine) if restricted else [{} for _ in range(depth)]
        if is_small(layer, machine, limits, TINY if tiny else 1):
            if says_bits:
                layer = with_bits(rng, layer)
            if padded:
                layer = with_padding(rng, layer)
            return Problem(kind, layer, machine, limits)


def sequential_problem(seed: int) -> Problem:
    """A tiny problem in which the steps of one dimension wait for one another."""
    rng = Random(seed)
    while True:
        problem = random_problem(rng.randrange(2**32), tiny=True)
        layer = problem.layer
        pairs = (("N", None), ("P", "R"), ("Q", "S"))
        free = [d for d, tap in pairs if layer[d] > 1 and (tap is None or layer[tap] == 1)]
        if free:
            problem.limits[0]["sequential"] = rng.choice(free)
            return problem


def is_small(layer: Layer, machine: Machine, limits: Restrictions, share: int = 1) -> bool:
    """Whether there are few enough mappings, or this share of that."""
    ways = share
    for dim in DIMS:
        ways *= len(splits(layer, machine, limits, dim)) if layer[dim] > 1 else 1
    return ways <= MOST_SPLITS and ways * len(keeps(machine, limits)) <= MOST_CHOICES


def random_layer(rng: Random, kind: str) -> Layer:
    """Two to five dimensions above 1, windows that slide along one axis or both."""
    layer = dict.fromkeys(DIMS, 1)
    for key in ("stride_w", "stride_h", "dilation_w", "dilation_h"):
        layer[key] = rng.choice((1, 1, 1, 2, 3))
    if kind == "general":
        dims, sizes = rng.choice(GENERAL), (2, 2, 3, 4, 6)
    elif kind == "slide":
        dims, sizes = rng.choice(WINDOWS) + rng.choice(BESIDE), (2, 2, 2, 3, 4)
    else:
        dims, sizes = rng.choice(WINDOWS) + rng.choice(REUSING), (2, 2, 2, 3, 4)
        for axis in "wh":
            layer[f"dilation_{axis}"] = layer[f"stride_{axis}"] * rng.choice((1, 1, 2))
    return layer | {dim: rng.choice(sizes) for dim in dims}


def with_bits(rng: Random, layer: Layer) -> Layer:
    """The layer with the bits of some data spaces; partial sums may be wider than a word."""
    bits = {
        f"{space.lower()}_bits": rng.choice((1, 4, 8, 12, 16, *(() if operand else (24, 32))))
        for space, operand in zip(SPACES, (True, True, False), strict=True)
        if rng.random() < 0.8
    }
    return layer | bits


def with_padding(rng: Random, layer: Layer) -> Layer:
    """The layer with Inputs that lack a part of what its filter reaches over, if it can."""
    *_, across, down = box(axes(layer, "Inputs"), layer)
    extents = {"input_width": across, "input_height": down}
    cut = {key: rng.randint(1, whole - 1) for key, whole in extents.items() if whole > 1}
    return layer | {key: extent for key, extent in cut.items() if rng.random() < 0.8}


def random_machine(rng: Random, kind: str, depth: int, hops: bool = False) -> Machine:
    """A machine whose levels may each have a fan-out of their own."""
    aimed = kind == "coincidence"
    fanned = rng.choice((0.0, 0.0, 0.3)) if aimed else rng.choice((0.0, 0.25, 0.6))
    entries = (1, 1, 2, 3) if aimed and rng.random() < 0.8 else (1, 2, 3, 4, 6, 9, 16, None)
    # Cheap writes let Inputs be what is worth keeping in place.
    shares = (0.0, 0.1) if aimed else (0.0, 0.1, 1.0, 2.5)
    bounded = rng.random() < 0.4
    levels = []
    for i in range(depth):
        read = rng.choice((1.0, 3.0, 10.0)) * 10.0 ** (-i if rng.random() < 0.8 else 0)
        fill, update = (read * rng.choice(shares) for _ in range(2))
        kept = _some(rng, (0.95, 0.85, 0.5, 0.4)[depth - 2], SPACES)
        levels.append(
            {
                "entries": rng.choice(entries) if i else None,
                "block": rng.choice((1, 1, 1, 2, 3)),
                "read_bw": rng.choice((None, 0.4, 1.0, 2.5)) if bounded else None,
                "write_bw": rng.choice((None, 0.3, 1.5)) if bounded else None,
                "read": read,
                "fill": fill,
                "update": update,
                "keeps": kept if i else frozenset(SPACES),
                "fan_x": rng.choice((2, 2, 3, 4)) if rng.random() < fanned else 1,
                "fan_y": rng.choice((2, 2, 3)) if rng.random() < fanned / 2 else 1,
                "hop": rng.choice((0.0, 0.5, 5.0)) if hops else 0.0,
            }
        )
    return {"levels": levels, "mac": rng.choice((0.0, 0.5, 1.0))}


def random_limits(rng: Random, machine: Machine) -> list[dict[str, Any]]:
    """Restrictions at some levels; they may leave no valid mapping."""
    found: list[dict[str, Any]] = []
    for i, level in enumerate(machine["levels"]):
        limit: dict[str, Any] = {}
        for key in ("temporal", "spatial_x", "spatial_y"):
            if rng.random() < 0.15:
                limit[key] = _some(rng, 0.75, DIMS)
        if rng.random() < 0.2:
            limit["whole"] = _some(rng, 0.2, DIMS)
        if rng.random() < 0.2:
            limit["keep"] = _some(rng, 0.4, sorted(level["keeps"]))
        if i and rng.random() < 0.2:
            limit["bypass"] = _some(rng, 0.4, SPACES) - limit.get("keep", frozenset())
        if rng.random() < 0.4:
            limit["stationary"] = rng.choice(SPACES)
        found.append(limit)
    return found


def _some(rng: Random, likely: float, of: Any) -> frozenset[str]:
    return frozenset(x for x in of if rng.random() < likely)

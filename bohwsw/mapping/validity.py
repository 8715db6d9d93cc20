"""Whether a mapping fits a machine, and if not, what is too large and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.mapping.batch import TEMPORAL, MappingBatch
from bohwsw.mapping.limits import OPERANDS
from bohwsw.mapping.nest import Mapping, check_factors, trimmed
from bohwsw.mapping.tiles import Tiles, tiles_of
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, Layer

WHAT = {
    "capacity": "words",
    "capacity_bits": "bits",
    "operand_bits": "bits",
    "keep": "kept data spaces",
    "steps_at_once": "sequential steps in a tile",
    "passes_over_steps": "passes over the sequential steps",
}


@dataclass(frozen=True)
class Violation:
    """One constraint that a mapping or a design breaks."""

    constraint: str
    """``capacity`` (words), ``capacity_bits`` where the layer says its bits, ``operand_bits``,
    ``fanout_x`` or ``fanout_y`` (children), ``keep``; of a sequential layer ``steps_at_once``,
    ``passes_over_steps``; of a whole design ``area_mm2`` or ``power_mw``."""
    level: str  # the storage level, for a fan-out the one above it, ``MAC``, or ``chip``
    data_space: str | None  # the data spaces concerned, joined by ``+``; None for fan-outs
    value: float  # what is asked for; a whole number but for area and power
    limit: float

    @property
    def ratio(self) -> float:
        """Value over limit; infinite for a limit of 0."""
        return self.value / self.limit if self.limit else float("inf")

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**vars(self), "ratio": self.ratio}

    def __str__(self) -> str:
        what = WHAT.get(self.constraint, "children")
        where = f"{self.level} {self.data_space}" if self.data_space else self.level
        return (
            f"{where}: {self.constraint} {self.value} of at most {self.limit} {what} "
            f"({self.ratio:.3g} times)"
        )


def violations(
    layer: Layer,
    architecture: Architecture,
    mapping: Mapping,
    tiles: Tiles | None = None,
    *,
    imperfect: bool = False,
) -> tuple[Violation, ...]:
    """Every constraint that a mapping breaks, outermost level first (counting rule B.11).

    A mapping is valid if the kept tiles of each level fit its capacity, if each level unrolls, on
    each axis, over no more children than one instance of it has, and if the MACs take operands as
    wide as the layer has; and if steps that wait for one another run one at a time, all of a step
    before the next one. What outer levels leave unused is no help: the children of another
    instance are not there. (``timeloop-model`` looks at the product over all levels only;
    ``timeloop-mapper`` refuses such mappings as we do.)

    Args:
        tiles: the mapping's tiles, if they are known already.
        imperfect: whether factors may multiply to more than the sizes; iterations that no index
            reaches then take neither room nor instances.

    Raises:
        SpecError: the mapping has another depth than the machine, bypasses the outermost level, or
            has factors that do not multiply to the layer's sizes.
    """
    if len(mapping.levels) != architecture.depth:
        raise SpecError(
            f"mapping and machine {architecture.name!r} differ in depth",
            key_path="mapping",
            got=f"{len(mapping.levels)} levels",
            expected=f"{architecture.depth} levels",
        )
    check_outermost(mapping)
    if imperfect:
        mapping = trimmed(layer, mapping)
        tiles = tiles_of(layer, mapping, clipped=True)
    tiles = tiles or tiles_of(layer, mapping)
    if tiles.extents[0] != layer.sizes:
        check_factors(layer, mapping)
    return tuple(limits_broken(layer, architecture, mapping, tiles))


def check_outermost(mapping: Mapping) -> None:
    """Raise a SpecError unless the outermost level keeps every data space.

    No other level could hold what it bypasses, and the counting rules do not cover it.
    """
    keep = mapping.levels[0].keep
    if len(keep) < len(DATA_SPACES):
        raise SpecError(
            "the outermost level keeps every data space",
            key_path="mapping[0].keep",
            got=sorted(keep),
            expected=", ".join(DATA_SPACES),
        )


def limits_broken(
    layer: Layer, architecture: Architecture, mapping: Mapping, tiles: Tiles
) -> Iterator[Violation]:
    """The violations of a mapping that may be only part of one: factors are not looked at."""
    mac_bits = architecture.mac.word_bits
    for space in OPERANDS:
        if (layer.bits[space] or 0) > mac_bits:
            yield Violation("operand_bits", "MAC", space, layer.bits[space] or 0, mac_bits)
    yield from _sequence_broken(layer, architecture, mapping, tiles)
    says_bits = any(layer.bits.values())
    for index, (level, block) in enumerate(zip(architecture.levels, mapping.levels, strict=True)):
        if not block.keep <= level.keeps:
            barred = [s for s in DATA_SPACES if s in block.keep and s not in level.keeps]
            yield Violation("keep", level.name, "+".join(barred), len(barred), 0)
        if level.entries is not None:
            word_bits = level.word_bits if says_bits else 1
            bits = {space: layer.bits[space] or word_bits for space in DATA_SPACES}
            kept = [space for space in DATA_SPACES if space in block.keep]
            used = sum([tiles.words[index][space] * bits[space] for space in kept])
            if used > level.entries * word_bits:
                constraint = "capacity_bits" if says_bits else "capacity"
                limit = level.entries * word_bits
                yield Violation(constraint, level.name, "+".join(kept), used, limit)
        children_x, children_y = architecture.fanout(index)
        if block.fanout_x > children_x:
            yield Violation("fanout_x", level.name, None, block.fanout_x, children_x)
        if block.fanout_y > children_y:
            yield Violation("fanout_y", level.name, None, block.fanout_y, children_y)


def _sequence_broken(
    layer: Layer, architecture: Architecture, mapping: Mapping, tiles: Tiles
) -> Iterator[Violation]:
    """What is wrong with the loop over a layer's sequential steps.

    It stands at the outermost level, in time, outside all other loops: a step takes what the one
    before has put out, all of it.
    """
    dim = layer.sequential
    if dim is None:
        return
    name = architecture.levels[0].name
    at_once = tiles.child_extents[0][dim]
    if at_once > 1:
        yield Violation("steps_at_once", name, None, at_once, 1)
    passes = 1
    for other, factor in mapping.levels[0].temporal:
        if other == dim and factor > 1 and passes > 1:
            yield Violation("passes_over_steps", name, None, passes, 1)
        passes *= factor


def sequence_ratios(layer: Layer, mappings: MappingBatch) -> npt.NDArray[np.float64] | None:
    """The worst ratio that the loops over a layer's sequential steps have in each mapping.

    None for a layer without such steps.
    """
    if layer.sequential is None or layer.steps == 1:
        return None
    d = DIMENSION_INDEX[layer.sequential]
    steps = mappings.factors[:, 0, TEMPORAL, d]
    at_once = mappings.factors[:, :, :, d].prod(axis=(1, 2)) // steps
    order = mappings.order[:, 0, TEMPORAL].astype(np.int64)
    factors = np.take_along_axis(mappings.factors[:, 0, TEMPORAL], order, axis=1)
    outside = np.cumsum(order == d, axis=1) == 0
    passes = np.where(steps > 1, np.where(outside, factors, 1).prod(axis=1), 1)
    ratios: npt.NDArray[np.float64] = np.maximum(at_once, passes).astype(np.float64)
    return ratios

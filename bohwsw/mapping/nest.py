"""A mapping: the loop nest that runs a layer on a machine, one block of loops a storage level.

The block of a level has temporal loops (outside) and spatial loops (inside), which fan out from
one instance of the level to the instances of the next one. Spatial loops on Y stand outside those
on X. Factors of a dimension multiply to its size, over all blocks and loops (perfect factors).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bohwsw.checks import whole_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer, unknown_dimension

Loop = tuple[str, int]
"""A dimension and how many steps the loop makes along it."""


@dataclass(frozen=True)
class LevelNest:
    """The loops of one storage level and the data spaces that it keeps.
    Raises:
        SpecError: an unknown dimension or data space, a factor below 1, or a dimension twice in
            one of the three lists.
    """

    temporal: tuple[Loop, ...] = ()  # loops in time, outermost first
    spatial_x: tuple[Loop, ...] = ()  # loops over children on the X axis, outermost first
    spatial_y: tuple[Loop, ...] = ()  # loops over children on the Y axis, outermost first
    keep: frozenset[str] = frozenset(DATA_SPACES)
    """Data spaces stored here; the others bypass the level."""

    def __post_init__(self) -> None:
        for key in ("temporal", "spatial_x", "spatial_y"):
            seen: set[str] = set()
            loops: list[Loop] = []
            for position, (dim, factor) in enumerate(getattr(self, key)):
                place = f"{key}[{position}]"
                if dim not in DIMENSIONS:
                    raise unknown_dimension(dim).within(key_path=place)
                loops.append((dim, whole_number(place, factor, problem="factor is not valid")))
                if dim in seen:
                    raise SpecError("dimension stands here twice", key_path=place, got=dim)
                seen.add(dim)
            object.__setattr__(self, key, tuple(loops))
        for data_space in self.keep:
            if data_space not in DATA_SPACES:
                raise unknown_name("data space", data_space, DATA_SPACES).within(key_path="keep")

    @property
    def spatial(self) -> tuple[Loop, ...]:
        """Spatial loops, outermost first: Y, then X."""
        return self.spatial_y + self.spatial_x

    @property
    def fanout_x(self) -> int:
        """Children used on X."""
        return math.prod(factor for _, factor in self.spatial_x)

    @property
    def fanout_y(self) -> int:
        """Children used on Y."""
        return math.prod(factor for _, factor in self.spatial_y)


@dataclass(frozen=True)
class Mapping:
    """One block of loops for each storage level, outermost level first."""

    levels: tuple[LevelNest, ...]

    def loops(self, index: int) -> Iterator[Loop]:
        """All loops of a block, temporal and spatial."""
        block = self.levels[index]
        yield from block.temporal
        yield from block.spatial

    def factor_products(self) -> dict[str, int]:
        """For each dimension, the product of its factors over the whole nest."""
        products = dict.fromkeys(DIMENSIONS, 1)
        for index in range(len(self.levels)):
            for dim, factor in self.loops(index):
                products[dim] *= factor
        return products

    @property
    def compute_cycles(self) -> int:
        """Steps in time: the product of all temporal factors."""
        return math.prod(factor for block in self.levels for _, factor in block.temporal)


def check_factors(layer: Layer, mapping: Mapping, *, imperfect: bool = False) -> None:
    """Raise a SpecError unless the factors of each dimension multiply to its size.

    Args:
        imperfect: whether products above the size are welcome, too.
    """
    for dim, product in mapping.factor_products().items():
        size = layer.sizes[dim]
        if product < size or (product > size and not imperfect):
            fault = "reach" if imperfect else "multiply to"
            raise SpecError(
                f"factors of dimension {dim} do not {fault} its size in layer {layer.name!r}",
                key_path="mapping",
                got=product,
                expected=f"at least {size}" if imperfect else f"{size}",
            )


def trimmed(layer: Layer, mapping: Mapping) -> Mapping:
    """A mapping with imperfect factors without the iterations that no index ever reaches.

    Only outermost loops have such: of a dimension of 5, a loop of 4 around a loop of 4 runs twice.
    A mapping with perfect factors is returned as it is.

    Raises:
        SpecError: the factors of a dimension do not reach its size.
    """
    check_factors(layer, mapping, imperfect=True)
    inside = mapping.factor_products()
    rest: dict[str, int] = {dim: size for dim, size in layer.sizes.items() if inside[dim] > size}
    if not rest:
        return mapping

    def cut(loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
        kept = []
        for dim, factor in loops:
            inside[dim] //= factor
            if dim in rest:
                factor = min(factor, -(-rest[dim] // inside[dim]))
                if factor > 1:  # this loop's first iteration runs all loops inside it
                    del rest[dim]
            kept.append((dim, factor))
        return tuple(kept)

    blocks = []
    for block in mapping.levels:
        temporal, spatial_y = cut(block.temporal), cut(block.spatial_y)  # outermost first
        blocks.append(LevelNest(temporal, cut(block.spatial_x), spatial_y, block.keep))
    return Mapping(tuple(blocks))


def nest_text(mapping: Mapping, level_names: Iterable[str]) -> str:
    """The loop nest as text, in Timeloop's manner: levels, kept data spaces, then loops."""
    lines: list[str] = []
    indent = 0
    for name, block in zip(level_names, mapping.levels, strict=True):
        kept = ", ".join(space for space in DATA_SPACES if space in block.keep) or "nothing"
        lines.append(f"{name} [ {kept} ]")
        loops = [(dim, factor, "") for dim, factor in block.temporal]
        loops += [(dim, factor, " (spatial-Y)") for dim, factor in block.spatial_y]
        loops += [(dim, factor, " (spatial-X)") for dim, factor in block.spatial_x]
        for dim, factor, note in loops:
            if factor > 1:
                lines.append(f"{'  ' * indent}| for {dim} in [0:{factor}){note}")
                indent += 1
    return "\n".join(lines)

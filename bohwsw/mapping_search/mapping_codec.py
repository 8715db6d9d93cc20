"""Mappings of one layer to and from named values: what the parameters of a mapping space mean.

The parameters are

- ``tile_K`` for each dimension with more than one place: its factors, one a place, in the order
  of ``places["K"]``;
- ``order_GLB`` for each level at which an order can matter: the dimensions, outermost loop first;
- ``keep_GLB_Weights`` for each choice of storing a data space or letting it bypass a level.

Spatial loops stand in the standard order. So do the temporal loops of the innermost level: the
units below it take new operands every cycle, whatever the order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.mapping import SPATIAL_X, SPATIAL_Y, TEMPORAL, MappingBatch, MapSpace, empty_batch
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, DIMENSIONS

Columns: TypeAlias = Mapping[str, npt.NDArray[Any]]
Place: TypeAlias = tuple[int, int]
"""A level and which of its loops: temporal, spatial X or spatial Y."""


@dataclass(frozen=True)
class MappingCodec:
    """The free choices of a map space, by the names of parameters."""

    space: MapSpace  # the layer, the machine and its dataflow

    @cached_property
    def places(self) -> dict[str, tuple[Place, ...]]:
        """For each dimension that has a choice, where its factors may stand, outermost first."""
        found = {}
        for dim, size in self.space.layer.sizes.items():
            single, paired = self.space.slots(dim)
            places = sorted((level, kind) for level, kinds in single + paired for kind in kinds)
            if size > 1 and len(places) > 1:
                found[dim] = tuple(places)
        return found

    @cached_property
    def either_or(self) -> list[tuple[str, int, int]]:
        """Pairs of places of which only one may hold a factor: (dimension, two positions)."""
        return [
            (dim, places.index((level, x)), places.index((level, y)))
            for dim, places in self.places.items()
            for level, (x, y) in self.space.slots(dim)[1]
        ]

    @cached_property
    def orders(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        """For each order parameter its level and the dimensions that may loop there."""
        found = {}
        for level in range(self.space.architecture.depth - 1):
            for nesting, name in ((0, "order"), (1, "inner_order")):
                dims = tuple(
                    dim
                    for dim, size in self.space.layer.sizes.items()
                    if size > 1
                    and self.space.allowed[level, TEMPORAL, DIMENSION_INDEX[dim]]
                    and self.space.nesting[level, DIMENSION_INDEX[dim]] == nesting
                )
                if len(dims) > 1:
                    found[f"{name}_{self.level_name(level)}"] = (level, dims)
        return found

    @cached_property
    def keeps(self) -> dict[str, Place]:
        """For each keep parameter its level and the position of its data space."""
        free = self.space.keep_may & ~self.space.keep_must
        return {
            f"keep_{self.level_name(level)}_{DATA_SPACES[position]}": (int(level), int(position))
            for level, position in np.argwhere(free)
        }

    def level_name(self, level: int) -> str:
        """A level's name as a part of a parameter's name; its number where two would be alike."""
        names = [re.sub(r"\W", "_", x.name) for x in self.space.architecture.levels]
        return names[level] if names.count(names[level]) == 1 else f"{names[level]}_{level}"

    def batch(self, columns: Columns) -> MappingBatch:
        """Mappings from the values of all parameters.

        Args:
            columns: by parameter: factors ``[n, places]`` for a tile, positions in its list of
                dimensions ``[n, items]`` for an order, booleans ``[n]`` for a keep.
        """
        n = len(next(iter(columns.values())))
        mappings = empty_batch(n, self.space.architecture.depth)
        mappings.keep[:] = self.space.keep_must
        for dim, size in self.space.layer.sizes.items():
            d = DIMENSION_INDEX[dim]
            if dim in self.places:
                for position, (level, kind) in enumerate(self.places[dim]):
                    mappings.factors[:, level, kind, d] = columns[f"tile_{dim}"][:, position]
            elif size > 1:
                (level, kind), *_ = np.argwhere(self.space.allowed[:, :, d])
                mappings.factors[:, level, kind, d] = size
        for name, (level, dims) in self.orders.items():
            listed = np.array([DIMENSION_INDEX[dim] for dim in dims])
            mappings.order[:, level, TEMPORAL, listed] = listed[columns[name]]
        for name, (level, position) in self.keeps.items():
            mappings.keep[:, level, position] = columns[name].astype(bool)
        return mappings._replace(order=self.space.settle_orders(mappings.order))

    def columns(self, mappings: MappingBatch) -> dict[str, npt.NDArray[Any]]:
        """The values of all parameters of mappings of this map space; see `batch`."""
        found: dict[str, npt.NDArray[Any]] = {}
        for dim, places in self.places.items():
            levels, kinds = np.array(places).T
            found[f"tile_{dim}"] = mappings.factors[:, levels, kinds, DIMENSION_INDEX[dim]]
        for name, (level, dims) in self.orders.items():
            place = np.full(len(DIMENSIONS), -1)
            place[[DIMENSION_INDEX[dim] for dim in dims]] = np.arange(len(dims))
            order = place[mappings.order[:, level, TEMPORAL]]
            found[name] = order[order >= 0].reshape(-1, len(dims))
        for name, (level, position) in self.keeps.items():
            found[name] = mappings.keep[:, level, position]
        return found

    def fanout_constraints(self) -> list[str]:
        """That each level unrolls over no more children than it has, on each axis."""
        found = []
        for level in range(self.space.architecture.depth):
            for kind in (SPATIAL_X, SPATIAL_Y):
                factors = [
                    f"tile_{dim}[{position}]"
                    for dim, places in self.places.items()
                    for position, place in enumerate(places)
                    if place == (level, kind)
                ]
                # A factor without a choice always uses its children.
                limit = self.space.architecture.fanout(level)[kind - 1]
                limit //= self._fixed_product(kind, level)
                if factors:
                    found.append(f"{' * '.join(factors)} <= {limit}")
        return found

    def axis_constraints(self) -> list[str]:
        """That a dimension unrolls on one axis only, where the dataflow says so."""
        return [f"tile_{dim}[{x}] == 1 or tile_{dim}[{y}] == 1" for dim, x, y in self.either_or]

    def capacity_constraints(self) -> list[str]:
        """That the tiles a level keeps fit its entries, where that depends on the mapping."""
        found = []
        for index, level in enumerate(self.space.architecture.levels):
            if level.entries is None:
                continue
            terms = []
            for position, data_space in enumerate(DATA_SPACES):
                words = self._words(index, data_space)
                if self.space.keep_must[index, position]:
                    terms.append(words)
                elif self.space.keep_may[index, position]:
                    terms.append(f"keep_{self.level_name(index)}_{data_space} * {words}")
            total = " + ".join(terms)
            if any(letter.isalpha() for letter in total):
                found.append(f"{total} <= {level.entries}")
        return found

    def _fixed_product(self, kind: int, level: int) -> int:
        """Children of a level used on an axis by dimensions that have no choice."""
        product = 1
        for dim, size in self.space.layer.sizes.items():
            if size > 1 and dim not in self.places:
                (at, axis), *_ = np.argwhere(self.space.allowed[:, :, DIMENSION_INDEX[dim]])
                product *= size if (at, axis) == (level, kind) else 1
        return product

    def _words(self, level: int, data_space: str) -> str:
        """Words of a data space in the tile of a level, as text (B.2 of the counting rules)."""
        if data_space == "Weights":
            return self._product(level, "GKCRS")
        if data_space == "Outputs":
            return self._product(level, "NGKPQ")
        layer = self.space.layer
        width = self._box(level, (("P", layer.stride_w), ("R", layer.dilation_w)))
        height = self._box(level, (("Q", layer.stride_h), ("S", layer.dilation_h)))
        (true_width, true_height), reach = layer.input_extents, layer.reach
        width = width if true_width == reach[0] else f"min({width}, {true_width})"
        height = height if true_height == reach[1] else f"min({height}, {true_height})"
        return f"{self._product(level, 'NGC')} * {width} * {height}"

    def _product(self, level: int, dims: str) -> str:
        return " * ".join(x for x in (self._extent(level, d) for d in dims) if x != "1") or "1"

    def _box(self, level: int, steps: tuple[tuple[str, int], ...]) -> str:
        """``1 + (P - 1) * stride + (R - 1) * dilation``, constants added up."""
        constant, terms = 1, []
        for dim, step in steps:
            extent = self._extent(level, dim)
            if extent.isdigit():
                constant += step * (int(extent) - 1)
            else:
                constant -= step
                terms.append(f"{step} * {extent}" if step > 1 else extent)
        if not terms:
            return str(constant)
        if len(terms) == 1 and not constant:
            return terms[0]
        sign = "-" if constant < 0 else "+"
        tail = f" {sign} {abs(constant)}" if constant else ""
        return f"({' + '.join(terms)}{tail})"

    def _extent(self, level: int, dim: str) -> str:
        """Steps along a dimension of all loops from a level inwards.

        The shorter of the two ways to write it: the factors inside, or the size over those outside.
        """
        size = self.space.layer.sizes[dim]
        if dim not in self.places:
            return str(size) if self.space.allowed[level:, :, DIMENSION_INDEX[dim]].any() else "1"
        factors: tuple[list[str], list[str]] = [], []
        for position, (at, _) in enumerate(self.places[dim]):
            factors[at >= level].append(f"tile_{dim}[{position}]")
        outside, inside = factors
        if not outside:
            return str(size)
        if len(inside) <= len(outside):
            return " * ".join(inside) or "1"
        return (
            f"({size} / {outside[0]})"
            if len(outside) == 1
            else f"({size} / ({' * '.join(outside)}))"
        )

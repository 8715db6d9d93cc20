"""The map space: all mappings of one layer that a machine and its dataflow allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.divisors import divisors, prime_factors
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping.batch import SPATIAL_X, SPATIAL_Y, TEMPORAL
from bohwsw.mapping.dataflow import FREE, Dataflow, LevelDataflow
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, DIMENSIONS, RELEVANT_DIMENSIONS, Layer

MOST_CYCLES = 2**62

Slot = tuple[int, tuple[int, ...]]
"""A level and the positions (temporal, spatial X, spatial Y) that its factor may take."""


@dataclass(frozen=True)
class MapSpaceSize:
    """How many choices a map space holds, before capacities and fan-outs are looked
    at.
    """

    factorisations: int  # ways to split the dimensions over the slots
    permutations: int  # orders of the temporal loops
    bypasses: int  # choices of what to keep

    @property
    def total(self) -> int:
        """Product of all choices."""
        return self.factorisations * self.permutations * self.bypasses


@dataclass(frozen=True)
class MapSpace:
    """Where each dimension may be split and what each level may keep.

    A slot is a place for a factor: (level, temporal / spatial X / spatial Y). Spatial slots exist
    where the machine fans out.

    Raises:
        SpecError: the dataflow names an unknown level, bars every place for a dimension of the
            layer, or demands what it also forbids.
    """

    layer: Layer
    architecture: Architecture
    dataflow: Dataflow = FREE

    def __post_init__(self) -> None:
        self._require_countable()
        names = [level.name for level in self.architecture.levels]
        for name in self.dataflow.levels:
            if name not in names:
                raise unknown_name("storage level", name, names).within(key_path="dataflow")
        for dim, size in self.layer.sizes.items():
            if size > 1 and not self.allowed[:, :, DIMENSION_INDEX[dim]].any():
                raise SpecError(
                    f"the dataflow leaves no place for dimension {dim} of layer "
                    f"{self.layer.name!r}",
                    key_path="dataflow",
                    expected="at least one level or mesh axis that may loop over it",
                )
        clash = self.keep_must & ~self.keep_may
        if clash.any():
            level, space = np.argwhere(clash)[0]
            raise SpecError(
                f"{DATA_SPACES[space]} must be kept at {names[level]} but cannot be",
                key_path=f"dataflow.{names[level]}.keep",
            )

    def _require_countable(self) -> None:
        """Refuse a layer, or a port so slow for it, that 64-bit integers do not count it."""
        self.layer.require_countable()
        for level in self.architecture.levels:
            for key in ("read_words_per_cycle", "write_words_per_cycle"):
                words_per_cycle = getattr(level, key) or math.inf
                if self.layer.most_words / words_per_cycle > MOST_CYCLES:
                    raise SpecError(
                        f"more cycles than can be counted: layer {self.layer.name!r} may move "
                        f"{self.layer.most_words:.4g} words through a port of {level.name}",
                        key_path=key,
                        got=words_per_cycle,
                        expected=f"at least {self.layer.most_words / MOST_CYCLES:.4g}",
                    )

    @cached_property
    def allowed(self) -> npt.NDArray[np.bool_]:
        """bool, L x 3 x 8: which dimension may have a factor in which slot.

        The steps of a sequential dimension loop in time at the outermost level and nowhere else,
        whatever the dataflow says: the machine runs each of them as a layer of its own.
        """
        depth = self.architecture.depth
        allowed = np.zeros((depth, 3, len(DIMENSIONS)), dtype=np.bool_)
        for index, level in enumerate(self.architecture.levels):
            rule = self.dataflow.levels.get(level.name, LevelDataflow())
            fan_x, fan_y = self.architecture.fanout(index)
            for slot, chosen, exists in (
                (TEMPORAL, rule.temporal, True),
                (SPATIAL_X, rule.spatial_x, fan_x > 1),
                (SPATIAL_Y, rule.spatial_y, fan_y > 1),
            ):
                for dim in DIMENSIONS:
                    free = chosen is None or dim in chosen
                    allowed[index, slot, DIMENSION_INDEX[dim]] = exists and free
        for index, level in enumerate(self.architecture.levels):
            for dim in self.dataflow.levels.get(level.name, LevelDataflow()).whole:
                allowed[:index, :, DIMENSION_INDEX[dim]] = False
        if self.layer.sequential is not None and self.layer.steps > 1:
            allowed[:, :, DIMENSION_INDEX[self.layer.sequential]] = False
            allowed[0, TEMPORAL, DIMENSION_INDEX[self.layer.sequential]] = True
        return allowed

    @cached_property
    def keep_must(self) -> npt.NDArray[np.bool_]:
        """bool, L x 3: data spaces that every mapping keeps at a level."""
        must = np.zeros((self.architecture.depth, len(DATA_SPACES)), dtype=np.bool_)
        must[0] = True
        for index, level in enumerate(self.architecture.levels):
            for space in self.dataflow.levels.get(level.name, LevelDataflow()).keep:
                must[index, DATA_SPACES.index(space)] = True
        return must

    @cached_property
    def keep_may(self) -> npt.NDArray[np.bool_]:
        """bool, L x 3: data spaces that a mapping may keep at a level."""
        may = np.zeros((self.architecture.depth, len(DATA_SPACES)), dtype=np.bool_)
        for index, level in enumerate(self.architecture.levels):
            bypass = self.dataflow.levels.get(level.name, LevelDataflow()).bypass
            for position, space in enumerate(DATA_SPACES):
                may[index, position] = space in level.keeps and space not in bypass
        return may

    def stationary(self, level: int) -> int:
        """Position of the data space that a level's loops leave in place; -1 if that is free."""
        name = self.architecture.levels[level].name
        stays = self.dataflow.levels.get(name, LevelDataflow()).stationary
        return -1 if stays is None else DATA_SPACES.index(stays)

    @cached_property
    def nesting(self) -> npt.NDArray[np.int8]:
        """int8, L x 8: of two loops in time of a level that with the smaller number stands outside.

        1 where the loop leaves the level's stationary data space in place, -1 at the outermost
        level for the steps of a sequential dimension, else 0.
        """
        nesting = np.zeros((self.architecture.depth, len(DIMENSIONS)), dtype=np.int8)
        for index in range(self.architecture.depth):
            stays = self.stationary(index)
            if stays >= 0:
                used = RELEVANT_DIMENSIONS[DATA_SPACES[stays]]
                nesting[index] = [dim not in used for dim in DIMENSIONS]
        if self.layer.sequential is not None and self.layer.steps > 1:
            nesting[0, DIMENSION_INDEX[self.layer.sequential]] = -1
        return nesting

    def settle_orders(self, order: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """Orders (... x L x 3 x 8) with the loops in time of each level nested as they must be."""
        settled = order.copy()
        for level in np.flatnonzero(self.nesting.any(axis=1)):
            line = order[..., level, TEMPORAL, :]
            inside = self.nesting[level][line]
            last = np.argsort(inside, axis=-1, kind="stable")
            settled[..., level, TEMPORAL, :] = np.take_along_axis(line, last, axis=-1)
        return settled

    def size(self) -> MapSpaceSize:
        """Count the choices, as Timeloop's mapper prints them for its map spaces."""
        running = np.array([size > 1 for size in self.layer.sizes.values()])
        return MapSpaceSize(
            factorisations=math.prod(
                self.count_factorisations(dim) for dim, size in self.layer.sizes.items() if size > 1
            ),
            permutations=math.prod(
                math.factorial(int((running & (nesting == number)).sum()))
                for nesting in self.nesting
                for number in np.unique(nesting)
            ),
            bypasses=2 ** int((self.keep_may & ~self.keep_must).sum()),
        )

    def count_factorisations(self, dim: str) -> int:
        """Ways to split one dimension over its slots."""
        single, paired = self.slots(dim)
        return ordered_factorisations(self.layer.sizes[dim], len(single), len(paired))

    def slots(self, dim: str) -> tuple[list[Slot], list[Slot]]:
        """Slots of a dimension that take any factor by themselves, and either-or slots.

        The two axes below a level are one either-or slot if both are allowed but not at once.
        """
        single: list[Slot] = []
        paired: list[Slot] = []
        for level, kinds in enumerate(self.allowed[:, :, DIMENSION_INDEX[dim]]):
            if kinds[TEMPORAL]:
                single.append((level, (TEMPORAL,)))
            axes = tuple(kind for kind in (SPATIAL_X, SPATIAL_Y) if kinds[kind])
            if len(axes) == 2 and self.dataflow.single_axis:
                paired.append((level, axes))
            else:
                single += [(level, (kind,)) for kind in axes]
        return single, paired


@lru_cache(maxsize=4096)
def ordered_factorisations(number: int, single: int, paired: int) -> int:
    """Ordered factorisations of a number into ``single`` slots and ``paired`` either-or slots."""
    if single == 0 and paired == 0:
        return 1 if number == 1 else 0
    if paired == 0:
        return math.prod(
            math.comb(power + single - 1, single - 1) for power in prime_factors(number).values()
        )
    return sum(
        (1 if factor == 1 else 2) * ordered_factorisations(number // factor, single, paired - 1)
        for factor in divisors(number)
    )

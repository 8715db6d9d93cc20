"""The area limit of a space as a known constraint, so that no machine above it is proposed.

Area depends on sizes alone, not on what runs. Machines are priced many at a time: the sizes of each
level are worked out for all of them at once, and each different size is looked up once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt

from bohwsw.codesign.amounts import Columns, amounts
from bohwsw.codesign.machine_spec import Amount, LevelSpec
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.errors import SpecError
from bohwsw.space import Predicate, parse
from bohwsw.tech.technology import StorageKind, StorageShape, Technology

Values = npt.NDArray[np.float64]


def area_limit(spec: SpaceSpec, technology: Technology) -> Predicate | None:
    """Which points make machines within the area limit of their space.

    Args:
        spec: the space.
        technology: knows the areas.

    Returns:
        The constraint; None if the space has no limit, or no parameter changes the area.
    """
    areas = _Areas(spec, technology)
    limit_mm2 = spec.limits.area_mm2
    if limit_mm2 is None or not areas.parameters:
        return None
    return Predicate(
        lambda columns: ~(areas.of(columns) > limit_mm2),
        areas.parameters,
        f"area_mm2 <= {limit_mm2:g}",
    )


@dataclass(frozen=True)
class _Areas:
    """Areas of the machines of a space."""

    spec: SpaceSpec
    technology: Technology

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Those that change the area."""
        machine = self.spec.architecture
        found: list[Amount | None] = [machine.mac.word_bits]
        for level in machine.levels:
            found += level.fanout
            if level.kind != "dram":
                found += _sizes(level)
        names = {name for x in found if isinstance(x, str) for name in parse(x).names}
        return tuple(name for name in self.spec.parameters if name in names)

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[float, ...]], float]:
        return {}

    def of(self, columns: Columns) -> Values:
        """Area without DRAM of ``n`` points, mm2; NaN where a size is none."""
        n = len(next(iter(columns.values())))
        total, instances = np.zeros(n), np.ones(n)
        machine = self.spec.architecture
        for level in machine.levels:
            if level.kind != "dram":
                sizes = np.stack([amounts(x, columns, n) for x in _sizes(level)], axis=1)
                total += instances * self._look_up(level.kind, sizes)
            for fanout in level.fanout:
                instances = instances * amounts(fanout, columns, n)
        word_bits = amounts(machine.mac.word_bits, columns, n)[:, None]
        return total + instances * self._look_up("mac", word_bits)

    def _look_up(self, kind: str, sizes: Values) -> Values:
        """Area of one instance for each row of sizes."""
        distinct, position = np.unique(sizes, axis=0, return_inverse=True)
        areas = [self._area(kind, tuple(row.tolist())) for row in distinct]
        return np.array(areas)[position.reshape(-1)]

    def _area(self, kind: str, sizes: tuple[float, ...]) -> float:
        if (kind, sizes) not in self._known:
            try:
                area = self._price(kind, [_whole(size) for size in sizes])
            except SpecError:  # no machine; evaluating the point says why
                area = None
            self._known[kind, sizes] = float("nan") if area is None else area
        return self._known[kind, sizes]

    def _price(self, kind: str, sizes: list[int]) -> float | None:
        if kind == "mac":
            return self.technology.mac(sizes[0]).area_mm2
        return self.technology.storage(StorageShape(cast(StorageKind, kind), *sizes)).area_mm2


def _sizes(level: LevelSpec) -> list[Amount]:
    entries = level.entries if level.entries is not None else 0
    return [entries, level.word_bits, level.block_size, level.cluster_size]


def _whole(size: float) -> int:
    if size != size or size != int(size):
        raise SpecError("not a size", got=size)
    return int(size)

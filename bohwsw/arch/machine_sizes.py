"""What a space file says of machines, for many points at a time: the one interpretation of it.

Its numbers and expressions become arrays over points; a single point is an array of one. The
machines that are simulated, their areas, the fewest cycles that they allow and the bounds over all
of them are made from these arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arch.architecture import (
    LEAST_BANDWIDTH,
    MAX_INSTANCES,
    MOST_BANDWIDTH,
    Architecture,
    MacArray,
    StorageLevel,
)
from bohwsw.arch.machine_file import Amount, ArchitectureSpec
from bohwsw.arrays import Values
from bohwsw.checks import LARGEST_COUNT, finite_number
from bohwsw.errors import SpecError, located
from bohwsw.expressions import Value, parsed, value_of, whole_number
from bohwsw.tech import StorageCost, StorageKind, StorageShape, Technology

Columns = Mapping[str, npt.NDArray[Any]]

SHAPE = ("entries", "word_bits", "block_size", "cluster_size")
"""Sizes of a level on which its energies and its area depend."""


class MachineSizes:
    """Sizes of ``n`` machines: float64 ``[n]`` each.

    NaN where the file gives no number, infinite where there is no limit.

    Args:
        columns: values of ``n`` points by parameter.
    """

    def __init__(self, machine: ArchitectureSpec, columns: Columns, n: int) -> None:
        self.machine, self.n = machine, n
        self.columns = columns
        self._amounts = [level.amounts() for level in machine.levels]
        self._known: dict[tuple[int, str], Values] = {}

    @classmethod
    def at(cls, machine: ArchitectureSpec, values: Mapping[str, Value]) -> MachineSizes:
        """The sizes of a single machine, from the values of all parameters."""
        return cls(machine, {name: np.array([value]) for name, value in values.items()}, 1)

    def of(self, level: int, key: str) -> Values:
        """A size of a level, such as ``entries`` or ``fanout[0]``."""
        if (level, key) not in self._known:
            self._known[level, key] = self._evaluated(self._amounts[level][key])
        return self._known[level, key]

    @property
    def mac_bits(self) -> Values:
        """Word width of the multiply-accumulate units."""
        return self._evaluated(self.machine.mac.word_bits)

    def meshes(self) -> Values:
        """Instances ``[levels + 1, 2, n]`` on X and Y; the last are the MAC units."""
        fanouts = [
            [self.of(level, f"fanout[{axis}]") for axis in (0, 1)]
            for level in range(len(self.machine.levels))
        ]
        ones = np.ones((1, 2, self.n))
        return np.cumprod(np.concatenate([ones, np.array(fanouts)]), axis=0)

    def shape(self) -> Values | None:
        """Capacities (0 if without limit) and meshes of the first machine as powers of 2.

        None where one of them is no size.
        """
        limits = [self.of(level, "entries")[0] for level in range(len(self.machine.levels))]
        capacities = [1.0 if np.isinf(limit) else limit for limit in limits]
        found = np.array([*capacities, *self.meshes()[:, :, 0].ravel()])
        return np.log2(found) if (found > 0.0).all() else None

    def _evaluated(self, amount: Amount | None) -> Values:
        if amount is None:
            return np.full(self.n, np.inf)
        if not isinstance(amount, str):
            return np.full(self.n, float(amount))
        expression = parsed(amount)
        column = self.columns.get(amount.strip())
        if expression.is_condition or (column is not None and column.dtype.kind not in "iuf"):
            return np.full(self.n, np.nan)  # truth and text are no sizes
        try:
            found = expression.evaluate(self.columns)
        except SpecError:  # at some of the points: one by one
            found = [self._number(amount, index) for index in range(self.n)]
        return np.broadcast_to(np.asarray(found, dtype=np.float64), self.n)

    def _number(self, amount: str, index: int) -> float:
        try:
            number = finite_number(parsed(amount).evaluate(self._point(index)))
        except SpecError:
            return float("nan")
        return float("nan") if number is None else number

    def _point(self, index: int) -> dict[str, Value]:
        return {name: column[index].item() for name, column in self.columns.items()}

    def architecture(self, name: str, index: int = 0) -> Architecture:
        """One of the machines, to be simulated.

        Raises:
            SpecError: an expression fails or does not give a size, or the machine is not one.
        """
        with located(key_path="architecture"):
            bits = self.machine.mac.word_bits
            mac_bits = self._whole(self.mac_bits, bits, index, "mac.word_bits")
        levels: list[StorageLevel] = []
        mesh = (1, 1)
        for number in range(len(self.machine.levels)):
            with located(key_path=f"architecture.levels[{number}]"):
                levels.append(self._level(number, mesh, index))
                _require_buildable(levels[-1], mac_bits)
                mesh = self._mesh_below(number, mesh, index)
        with located(key_path="architecture"):
            return Architecture(name, tuple(levels), MacArray(mac_bits, *mesh))

    def _level(self, number: int, mesh: tuple[int, int], index: int) -> StorageLevel:
        spec = self.machine.levels[number]
        if spec.entries is None and spec.kind != "dram":
            raise SpecError(
                f"level {spec.name!r} is on the chip, so it has a size",
                key_path="entries",
                expected="a whole number or an expression; only dram is unlimited",
            )
        sizes = {key: self._size(number, key, index) for key in SHAPE[1:]}
        if spec.kind == "dram" and sizes["cluster_size"] != 1:
            raise SpecError(
                "DRAM instances share no array",
                key_path="cluster_size",
                got=sizes["cluster_size"],
                expected="1 for dram",
            )
        return StorageLevel(
            name=spec.name,
            kind=spec.kind,
            entries=None if spec.entries is None else self._size(number, "entries", index),
            read_words_per_cycle=self._bandwidth(number, "bandwidth.read", index),
            write_words_per_cycle=self._bandwidth(number, "bandwidth.write", index),
            mesh_x=mesh[0],
            mesh_y=mesh[1],
            keeps=frozenset(spec.keeps),
            **sizes,
        )

    def _mesh_below(self, number: int, mesh: tuple[int, int], index: int) -> tuple[int, int]:
        x, y = (mesh[axis] * self._size(number, f"fanout[{axis}]", index) for axis in (0, 1))
        if x * y > MAX_INSTANCES:
            raise SpecError(
                "more instances than can be counted",
                key_path="fanout",
                got=f"{x} x {y} over the whole chip",
                expected=f"at most {MAX_INSTANCES} in all",
            )
        return x, y

    def _size(self, level: int, key: str, index: int) -> int:
        return self._whole(self.of(level, key), self._amounts[level][key], index, key)

    def _whole(self, values: Values, amount: Amount | None, index: int, place: str) -> int:
        value = float(values[index])
        if value.is_integer() and 1 <= value <= LARGEST_COUNT:
            return int(value)
        assert amount is not None
        return whole_number(amount, self._point(index), place)  # says what is wrong

    def _bandwidth(self, level: int, key: str, index: int) -> float | None:
        amount = self._amounts[level][key]
        if amount is None:
            return None
        value = float(self.of(level, key)[index])
        if LEAST_BANDWIDTH <= value <= MOST_BANDWIDTH:
            return value
        expected = f"words a cycle, a number from {LEAST_BANDWIDTH:g} to {MOST_BANDWIDTH:g}"
        got = value_of(amount, self._point(index), key)
        raise SpecError("not a bandwidth", key_path=key, got=got, expected=expected)


def _require_buildable(level: StorageLevel, mac_bits: int) -> None:
    """Refuse words that hold no operand of the MACs, and arrays that some instances share alone."""
    if level.word_bits < mac_bits:
        raise SpecError(
            f"words of level {level.name!r} are narrower than the operands of the MACs",
            key_path="word_bits",
            got=level.word_bits,
            expected=f"at least {mac_bits}, the word_bits of mac",
        )
    if level.instances % level.cluster_size:
        raise SpecError(
            f"the instances of level {level.name!r} do not make whole clusters",
            key_path="cluster_size",
            got=f"clusters of {level.cluster_size} for {level.instances} instances",
            expected=f"a divisor of {level.instances}",
        )


Memory = tuple[StorageShape, StorageCost]


class Prices:
    """What memories and units cost in a technology; each distinct one is looked up once."""

    def __init__(self, technology: Technology) -> None:
        self._technology = technology
        self._memories: dict[tuple[object, ...], Memory | None] = {}
        self._mac_areas: dict[float, float] = {}

    def memories(
        self, sizes: MachineSizes, level: int
    ) -> tuple[list[Memory | None], npt.NDArray[np.intp]]:
        """The distinct memories of a level, and the number of the one that each machine has.

        None is where sizes make no memory; evaluating the point says why.
        """
        rows = np.stack([sizes.of(level, key) for key in SHAPE], axis=1)
        distinct, which = np.unique(rows, axis=0, return_inverse=True)
        kind = sizes.machine.levels[level].kind
        return [self._memory(kind, *row) for row in distinct.tolist()], which.reshape(-1)

    def _memory(self, kind: StorageKind, entries: float, *widths: float) -> Memory | None:
        key = (kind, entries, *widths)
        if key not in self._memories:
            try:
                limit = None if entries == np.inf else _integer(entries)
                shape = StorageShape(kind, limit, *map(_integer, widths))
                self._memories[key] = shape, self._technology.storage(shape)
            except SpecError:
                self._memories[key] = None
        return self._memories[key]

    def areas_mm2(self, sizes: MachineSizes) -> Values:
        """Area of the machines without DRAM; NaN where it is unknown."""
        instances: Values = np.prod(sizes.meshes(), axis=1)
        total = np.zeros(sizes.n)
        for level, spec in enumerate(sizes.machine.levels):
            if spec.kind != "dram":
                memories, which = self.memories(sizes, level)
                areas = [_area(memory[1].area_mm2 if memory else None) for memory in memories]
                total += instances[level] * np.array(areas)[which]
        distinct, which = np.unique(sizes.mac_bits, return_inverse=True)
        areas = [self._mac_area(bits) for bits in distinct.tolist()]
        total += instances[-1] * np.array(areas)[which.reshape(-1)]
        return total

    def _mac_area(self, word_bits: float) -> float:
        if word_bits not in self._mac_areas:
            try:
                area = self._technology.mac(_integer(word_bits)).area_mm2
            except SpecError:
                area = None
            self._mac_areas[word_bits] = _area(area)
        return self._mac_areas[word_bits]


def _integer(size: float) -> int:
    if not size.is_integer():
        raise SpecError("not a size", got=size)
    return int(size)


def _area(area_mm2: float | None) -> float:
    return float("nan") if area_mm2 is None else area_mm2

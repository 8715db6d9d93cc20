"""What a technology is asked and what it answers: storage, multiply-accumulate, wire.

A technology turns the shape of a component into energy per action (pJ) and area (mm2). Anything
with the four members of :class:`Technology` can be plugged in; see ``catalogue``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args, runtime_checkable

from bohwsw.checks import LARGEST_COUNT, finite_number, whole_number
from bohwsw.errors import SpecError, unknown_name

StorageKind = Literal["dram", "sram", "regfile"]


def check_count(name: str, value: object) -> int:
    """A size as a plain int; SpecError if it is no whole number from 1 to ``LARGEST_COUNT``."""
    return whole_number(name, value, most=LARGEST_COUNT, problem=f"{name} is not a size")


def check_amount(name: str, value: object) -> float:
    """An energy or an area as a plain number, once it is known to be finite and not negative.

    Raises:
        SpecError: if it is negative, NaN, infinite or no number.
    """
    number = finite_number(value)
    if number is None or number < 0:
        raise SpecError(
            f"a technology gave an unusable {name}",
            key_path=name,
            got=value,
            expected="a finite number, zero or more",
        )
    return number


@dataclass(frozen=True)
class StorageShape:
    """What a technology needs to know of one storage instance.
    Raises:
        SpecError: for an unknown kind or a size that is not a positive whole number.
    """

    kind: StorageKind  # ``dram`` (off chip), ``sram`` (a memory macro) or ``regfile`` (flip-flops)
    entries: int | None  # capacity in words; None means unlimited, allowed for DRAM only
    word_bits: int  # width of one word
    block_size: int = 1  # words per vector access
    cluster_size: int = 1  # instances that share one physical array, side by side

    def __post_init__(self) -> None:
        if self.kind not in get_args(StorageKind):
            raise unknown_name("kind of storage", self.kind, get_args(StorageKind))
        for name in ("word_bits", "block_size", "cluster_size"):
            object.__setattr__(self, name, check_count(name, getattr(self, name)))
        if self.entries is not None or self.kind != "dram":
            object.__setattr__(self, "entries", check_count("entries", self.entries))
        if self.kind == "dram" and self.cluster_size != 1:
            raise SpecError(
                "DRAM instances share no array",
                key_path="cluster_size",
                got=self.cluster_size,
                expected="1 for dram",
            )

    @property
    def width_bits(self) -> int:
        """Bits that one access of the physical array moves, over all clustered instances."""
        return self.word_bits * self.block_size * self.cluster_size

    @property
    def rows(self) -> int:
        """Vectors that the physical array holds; the last one may be part filled.

        Raises:
            SpecError: if the capacity is unlimited.
        """
        if self.entries is None:
            raise SpecError("an unlimited storage has no rows", key_path="entries")
        return -(-self.entries // self.block_size)


@dataclass(frozen=True)
class StorageCost:
    """Cost of one storage instance.

    Attributes:
        read_pj: energy of one vector (block) read.
        fill_pj: energy of one vector written from the level outside.
        update_pj: energy of one vector written from the level inside.
        area_mm2: area of the instance; None if the model does not know.

    Raises:
        SpecError: if a figure is negative, NaN or infinite.
    """

    read_pj: float
    fill_pj: float
    update_pj: float
    area_mm2: float | None

    def __post_init__(self) -> None:
        _set_amounts(self, "read_pj", "fill_pj", "update_pj")


@dataclass(frozen=True)
class MacCost:
    """Cost of one multiply-accumulate unit.

    Attributes:
        energy_pj: energy of one multiply-accumulate.
        linear_pj: the part of it that grows with the sum of the operands' widths, where the two
            differ or are narrower; the rest grows with their product, as an array multiplier does.
        area_mm2: area of the unit; None if the model does not know.

    Raises:
        SpecError: if a figure is negative, NaN or infinite.
    """

    energy_pj: float
    area_mm2: float | None
    linear_pj: float = 0.0

    def __post_init__(self) -> None:
        _set_amounts(self, "energy_pj", "linear_pj")


def _set_amounts(cost: StorageCost | MacCost, *names: str) -> None:
    for name in (*names, *(("area_mm2",) if cost.area_mm2 is not None else ())):
        object.__setattr__(cost, name, check_amount(name, getattr(cost, name)))


@runtime_checkable
class Technology(Protocol):
    """A source of energy and area figures.

    Attributes:
        name: the name that space files use.
        source: where the figures come from, for reports.
    """

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...

    def storage(self, shape: StorageShape) -> StorageCost:
        """Energy per vector access (pJ) and area (mm2) of one storage instance."""
        ...

    def mac(self, word_bits: int) -> MacCost:
        """Energy (pJ) and area (mm2) of a multiply-accumulate of two ``word_bits`` operands."""
        ...

    def hop_energy_pj(self, word_bits: int) -> float:
        """Wire energy (pJ) of one word over one hop of the on-chip network."""
        ...


@dataclass(frozen=True)
class ArrayFigures:
    """Energy of one access to a whole row (pJ) and area (mm2) of an array."""

    read_pj: float
    write_pj: float
    area_mm2: float

    def no_dearer_than(self, other: ArrayFigures) -> bool:
        """Whether this array costs at most as much as ``other`` in every figure."""
        return (
            self.read_pj <= other.read_pj
            and self.write_pj <= other.write_pj
            and self.area_mm2 <= other.area_mm2
        )

    def shared_by(self, instances: int) -> StorageCost:
        """The share of each of ``instances`` that make up the array; updates are writes."""
        write_pj = self.write_pj / instances
        return StorageCost(self.read_pj / instances, write_pj, write_pj, self.area_mm2 / instances)

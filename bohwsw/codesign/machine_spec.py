"""A machine and its dataflow as they stand in a YAML file, with numbers or expressions.

Wherever a size stands, an expression over the parameters of a space may stand instead:
``entries: 65536 / glb_instances``. Expressions are parsed, never run as Python.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from typing import Annotated, Any, Literal

from pydantic import Field

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.space import Scalar, parse
from bohwsw.tech.catalogue import technology
from bohwsw.tech.combined import Combined
from bohwsw.tech.technology import Technology
from bohwsw.yamlfile import SpecModel

Amount = int | float | str
"""A number or an expression."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
DataSpace = Literal["Weights", "Inputs", "Outputs"]
Dimension = Literal["N", "K", "C", "P", "Q", "R", "S", "G"]


class BandwidthSpec(SpecModel):
    """Words per cycle of one instance; absent is unlimited."""

    read: Amount | None = None
    write: Amount | None = None


class LevelSpec(SpecModel):
    """One storage level; ``fanout`` is how many instances of the next level it has on X and Y."""

    name: Name
    kind: Literal["dram", "sram", "regfile"]
    entries: Amount | None = None
    word_bits: Amount = 16
    block_size: Amount = 1
    cluster_size: Amount = 1
    bandwidth: BandwidthSpec = BandwidthSpec()
    keeps: Annotated[tuple[DataSpace, ...], Field(min_length=1)] = ("Weights", "Inputs", "Outputs")
    fanout: tuple[Amount, Amount] = (1, 1)


class MacSpec(SpecModel):
    """The multiply-accumulate units; how many there are follows from the fan-outs."""

    word_bits: Amount = 16


class ArchitectureSpec(SpecModel):
    """A machine."""

    levels: Annotated[tuple[LevelSpec, ...], Field(min_length=1, max_length=16)]
    mac: MacSpec = MacSpec()

    def build(self, name: str, values: Dictionary[str, Scalar]) -> Architecture:
        """The machine that these parameter values make.

        Raises:
            SpecError: an expression fails or does not give a size, or the machine is not one.
        """
        levels, mesh_x, mesh_y = [], 1, 1
        for position, level in enumerate(self.levels):
            place = f"architecture.levels[{position}]"
            try:
                levels.append(_level(level, mesh_x, mesh_y, values))
                mesh_x *= whole_number(level.fanout[0], values, "fanout[0]")
                mesh_y *= whole_number(level.fanout[1], values, "fanout[1]")
            except SpecError as error:
                raise error.within(key_path=place) from error
        try:
            word_bits = whole_number(self.mac.word_bits, values, "mac.word_bits")
            return Architecture(name, tuple(levels), MacArray(word_bits, mesh_x, mesh_y))
        except SpecError as error:
            raise error.within(key_path="architecture") from error


class LevelDataflowSpec(SpecModel):
    """Restrictions at one level; see ``LevelDataflow``. ``whole`` may say under which condition."""

    temporal: tuple[Dimension, ...] | None = None
    spatial_x: tuple[Dimension, ...] | None = None
    spatial_y: tuple[Dimension, ...] | None = None
    whole: dict[Dimension, bool | str] = {}
    keep: tuple[DataSpace, ...] = ()
    bypass: tuple[DataSpace, ...] = ()

    def build(self, values: Dictionary[str, Scalar]) -> LevelDataflow:
        """The restrictions that these parameter values make."""
        return LevelDataflow(
            temporal=None if self.temporal is None else frozenset(self.temporal),
            spatial_x=None if self.spatial_x is None else frozenset(self.spatial_x),
            spatial_y=None if self.spatial_y is None else frozenset(self.spatial_y),
            whole=frozenset(
                dim for dim, when in self.whole.items() if truth(when, values, f"whole.{dim}")
            ),
            keep=frozenset(self.keep),
            bypass=frozenset(self.bypass),
        )


DataflowSpec = dict[str, LevelDataflowSpec]
"""Restrictions by level name."""


def build_dataflow(spec: DataflowSpec, values: Dictionary[str, Scalar]) -> Dataflow:
    """The dataflow that these parameter values make.

    Raises:
        SpecError: a condition fails.
    """
    levels = {}
    for name, level in spec.items():
        try:
            levels[name] = level.build(values)
        except SpecError as error:
            raise error.within(key_path=f"dataflow.{name}") from error
    return Dataflow(levels)


class TechnologySpec(SpecModel):
    """Energy of one technology, area of another."""

    energy: Name
    area: Name

    def build(self) -> Technology:
        """The technology; raises a SpecError for an unknown name."""
        if self.energy == self.area:
            return technology(self.energy)
        return Combined(technology(self.energy), technology(self.area))


def value_of(amount: Any, values: Dictionary[str, Scalar], place: str) -> Any:
    """A number as it is, or the value of an expression."""
    if not isinstance(amount, str):
        return amount
    try:
        return parse(amount, values).evaluate(values)
    except SpecError as error:
        raise error.within(key_path=place) from error


def whole_number(amount: Amount, values: Dictionary[str, Scalar], place: str) -> int:
    """A size: a whole number of at least 1 (65536 / 4 is one, 10 / 4 is not).

    Raises:
        SpecError: it is not.
    """
    value = value_of(amount, values, place)
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not number or value != int(value) or not 1 <= value <= 2**40:
        raise SpecError(
            "not a size" if value == amount else f"expression {amount!r} does not give a size",
            key_path=place,
            got=value,
            expected="a whole number of at least 1",
        )
    return int(value)


def truth(when: bool | str, values: Dictionary[str, Scalar], place: str) -> bool:
    """A condition: true, false, or an expression that gives one of them.

    Raises:
        SpecError: it is not.
    """
    value = value_of(when, values, place)
    if not isinstance(value, bool):
        raise SpecError("not a condition", key_path=place, got=value, expected="true or false")
    return value


def _level(
    spec: LevelSpec, mesh_x: int, mesh_y: int, values: Dictionary[str, Scalar]
) -> StorageLevel:
    sizes = {
        key: whole_number(getattr(spec, key), values, key)
        for key in ("word_bits", "block_size", "cluster_size")
    }
    return StorageLevel(
        name=spec.name,
        kind=spec.kind,
        entries=None if spec.entries is None else whole_number(spec.entries, values, "entries"),
        read_words_per_cycle=_bandwidth(spec.bandwidth.read, values, "bandwidth.read"),
        write_words_per_cycle=_bandwidth(spec.bandwidth.write, values, "bandwidth.write"),
        mesh_x=mesh_x,
        mesh_y=mesh_y,
        keeps=frozenset(spec.keeps),
        **sizes,
    )


def _bandwidth(amount: Amount | None, values: Dictionary[str, Scalar], place: str) -> float | None:
    if amount is None:
        return None
    value = value_of(amount, values, place)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
        raise SpecError("not a bandwidth", key_path=place, got=value, expected="a number above 0")
    return float(value)

"""A machine and its dataflow as they stand in a YAML file, with numbers or expressions.

Wherever a size stands, an expression over the parameters of a space may stand instead:
``entries: 65536 / glb_instances``. Expressions are parsed, never run as Python. The format is
described in ``docs/spaces.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.arch.architecture import LEAST_BANDWIDTH, MAX_INSTANCES, MOST_BANDWIDTH
from bohwsw.checks import finite_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.space import Value
from bohwsw.space.specification import truth, value_of, whole_number
from bohwsw.tech.catalogue import technology
from bohwsw.tech.combined import Combined
from bohwsw.tech.technology import Technology
from bohwsw.workload import UNSUPPORTED
from bohwsw.yamlfile import SpecModel

Amount = int | float | str
"""A number or an expression."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
DataSpace = Literal["Weights", "Inputs", "Outputs"]


def _supported(name: object) -> object:
    if str(name).lower() in UNSUPPORTED:
        raise ValueError(UNSUPPORTED[str(name).lower()])
    return name


Dimension = Annotated[Literal["N", "K", "C", "P", "Q", "R", "S", "G"], BeforeValidator(_supported)]
Dimensions = tuple[Dimension, ...] | dict[Dimension, bool | str]
"""Dimensions as a list, or each with the condition under which it belongs to the list."""
DataSpaces = tuple[DataSpace, ...] | dict[DataSpace, bool | str]
"""Data spaces, in the same two forms."""


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

    def build(self, name: str, values: Mapping[str, Value]) -> Architecture:
        """The machine that these parameter values make.

        Raises:
            SpecError: an expression fails or does not give a size, or the machine is not one.
        """
        try:
            mac_bits = whole_number(self.mac.word_bits, values, "mac.word_bits")
        except SpecError as error:
            raise error.within(key_path="architecture") from error
        levels, mesh_x, mesh_y = [], 1, 1
        for position, level in enumerate(self.levels):
            place = f"architecture.levels[{position}]"
            try:
                levels.append(_level(level, mesh_x, mesh_y, values))
                _require_buildable(levels[-1], mac_bits)
                mesh_x *= whole_number(level.fanout[0], values, "fanout[0]")
                mesh_y *= whole_number(level.fanout[1], values, "fanout[1]")
                if mesh_x * mesh_y > MAX_INSTANCES:
                    raise SpecError(
                        "more instances than can be counted",
                        key_path="fanout",
                        got=f"{mesh_x} x {mesh_y} over the whole chip",
                        expected=f"at most {MAX_INSTANCES} in all",
                    )
            except SpecError as error:
                raise error.within(key_path=place) from error
        try:
            return Architecture(name, tuple(levels), MacArray(mac_bits, mesh_x, mesh_y))
        except SpecError as error:
            raise error.within(key_path="architecture") from error


class LevelDataflowSpec(SpecModel):
    """Restrictions at one level; see ``LevelDataflow``. Each name may have a condition."""

    temporal: Dimensions | None = None
    spatial_x: Dimensions | None = None
    spatial_y: Dimensions | None = None
    whole: Dimensions = ()
    keep: DataSpaces = ()
    bypass: DataSpaces = ()
    stationary: DataSpace | dict[DataSpace, bool | str] | None = None

    def build(self, values: Mapping[str, Value]) -> LevelDataflow:
        """The restrictions that these parameter values make.

        Raises:
            SpecError: a condition fails, or more than one data space is to be stationary.
        """
        chosen: dict[str, frozenset[str]] = {}
        for key in type(self).model_fields:
            names = getattr(self, key)
            if isinstance(names, str):
                names = (names,)
            if isinstance(names, dict):
                names = [
                    name for name, when in names.items() if truth(when, values, f"{key}.{name}")
                ]
            if names is not None:
                chosen[key] = frozenset(names)
        stationary = sorted(chosen.pop("stationary", ()))
        if len(stationary) > 1:
            raise SpecError(
                "only one data space can be stationary at a level",
                key_path="stationary",
                got=stationary,
                expected="conditions of which at most one holds at a time",
            )
        return LevelDataflow(**chosen, stationary=stationary[0] if stationary else None)


DataflowSpec = dict[str, LevelDataflowSpec]
"""Restrictions by level name."""


def build_dataflow(
    spec: DataflowSpec, values: Mapping[str, Value], *, single_axis: bool = True
) -> Dataflow:
    """The dataflow that these parameter values make; ``single_axis`` as in ``Dataflow``.

    Raises:
        SpecError: a condition fails.
    """
    levels = {}
    for name, level in spec.items():
        try:
            levels[name] = level.build(values)
        except SpecError as error:
            raise error.within(key_path=f"dataflow.{name}") from error
    return Dataflow(levels, single_axis)


def check_dataflow(dataflow: Dataflow, architecture: Architecture) -> None:
    """Refuse a dataflow that fits no layer on a machine, whatever the layer.

    Raises:
        SpecError: it names a level that the machine does not have, demands to keep what the level
            cannot keep or bypasses, or has the outermost level bypass anything.
    """
    levels = {level.name: level for level in architecture.levels}
    for name, rule in dataflow.levels.items():
        if name not in levels:
            raise unknown_name("storage level", name, levels).within(key_path="dataflow")
        for space in sorted(rule.keep):
            if space in rule.bypass or space not in levels[name].keeps:
                raise SpecError(
                    f"{name} must keep {space}, but "
                    + ("also bypasses it" if space in rule.bypass else "cannot"),
                    key_path=f"dataflow.{name}.keep",
                    got=sorted(rule.keep),
                    expected="data spaces among " + ", ".join(sorted(levels[name].keeps)),
                )
        if rule.bypass and name == architecture.levels[0].name:
            raise SpecError(
                "the outermost level keeps every data space",
                key_path=f"dataflow.{name}.bypass",
                got=sorted(rule.bypass),
                expected="nothing",
            )


class TechnologySpec(SpecModel):
    """Energy of one technology, area of another."""

    energy: Name
    area: Name

    def build(self) -> Technology:
        """The technology.

        Raises:
            SpecError: one of the names is not known.
        """
        found = {}
        for key in ("energy", "area"):
            try:
                found[key] = technology(getattr(self, key))
            except SpecError as error:
                place = "technology" if self.energy == self.area else f"technology.{key}"
                raise error.within(key_path=place) from error
        if self.energy == self.area:
            return found["energy"]
        return Combined(found["energy"], found["area"])


def _level(spec: LevelSpec, mesh_x: int, mesh_y: int, values: Mapping[str, Value]) -> StorageLevel:
    if spec.entries is None and spec.kind != "dram":
        raise SpecError(
            f"level {spec.name!r} is on the chip, so it has a size",
            key_path="entries",
            expected="a whole number or an expression; only dram is unlimited",
        )
    sizes = {
        key: whole_number(getattr(spec, key), values, key)
        for key in ("word_bits", "block_size", "cluster_size")
    }
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
        entries=None if spec.entries is None else whole_number(spec.entries, values, "entries"),
        read_words_per_cycle=_bandwidth(spec.bandwidth.read, values, "bandwidth.read"),
        write_words_per_cycle=_bandwidth(spec.bandwidth.write, values, "bandwidth.write"),
        mesh_x=mesh_x,
        mesh_y=mesh_y,
        keeps=frozenset(spec.keeps),
        **sizes,
    )


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


def _bandwidth(amount: Amount | None, values: Mapping[str, Value], place: str) -> float | None:
    if amount is None:
        return None
    value = value_of(amount, values, place)
    number = finite_number(value)
    if number is None or not LEAST_BANDWIDTH <= number <= MOST_BANDWIDTH:
        expected = f"words a cycle, a number from {LEAST_BANDWIDTH:g} to {MOST_BANDWIDTH:g}"
        raise SpecError("not a bandwidth", key_path=place, got=value, expected=expected)
    return float(number)

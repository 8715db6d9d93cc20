"""A machine and its dataflow as they stand in a YAML file, with numbers or expressions.

Wherever a size stands, an expression over the parameters of a space may stand instead:
``entries: 65536 / glb_instances``. Expressions are parsed, never run as Python. The format is
described in ``docs/spaces.md``.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.space import Value
from bohwsw.space.specification import parsed, truth
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

    def amounts(self) -> dict[str, Amount | None]:
        """All its numbers and expressions by their key paths; None is no limit."""
        return {
            "entries": self.entries,
            "word_bits": self.word_bits,
            "block_size": self.block_size,
            "cluster_size": self.cluster_size,
            "fanout[0]": self.fanout[0],
            "fanout[1]": self.fanout[1],
            "bandwidth.read": self.bandwidth.read,
            "bandwidth.write": self.bandwidth.write,
        }


class MacSpec(SpecModel):
    """The multiply-accumulate units; how many there are follows from the fan-outs."""

    word_bits: Amount = 16


class ArchitectureSpec(SpecModel):
    """A machine; ``MachineSizes`` says what its numbers and expressions mean."""

    levels: Annotated[tuple[LevelSpec, ...], Field(min_length=1, max_length=16)]
    mac: MacSpec = MacSpec()

    def names(self, keys: Container[str] | None = None) -> set[str]:
        """The parameters in the word width of the units and in these sizes of levels, or in all."""
        texts: list[Amount | None] = [self.mac.word_bits]
        for level in self.levels:
            texts += [x for key, x in level.amounts().items() if keys is None or key in keys]
        return {name for x in texts if isinstance(x, str) for name in parsed(x).names}


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

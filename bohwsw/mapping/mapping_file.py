"""Dataflows and mappings as plain data, as in space files, design files and stored trials."""

from __future__ import annotations

from collections import abc
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bohwsw.arch import Architecture, DataSpace, Name
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.expressions import Value, truth_of
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.workload import DATA_SPACES, UNSUPPORTED
from bohwsw.yamlfile import SpecModel


def _supported(name: object) -> object:
    if str(name).lower() in UNSUPPORTED:
        raise ValueError(UNSUPPORTED[str(name).lower()])
    return name


Dimension = Annotated[Literal["N", "K", "C", "P", "Q", "R", "S", "G"], BeforeValidator(_supported)]
Dimensions = tuple[Dimension, ...] | dict[Dimension, bool | str]
"""Dimensions as a list, or each with the condition under which it belongs to the list."""
DataSpaces = tuple[DataSpace, ...] | dict[DataSpace, bool | str]
"""Data spaces, in the same two forms."""


class LevelDataflowSpec(SpecModel):
    """Restrictions at one level; see ``LevelDataflow``. Each name may have a condition."""

    temporal: Dimensions | None = None  #: dimensions that may loop in time here; all if absent
    #: dimensions that may unroll on X below this level; all if absent
    spatial_x: Dimensions | None = None
    spatial_y: Dimensions | None = None  #: the same on Y
    whole: Dimensions = ()  #: dimensions that a tile here holds whole: they loop here or further in
    keep: DataSpaces = ()  #: data spaces that must be kept here
    bypass: DataSpaces = ()  #: data spaces that must not be kept here
    #: a data space: loops in time here that do not index it stand inside the others
    stationary: DataSpace | dict[DataSpace, bool | str] | None = None

    def build(self, values: abc.Mapping[str, Value]) -> LevelDataflow:
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
                    name for name, when in names.items() if truth_of(when, values, f"{key}.{name}")
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

    def always(self) -> LevelDataflowSpec:
        """The restrictions that hold whatever the parameters are."""
        changes: dict[str, object] = {}
        for key in type(self).model_fields:
            names = getattr(self, key)
            if isinstance(names, dict):
                permits = key in ("temporal", "spatial_x", "spatial_y")
                held = [name for name, when in names.items() if when is True]
                maybe = [name for name, when in names.items() if when is not False]
                kept = tuple(maybe if permits else held)
                changes[key] = (kept[0] if kept else None) if key == "stationary" else kept
        return self.model_copy(update=changes)


DataflowSpec = dict[str, LevelDataflowSpec]
"""Restrictions by level name."""


def build_dataflow(
    spec: DataflowSpec, values: abc.Mapping[str, Value], *, single_axis: bool = True
) -> Dataflow:
    """The dataflow that these parameter values make; ``single_axis`` as in ``Dataflow``.

    Raises:
        SpecError: a condition fails.
    """
    levels = {}
    for name, level in spec.items():
        with located(key_path=f"dataflow.{name}"):
            levels[name] = level.build(values)
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


LoopSpec = tuple[Dimension, Annotated[int, Field(ge=1)]]


class NestSpec(SpecModel):
    """The loops of one level, outermost first, and what it keeps."""

    level: Name  #: name of the level
    #: data spaces that it keeps; the others bypass it
    keep: tuple[DataSpace, ...] = DATA_SPACES  # type: ignore[assignment]
    temporal: tuple[LoopSpec, ...] = ()  #: `[dimension, factor]` of loops in time, outermost first
    spatial_y: tuple[LoopSpec, ...] = ()  #: loops that run side by side on Y below it
    spatial_x: tuple[LoopSpec, ...] = ()  #: the same on X


def mapping_data(architecture: Architecture, mapping: Mapping) -> list[dict[str, Any]]:
    """A mapping as plain data: for each level its name, what it keeps, and its loops."""
    return [
        _nest_data(level.name, block)
        for level, block in zip(architecture.levels, mapping.levels, strict=True)
    ]


class MappingSpec(SpecModel):
    """All levels of a mapping, outermost first."""

    mapping: Annotated[tuple[NestSpec, ...], Field(min_length=1)]


def mapping_of(nests: Sequence[NestSpec], architecture: Architecture) -> Mapping:
    """The mapping of what a file says.

    Raises:
        SpecError: its levels are not those of the machine, or a block of loops is not valid.
    """
    names = [level.name for level in architecture.levels]
    given = [nest.level for nest in nests]
    if given != names:
        raise SpecError(
            "the mapping's levels are not those of the machine",
            key_path="mapping",
            got=given,
            expected=", ".join(names),
        )
    blocks = []
    for position, nest in enumerate(nests):
        with located(key_path=f"mapping[{position}]"):
            loops = (nest.temporal, nest.spatial_x, nest.spatial_y)
            blocks.append(LevelNest(*loops, frozenset(nest.keep)))
    return Mapping(tuple(blocks))


def _nest_data(name: str, block: LevelNest) -> dict[str, Any]:
    data: dict[str, Any] = {"level": name}
    data["keep"] = [space for space in DATA_SPACES if space in block.keep]
    for key in ("temporal", "spatial_y", "spatial_x"):
        loops = [[dim, factor] for dim, factor in getattr(block, key) if factor > 1]
        if loops:
            data[key] = loops
    return data

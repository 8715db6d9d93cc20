"""Mappings as plain data, laid out as in design files and stored trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from bohwsw.arch import Architecture, DataSpace, Name
from bohwsw.errors import SpecError, located
from bohwsw.mapping.dataflow_file import Dimension
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.workload import DATA_SPACES
from bohwsw.yamlfile import SpecModel

LoopSpec = tuple[Dimension, Annotated[int, Field(ge=1)]]


class NestSpec(SpecModel):
    """The loops of one level, outermost first, and what it keeps."""

    level: Name
    keep: tuple[DataSpace, ...] = DATA_SPACES  # type: ignore[assignment]
    temporal: tuple[LoopSpec, ...] = ()
    spatial_y: tuple[LoopSpec, ...] = ()
    spatial_x: tuple[LoopSpec, ...] = ()


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

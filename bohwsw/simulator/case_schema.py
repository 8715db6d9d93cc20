"""The schema of one golden case: what a line of JSON must look like before it becomes a Case.

The format is described in ``tests/data/timeloop/README.md``. What may be left out: sizes, strides
and dilations of 1; bandwidths, hop energies and entries without limit or cost; lists of spatial
loops; ``order`` where at most one loop runs; ``keep`` where everything is kept.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.mapping import LevelNest, Loop, Mapping
from bohwsw.simulator.costs import Costs
from bohwsw.tech import StorageCost
from bohwsw.workload import (
    BITS,
    DATA_SPACES,
    DIMENSIONS,
    EXTENTS,
    UNSUPPORTED,
    Layer,
    unknown_dimension,
)
from bohwsw.yamlfile import SpecModel

MAX_CHILDREN = 2**22
"""Most multiply-accumulate units of a machine: hops are counted child by child."""

Size = Annotated[int, Field(ge=1, le=2**31)]
Step = Annotated[int, Field(ge=1, le=2**16)]
Mesh = Annotated[int, Field(ge=1, le=MAX_CHILDREN)]
Energy = Annotated[float, Field(ge=0, le=1e18)]
Bandwidth = Annotated[float, Field(gt=0, le=1e18)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
SpatialLoops = Annotated[tuple[tuple[str, Size], ...], Field(max_length=64)]


class EnergySpec(SpecModel):
    """``energy`` of a level: pJ per block access."""

    read: Energy
    fill: Energy
    update: Energy


class LevelSpec(SpecModel):
    """An entry of ``arch.levels``."""

    name: Name
    kind: str | None = Field(default=None, alias="class")
    scope: str | None = None
    mesh_x: Mesh | None = None
    mesh_y: Mesh | None = None
    entries: Size | None = None
    word_bits: Size = 16
    block_size: Size = 1
    read_bw: Bandwidth | None = None
    write_bw: Bandwidth | None = None
    energy: EnergySpec
    hop_energy: Energy | None = None

    def to_level(self, mac_mesh: tuple[int, int]) -> StorageLevel:
        """The level; a mesh that is not given follows from the scope."""
        by_scope = {"chip": (1, 1), "pe": mac_mesh}.get(self.scope or "")
        if by_scope is None and (self.mesh_x is None or self.mesh_y is None):
            raise SpecError(
                f"the mesh of level {self.name!r} is not known",
                key_path="scope",
                got=self.scope,
                expected="chip or pe, or mesh_x and mesh_y beside it",
            )
        default_x, default_y = by_scope or (1, 1)
        return StorageLevel(
            name=self.name,
            kind="dram" if self.kind == "DRAM" else "sram",
            entries=self.entries,
            word_bits=self.word_bits,
            block_size=self.block_size,
            read_words_per_cycle=self.read_bw,
            write_words_per_cycle=self.write_bw,
            mesh_x=self.mesh_x or default_x,
            mesh_y=self.mesh_y or default_y,
        )


class MacSpec(SpecModel):
    """``arch.mac``: width of an operand, pJ of one operation, and the linear part of it."""

    word_bits: Size = 16
    energy: Energy
    linear_energy: Energy = 0.0


class ArchSpec(SpecModel):
    """``arch``: a machine and what its actions cost."""

    name: str = "machine"
    mesh_x: Mesh
    mesh_y: Mesh
    spads: str | None = None
    mac: MacSpec
    levels: Annotated[list[LevelSpec], Field(min_length=1, max_length=64)]

    def to_architecture(self) -> Architecture:
        """The machine without its costs."""
        if self.mesh_x * self.mesh_y > MAX_CHILDREN:
            raise SpecError(
                "the array is too large",
                key_path="mesh_x",
                got=self.mesh_x * self.mesh_y,
                expected=f"mesh_x * mesh_y of at most {MAX_CHILDREN}",
            )
        levels = []
        for position, level in enumerate(self.levels):
            with located(key_path=f"levels[{position}]"):
                levels.append(level.to_level((self.mesh_x, self.mesh_y)))
        mac = MacArray(self.mac.word_bits, self.mesh_x, self.mesh_y)
        return Architecture(self.name, tuple(levels), mac)

    def to_costs(self) -> Costs:
        """The prices that stand in the case."""
        prices = [level.energy for level in self.levels]
        return Costs(
            storage=tuple(StorageCost(p.read, p.fill, p.update, None) for p in prices),
            hop_energy_pj=tuple(level.hop_energy or 0.0 for level in self.levels),
            mac_energy_pj=self.mac.energy,
            mac_linear_pj=self.mac.linear_energy,
        )


class LayerSpec(SpecModel):
    """``layer``: sizes of the dimensions, strides and dilations; whatever is absent is 1.

    Bits of the data spaces that are absent are those of each level's words.
    """

    unsupported: ClassVar[dict[str, str]] = UNSUPPORTED

    N: Size = 1
    K: Size = 1
    C: Size = 1
    P: Size = 1
    Q: Size = 1
    R: Size = 1
    S: Size = 1
    G: Size = 1
    Wstride: Step = 1
    Hstride: Step = 1
    Wdilation: Step = 1
    Hdilation: Step = 1
    weights_bits: Size | None = None
    inputs_bits: Size | None = None
    outputs_bits: Size | None = None
    sequential: Name | None = None
    input_width: Size | None = None
    input_height: Size | None = None

    def to_layer(self, name: str) -> Layer:
        """The layer under the name that the case gives it."""
        return Layer(
            name=name,
            **{dim: getattr(self, dim) for dim in DIMENSIONS},
            stride_w=self.Wstride,
            stride_h=self.Hstride,
            dilation_w=self.Wdilation,
            dilation_h=self.Hdilation,
            **{key: getattr(self, key) for key in (*BITS, "sequential", *EXTENTS)},
        )


class NestSpec(SpecModel):
    """An entry of ``mapping``: the loops of one level."""

    level: Name
    temporal: dict[str, Size] = Field(default_factory=dict)
    order: Annotated[list[str], Field(max_length=64)] | None = None
    spatial_x: SpatialLoops = ()
    spatial_y: SpatialLoops = ()
    keep: Annotated[tuple[str, ...], Field(max_length=8)] = DATA_SPACES

    def to_nest(self) -> LevelNest:
        """The block of loops."""
        return LevelNest(
            temporal=self._ordered(),
            spatial_x=self.spatial_x,
            spatial_y=self.spatial_y,
            keep=frozenset(self.keep),
        )

    def _ordered(self) -> tuple[Loop, ...]:
        for dim in self.temporal:
            if dim not in DIMENSIONS:
                raise unknown_dimension(dim).within(key_path="temporal")
        running = [dim for dim, factor in self.temporal.items() if factor > 1]
        if self.order is None and len(running) < 2:
            return tuple((dim, self.temporal[dim]) for dim in running)
        order = self.order or []
        for position, dim in enumerate(order):
            if dim not in self.temporal or dim in order[:position]:
                raise SpecError(
                    "a dimension stands in the order twice"
                    if dim in order[:position]
                    else "the order names a dimension that has no temporal factor",
                    key_path=f"order[{position}]",
                    got=dim,
                    expected="each of " + (", ".join(self.temporal) or "nothing") + " once",
                )
        absent = [dim for dim in running if dim not in order]
        if absent:
            raise SpecError(
                "the order leaves out a dimension that has a temporal factor",
                key_path="order",
                got=order,
                expected="an order with " + ", ".join(absent),
            )
        return tuple((dim, self.temporal[dim]) for dim in order)


class CaseSpec(SpecModel):
    """One case; what else stands beside these keys (expected, note, family ...) is not read."""

    model_config = ConfigDict(extra="ignore")

    id: str | int
    arch: ArchSpec
    layer_name: str = "layer"
    layer: LayerSpec
    mapping: Annotated[list[NestSpec], Field(min_length=1, max_length=64)]

    def to_mapping(self) -> Mapping:
        """The mapping, whose entries name the machine's levels in their order."""
        names = [level.name for level in self.arch.levels]
        given = [entry.level for entry in self.mapping]
        for position, (expected, name) in enumerate(zip(names, given, strict=False)):
            if name not in names:
                wrong = unknown_name("storage level", name, names)
                raise wrong.within(key_path=f"mapping[{position}].level")
            if name != expected:
                raise SpecError(
                    "levels of mapping and machine differ in order",
                    key_path=f"mapping[{position}].level",
                    got=name,
                    expected=expected,
                )
        if len(names) != len(given):
            raise SpecError(
                "mapping and machine differ in depth",
                key_path="mapping",
                got=f"{len(given)} levels: {', '.join(given)}",
                expected=f"{len(names)} levels: {', '.join(names)}",
            )
        nests = []
        for position, entry in enumerate(self.mapping):
            with located(key_path=f"mapping[{position}]"):
                nests.append(entry.to_nest())
        return Mapping(tuple(nests))

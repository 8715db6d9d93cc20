"""Spaces of engines on an FPGA board: searched, limited and stored as any hardware space.

    board: pynq-z1
    engine: hotnas2020
    parameters: {tm: {values: [8, 16]}, tn: {values: [4, 8]}, ...}   # those of the engine if absent

What the board has are limits of the space, beside others that are given. An engine is no machine
that layers are mapped onto: its model says how it runs them, and nothing is known of energy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from bohwsw.arch import ArchitectureSpec, Name
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.objectives import figure_of
from bohwsw.codesign.space_spec import BaselineSpec, SpaceSpec, build_space
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.fpga import FPGA_ENGINES, EngineKind, FpgaRun, known_constraints
from bohwsw.space import Point
from bohwsw.summary import Summary
from bohwsw.tech import Board, TechnologySpec, load_board
from bohwsw.workload import Network
from bohwsw.yamlfile import validate


class FpgaSpec(SpaceSpec):
    """A space file of engines on a board; what is absent follows from the two."""

    name: Name = ""  #: of the space
    board: str | Board  #: its name, a file beside this one, or its keys
    engine: str = "hotnas2020"  #: its kind
    technology: Name | TechnologySpec = "timeloop-pat"  #: energies are not known of FPGAs
    #: only a memory outside
    architecture: ArchitectureSpec = Field(default_factory=lambda: _no_machine())
    #: the engine to compare with
    baseline: BaselineSpec = Field(default_factory=lambda: BaselineSpec(point={}))
    patterns: bool = False  #: it computes what 3 x 3 patterns leave


def _no_machine() -> ArchitectureSpec:
    """What stands where a machine has its levels: there is only a memory outside."""
    data = {"levels": [{"name": "DRAM", "kind": "dram", "word_bits": 16}], "mac": {"word_bits": 16}}
    return validate(ArchitectureSpec, data)


@dataclass(frozen=True)
class FpgaMachine(Hardware):
    """Engines on a board."""

    board: Board = field(kw_only=True)
    engine: str = field(kw_only=True)  # a name of ``FPGA_ENGINES``
    most_luts: float = field(kw_only=True)  # what a design may take
    patterns: bool = field(default=False, kw_only=True)

    @property
    def area_mm2(self) -> None:
        """Nobody asks."""
        return

    def run(self, network: Network) -> FpgaRun:
        """A network on the engines; a SpecError if the engine runs no such layer."""
        run = FPGA_ENGINES[self.engine].run
        return run(dict(self.point), network, self.most_luts, self.patterns)


@dataclass(frozen=True)
class FpgaSpace(HardwareSpace):
    """A space of engines on a board."""

    board: Board = field(kw_only=True)

    objective = "latency"

    def summary(self) -> Summary:
        """As of any space, with the board in the place of a machine's units."""
        told, board = super().summary(), self.board
        has = f"{board.luts:,} LUTs, {board.dsps:,} DSPs, {board.bram18:,} memories of 18 Kb"
        facts = [*told.facts[:-1], ("board", f"{board.name}: {has}, {self.spec.clock_mhz:g} MHz")]
        return replace(told, facts=facts, following=f"bohwsw codesign --board {board.name}")

    def require_known(self, objectives: Sequence[str]) -> None:
        """Refuse figures of which no model of FPGAs says anything."""
        known = ("latency", "time", "images_per_s", *self._kind.limits)
        for figure in (part for name in objectives for part in figure_of(name).parts):
            if not figure.measured and figure.objective not in known:
                raise unknown_name(f"figure of {self.name}", figure.objective, known)

    @property
    def _kind(self) -> EngineKind:
        assert isinstance(self.spec, FpgaSpec)
        return FPGA_ENGINES[self.spec.engine]

    def _build(self, point: Point, *_: Any) -> FpgaMachine:
        spec = self.spec
        assert isinstance(spec, FpgaSpec)
        made = super()._build(point, {})
        shared: dict[str, Any] = {
            k: getattr(made, k) for k in ("architecture", "dataflow", "costs", "clock_mhz")
        }
        most = spec.limits.get("luts", self.board.luts)
        own: dict[str, Any] = {"board": self.board, "engine": spec.engine, "most_luts": most}
        return FpgaMachine(point, **shared, **own, patterns=spec.patterns)


def space_on_board(data: Mapping[str, Any], file: str | None = None) -> FpgaSpace:
    """A space of engines from plain data, such as ``{"board": "pynq-z1", "engine": "lu2019"}``.

    Raises:
        SpecError: something in it is not valid, or the board lacks what the engine is made of.
    """
    spec = validate(FpgaSpec, data, file=file)
    with located(file=file):
        if spec.engine not in FPGA_ENGINES:
            raise unknown_name("engine", spec.engine, FPGA_ENGINES).within(key_path="engine")
        kind, board = FPGA_ENGINES[spec.engine], spec.board
        if isinstance(board, str):
            is_file = board.endswith((".yaml", ".yml"))
            board = load_board(Path(file or "").parent / board if is_file else board)
        for resource in kind.needs:
            if not getattr(board, resource):
                raise SpecError(
                    f"board {board.name!r} has no {resource}, of which {spec.engine} is made",
                    key_path=f"board.{resource}",
                    got=0,
                    expected="another board, or engine "
                    + " or ".join(n for n, x in FPGA_ENGINES.items() if resource not in x.needs),
                )
        had = {name: getattr(board, name) for name in kind.limits}
        limits = {name: float(most) for name, most in had.items() if most is not None}
        limits = {name: min(most, spec.limits.get(name, most)) for name, most in limits.items()}
        parameters = spec.parameters or kind.parameters()
        known = [*spec.constraints, *known_constraints(parameters, board)]
        spec = spec.model_copy(
            update={
                "name": spec.name or f"{board.name}-{spec.engine}",
                "parameters": parameters,
                "constraints": tuple(known),
                "limits": {**spec.limits, **limits},
                "clock_mhz": data.get("clock_mhz", board.clock_mhz),
                "baseline": BaselineSpec(point={**kind.first(parameters), **spec.baseline.point}),
            }
        )
        space = FpgaSpace(spec, build_space(spec), file, board=board)
        space.baseline()
    return space

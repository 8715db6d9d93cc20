"""FPGA boards and what a design takes of them: look-up tables, DSPs, memories, port bits, cycles.

The models that say what a layer takes are ``finn_r``, ``lu2019`` and ``hotnas2020``; each is
of one kind of engine and says nothing of others. Boards are files in ``boards``, each with its
source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from bohwsw.errors import unknown_name
from bohwsw.yamlfile import SpecModel, read_yaml, validate

Resource = Literal["luts", "dsps", "bram18", "urams", "port_bits"]
"""Look-up tables, DSPs, memories of 18 and of 288 Kb, and bits a cycle of all ports."""

SHIPPED = Path(__file__).resolve().parent / "boards"
Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class FpgaUsage:
    """What an engine takes; 0 where its model says nothing of a resource."""

    luts: float = 0.0  # look-up tables
    dsps: int = 0  # multiplier blocks
    bram18: int = 0  # memories of 18 Kb
    urams: int = 0  # memories of 288 Kb
    port_bits: int = 0  # bits a cycle from and to DRAM
    cycles: float = 0.0  # for one image


@dataclass(frozen=True)
class Excess:
    """A resource of which a design takes more than there is."""

    resource: Resource
    value: float
    limit: float

    @property
    def ratio(self) -> float:
        """How many times too much; infinite on a board that has none."""
        return self.value / self.limit if self.limit else math.inf

    def __str__(self) -> str:
        if not self.limit:
            return f"{self.resource}: {self.value:,.0f} on a board that has none"
        return f"{self.resource}: {self.value:,.0f} of {self.limit:,.0f} (ratio {self.ratio:.3g})"


class Board(SpecModel):
    """A board file: what its FPGA has."""

    name: Annotated[str, Field(min_length=1, max_length=100)]  #: of the board
    part: str = ""  #: of the manufacturer
    source: str = ""  #: where its figures come from
    luts: Count  #: look-up tables
    dsps: Count  #: multiplier blocks
    bram18: Count  #: memories of 18 Kb
    urams: Count = 0  #: memories of 288 Kb
    port_bits: Count | None = None  #: of all ports; no limit if absent [bits a cycle]
    clock_mhz: Annotated[float, Field(gt=0)] = 100.0  #: of the engines [MHz]

    def excesses(self, usage: FpgaUsage, share: float = 1.0) -> tuple[Excess, ...]:
        """What a design takes too much of, if it may take a share of the board."""
        found = []
        for resource in get_args(Resource):
            limit, value = getattr(self, resource), getattr(usage, resource)
            if limit is not None and value > limit * share:
                found.append(Excess(resource, value, limit * share))
        return tuple(found)

    def images_per_s(self, usage: FpgaUsage) -> float:
        """Images a second at the board's clock."""
        return self.clock_mhz * 1e6 / usage.cycles if usage.cycles else math.inf


def board_names() -> list[str]:
    """The boards that come along."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load_board(name_or_path: str | Path) -> Board:
    """A board by its name, or by the path of a file that ends in .yaml.

    Raises:
        SpecError: there is none, or something in the file is not valid.
    """
    text = str(name_or_path)
    if text.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
    elif text in board_names():
        path = SHIPPED / f"{text}.yaml"
    else:
        raise unknown_name("board", text, board_names())
    return validate(Board, read_yaml(path), file=str(path))

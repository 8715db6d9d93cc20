"""What a chip file says: cores and their templates, what they share, limits, networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bohwsw.arch import Name
from bohwsw.codesign import checked_limits
from bohwsw.yamlfile import SpecModel


class CoreChoice(SpecModel):
    """One core: which machines it may be, those of the file if absent; and whether it may be."""

    templates: tuple[str, ...] = ()  #: machines that it may be; those of the file if absent
    optional: bool = False  #: it may be absent


def _checked_limits(limits: object) -> object:
    return checked_limits(limits) if isinstance(limits, Mapping) else limits


NetworkLimit = Literal["latency_ms", "latency_cycles", "energy_pj", "accuracy_percent"]
"""What networks of a chip may be limited in; the last from below."""


class NetworkSpec(SpecModel):
    """What a chip file says of a network.

    Its limits, its weight in means of accuracies, knobs of one value; and where accuracies come
    from, ``source`` and its options: then its other knobs are searched.
    """

    #: of this network; the accuracy from below [of the figure]
    limits: dict[NetworkLimit, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    knobs: dict[str, bool | int | float | str] = Field(default_factory=dict)  #: of one value
    #: where accuracies come from: `source` and its options; other knobs are then searched
    accuracy: dict[str, Any] | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0  #: in the mean of accuracies


class ChipSpec(SpecModel):
    """A chip file; ``templates`` are those of cores that have none of their own."""

    name: Name  #: of the chips
    description: str = ""  #: text for people
    source: str = ""  #: where its figures come from
    templates: tuple[str, ...] = ()  #: spaces, by name or by path beside the file
    cores: Annotated[dict[Name, CoreChoice], Field(min_length=1)]  #: by name
    pes: Annotated[int, Field(ge=1)] | None = None  #: multiply-accumulate units of all cores
    #: what the DRAM moves for all cores together [bits a cycle]
    dram_bits_per_cycle: Annotated[float, Field(gt=0)] | None = None
    #: what a core may have of it [bits a cycle]
    dram_shares: tuple[Annotated[float, Field(gt=0)], ...] = ()
    #: what is asked of networks, by name
    networks: dict[str, NetworkSpec] = Field(default_factory=dict)
    #: of the whole chip, by figure [of the figure]
    limits: Annotated[dict[str, float], BeforeValidator(_checked_limits)] = Field(
        default_factory=dict
    )
    constraints: tuple[str, ...] = ()  #: conditions that every chip meets

    def templates_of(self, core: str) -> tuple[str, ...]:
        """The templates of a core, as the file names them."""
        return self.cores[core].templates or self.templates

"""A machine as it stands in a YAML file, with numbers or expressions.

Wherever a size stands, an expression over the parameters of a space may stand instead:
``entries: 65536 / glb_instances``. Expressions are parsed, never run as Python. The format is
described in ``docs/spaces.md``.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from bohwsw.arch.architecture import Architecture
from bohwsw.expressions import parsed
from bohwsw.yamlfile import SpecModel

Amount = int | float | str
"""A number or an expression."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
DataSpace = Literal["Weights", "Inputs", "Outputs"]


class BandwidthSpec(SpecModel):
    """What one instance moves."""

    read: Amount | None = None  #: reads of one instance; no limit if absent [words a cycle]
    write: Amount | None = None  #: fills and updates together; no limit if absent [words a cycle]


class LevelSpec(SpecModel):
    """One storage level."""

    name: Name  #: used once in the machine
    kind: Literal["dram", "sram", "regfile"]  #: DRAM, a memory macro or flip-flops
    entries: Amount | None = None  #: capacity of one instance; the DRAM has none [words]
    word_bits: Amount = 16  #: width of a word [bits]
    block_size: Amount = 1  #: what one access moves; energy is per access [words]
    cluster_size: Amount = 1  #: instances that share one physical array [instances]
    bandwidth: BandwidthSpec = Field(default_factory=BandwidthSpec)  #: of one instance
    #: data spaces that it can hold
    keeps: Annotated[tuple[DataSpace, ...], Field(min_length=1)] = ("Weights", "Inputs", "Outputs")
    #: `[X, Y]`: instances of the next level, or MACs, below one instance
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

    word_bits: Amount = 16  #: width of the operands [bits]


class ArchitectureSpec(SpecModel):
    """A machine; ``MachineSizes`` says what its numbers and expressions mean."""

    #: storage levels, outermost first; the first is the DRAM
    levels: Annotated[tuple[LevelSpec, ...], Field(min_length=1, max_length=16)]
    #: the multiply-accumulate units below the last level
    mac: MacSpec = Field(default_factory=MacSpec)

    def names(self, keys: Container[str] | None = None) -> set[str]:
        """The parameters in the word width of the units and in these sizes of levels, or in all."""
        texts: list[Amount | None] = [self.mac.word_bits]
        for level in self.levels:
            texts += [x for key, x in level.amounts().items() if keys is None or key in keys]
        return {name for x in texts if isinstance(x, str) for name in parsed(x).names}


def architecture_data(architecture: Architecture) -> dict[str, Any]:
    """A machine in numbers, laid out as ``ArchitectureSpec`` reads it."""
    levels = []
    for index, level in enumerate(architecture.levels):
        data: dict[str, Any] = {"name": level.name, "kind": level.kind}
        if level.entries is not None:
            data["entries"] = level.entries
        data["word_bits"] = level.word_bits
        data["block_size"] = level.block_size
        data["cluster_size"] = level.cluster_size
        bandwidth = {"read": level.read_words_per_cycle, "write": level.write_words_per_cycle}
        data["bandwidth"] = {key: value for key, value in bandwidth.items() if value is not None}
        data["keeps"] = [space for space in get_args(DataSpace) if space in level.keeps]
        data["fanout"] = list(architecture.fanout(index))
        levels.append(data)
    return {"mac": {"word_bits": architecture.mac.word_bits}, "levels": levels}

"""A machine as it stands in a YAML file, with numbers or expressions.

Wherever a size stands, an expression over the parameters of a space may stand instead:
``entries: 65536 / glb_instances``. Expressions are parsed, never run as Python. The format is
described in ``docs/spaces.md``.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Literal

from pydantic import Field

from bohwsw.expressions import parsed
from bohwsw.yamlfile import SpecModel

Amount = int | float | str
"""A number or an expression."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
DataSpace = Literal["Weights", "Inputs", "Outputs"]


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

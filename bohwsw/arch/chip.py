"""A chip: cores side by side and what they share."""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.arch.architecture import LEAST_BANDWIDTH, MOST_BANDWIDTH, Architecture, set_bandwidth
from bohwsw.errors import SpecError


@dataclass(frozen=True)
class Chip:
    """Cores on one die before one DRAM.

    The outermost level of every core is that DRAM; its bandwidth there is what the core alone may
    use. Areas of cores add up; of the DRAM none is counted.

    Attributes:
        name: the chip's name.
        cores: each an architecture with a name of its own.
        dram_bits_per_cycle: what the DRAM gives and takes for all cores together; None is no limit
            beside those of the cores.

    Raises:
        SpecError: no core, a name used twice, DRAMs that are not alike, or no valid bandwidth.
    """

    name: str
    cores: tuple[Architecture, ...]
    dram_bits_per_cycle: float | None = None

    def __post_init__(self) -> None:
        if not self.cores:
            raise SpecError("a chip needs a core", key_path="cores", got=[], expected="cores")
        names = [core.name for core in self.cores]
        first = self.cores[0].levels[0]
        for position, core in enumerate(self.cores):
            place = f"cores[{position}]"
            if core.name in names[:position]:
                raise SpecError("core name used twice", key_path=f"{place}.name", got=core.name)
            dram = core.levels[0]
            if (dram.word_bits, dram.block_size) != (first.word_bits, first.block_size):
                raise SpecError(
                    "cores share one DRAM",
                    key_path=f"{place}.levels[0]",
                    got=f"{dram.word_bits} bits a word, {dram.block_size} words a block",
                    expected=f"{first.word_bits} bits a word, {first.block_size} words a block, "
                    f"as in {names[0]!r}",
                )
        expected = f"bits a cycle, a number from {LEAST_BANDWIDTH:g} to {MOST_BANDWIDTH:g}"
        expected += ", or nothing for no limit"
        set_bandwidth(self, "dram_bits_per_cycle", "bandwidth of the DRAM is not valid", expected)

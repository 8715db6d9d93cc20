"""A machine: storage levels from DRAM inwards, an array of multiply-accumulate units at the end.

What a machine *is* stands here; what an access costs stands in ``tech``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from bohwsw.checks import LARGEST_COUNT, finite_number, product_within, set_whole
from bohwsw.errors import SpecError

ALL_DATA_SPACES = frozenset({"Weights", "Inputs", "Outputs"})

MAX_INSTANCES = 2**31
"""Of anything on a chip, far above any. Below it, counts over all instances fit 64-bit integers."""
LEAST_BANDWIDTH, MOST_BANDWIDTH = 1e-6, 1e18
"""Words a cycle: between these, cycles fit 64-bit integers."""


@dataclass(frozen=True)
class StorageLevel:
    """One level of the memory hierarchy; every instance of it is alike.

    Attributes:
        name: unique in the machine.
        kind: ``dram``, ``sram`` or ``regfile``: which energy model applies.
        entries: capacity of one instance in words; None is unlimited.
        word_bits: width of a word.
        block_size: words moved by one access; energies are per access.
        cluster_size: instances that share one physical array (Timeloop's cluster size).
        read_words_per_cycle: read bandwidth of one instance; None is unlimited.
        write_words_per_cycle: the same for fills and updates together.
        mesh_x: instances of this level along X over the whole chip.
        mesh_y: instances of this level along Y over the whole chip.
        keeps: the data spaces that it can keep; any other bypasses it.
    """

    name: str
    kind: str = "sram"
    entries: int | None = None
    word_bits: int = 16
    block_size: int = 1
    cluster_size: int = 1
    read_words_per_cycle: float | None = None
    write_words_per_cycle: float | None = None
    mesh_x: int = 1
    mesh_y: int = 1
    keeps: frozenset[str] = ALL_DATA_SPACES

    def __post_init__(self) -> None:
        problem = f"size of level {self.name!r} is not valid"
        sizes = ("word_bits", "block_size", "cluster_size")
        set_whole(self, sizes, LARGEST_COUNT, problem=problem)
        if self.entries is not None:
            set_whole(self, ("entries",), LARGEST_COUNT, problem=problem)
        _set_mesh(self, problem)
        numbers = f"a number from {LEAST_BANDWIDTH:g} to {MOST_BANDWIDTH:g}"
        for key in ("read_words_per_cycle", "write_words_per_cycle"):
            expected = f"{numbers}, or nothing for unlimited"
            set_bandwidth(self, key, f"bandwidth of level {self.name!r} is not valid", expected)

    @property
    def instances(self) -> int:
        """Instances over the whole chip."""
        return self.mesh_x * self.mesh_y


@dataclass(frozen=True)
class MacArray:
    """The multiply-accumulate units of the whole chip: ``mesh_x`` by ``mesh_y`` of them."""

    word_bits: int = 16
    mesh_x: int = 1
    mesh_y: int = 1

    def __post_init__(self) -> None:
        problem = "size of the MAC array is not valid"
        set_whole(self, ("word_bits",), LARGEST_COUNT, problem=problem)
        _set_mesh(self, problem)


@dataclass(frozen=True)
class Architecture:
    """A machine of any depth.

    Attributes:
        levels: storage levels, outermost (DRAM) first.
        mac: the multiply-accumulate units below the innermost level.

    Raises:
        SpecError: no level, a name used twice, a mesh that does not divide the one below, or an
            outermost level that cannot hold everything.
    """

    name: str
    levels: tuple[StorageLevel, ...]
    mac: MacArray

    def __post_init__(self) -> None:
        if not self.levels:
            raise SpecError("a machine needs storage", key_path="levels", got=[], expected="levels")
        names = [level.name for level in self.levels]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise SpecError(
                    "level name used twice", key_path=f"levels[{position}].name", got=name
                )
        outermost = self.levels[0]
        if outermost.entries is not None or outermost.keeps != ALL_DATA_SPACES:
            raise SpecError(
                "the outermost level holds every tensor whole",
                key_path="levels[0]",
                got=f"entries {outermost.entries}, keeps {sorted(outermost.keeps)}",
                expected="no limit on entries, all data spaces kept",
            )
        meshes = [(level.mesh_x, level.mesh_y) for level in self.levels]
        meshes.append((self.mac.mesh_x, self.mac.mesh_y))
        for position, (outer, inner) in enumerate(pairwise(meshes)):
            if inner[0] % outer[0] or inner[1] % outer[1]:
                below = names[position + 1] if position + 1 < len(names) else "the MAC array"
                raise SpecError(
                    f"the mesh of {names[position]} does not divide that of {below}",
                    key_path=f"levels[{position}]",
                    got=f"{outer[0]} x {outer[1]} over {inner[0]} x {inner[1]}",
                    expected="a whole fan-out on each axis",
                )

    @property
    def depth(self) -> int:
        """Number of storage levels."""
        return len(self.levels)

    def mesh(self, index: int) -> tuple[int, int]:
        """Instances on (X, Y) of a level; ``index == depth`` is the MAC array."""
        inner = self.mac if index == self.depth else self.levels[index]
        return inner.mesh_x, inner.mesh_y

    def fanout(self, index: int) -> tuple[int, int]:
        """Children on (X, Y) that one instance of level ``index`` has below it."""
        outer, inner = self.mesh(index), self.mesh(index + 1)
        return inner[0] // outer[0], inner[1] // outer[1]

    @property
    def macs(self) -> int:
        """Multiply-accumulate units of the chip."""
        return self.mac.mesh_x * self.mac.mesh_y


def set_bandwidth(holder: object, key: str, problem: str, expected: str) -> None:
    """Check a field of a frozen dataclass, and make a float of it unless it is None."""
    value = getattr(holder, key)
    number = finite_number(value)
    if value is None:
        return
    if number is None or not LEAST_BANDWIDTH <= number <= MOST_BANDWIDTH:
        raise SpecError(problem, key_path=key, got=value, expected=expected)
    object.__setattr__(holder, key, float(number))


def _set_mesh(holder: StorageLevel | MacArray, problem: str) -> None:
    set_whole(holder, ("mesh_x", "mesh_y"), MAX_INSTANCES, problem=problem)
    counted = "more instances than can be counted"
    product_within("mesh_x", counted, MAX_INSTANCES, mesh_x=holder.mesh_x, mesh_y=holder.mesh_y)


@dataclass(frozen=True)
class Chip:
    """Cores on one die before one DRAM.

    The outermost level of every core is that DRAM; its bandwidth there is what the core alone may
    use. Areas of cores add up; of the DRAM none is counted.

    Attributes:
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

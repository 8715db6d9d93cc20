"""Components of Timeloop as a machine of ours, and what their names mean to mappings."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.importers.timeloop.attributes import (
    BLOCK_SIZE,
    DEPTH,
    OF_STORAGE,
    OF_UNITS,
    WIDTH,
    WORD_BITS,
    note_others,
)
from bohwsw.importers.timeloop.hierarchy import CAPACITY, Component, chain, components_of
from bohwsw.importers.yaml_files.imported import short_names
from bohwsw.importers.yaml_files.place import Place
from bohwsw.importers.yaml_files.scope import Scope

DEFAULT_BITS = 16
UNLIMITED = 2**32 - 1
"""Timeloop's largest number of entries, which stands for no limit."""
SIZES_BITS = 2**20


@dataclass(frozen=True)
class Fan:
    """A fan-out that mappings may speak of: below which level, and how far on each axis."""

    level: int
    mesh: tuple[int, int]


@dataclass(frozen=True)
class Given:
    """What the file itself says of a level's price; None where it says nothing."""

    access_pj: float | None = None  # of one access to a block
    hop_pj: float | None = None  # of a word over one hop of the network below


@dataclass(frozen=True)
class Machine:
    """An architecture with the names that Timeloop's files have for its parts."""

    architecture: Architecture
    components: tuple[Component, ...]  # all that the file has in its chain, from the outermost
    levels: tuple[Component, ...]
    units: Component
    index: dict[str, int]  # level by the names of the file
    fans: dict[str, Fan]  # fan-outs by the names that stand for them
    folded: frozenset[str]  # names of fan-outs that are no levels, as Timeloop has it
    given: tuple[Given, ...]  # what the file says of each level's prices
    kinds: tuple[str, ...]
    """The kinds that prices go by; the outermost level is a ``dram`` to us in any case."""
    capacities: tuple[int, ...]  # entries that prices go by, of the outermost level, too
    clusters: tuple[int, ...]  # the same for instances that share an array

    def fans_of(self, level: int) -> list[Fan]:
        """The fan-outs below a level, each once."""
        names = [n for n in self.fans if not n.startswith("inter_") or n[6:-8] not in self.fans]
        return [self.fans[name] for name in names if self.fans[name].level == level]

    def level(self, place: Place) -> int | None:
        """The level that a file names; None if it is a fan-out only.

        Raises:
            SpecError: there is none of that name.
        """
        name = place.value
        if isinstance(name, int) and not isinstance(name, bool):
            if not 0 <= name < len(self.levels):
                raise place.error("no such level", f"0, the innermost, to {len(self.levels) - 1}")
            return len(self.levels) - 1 - name
        text = place.text()
        if text in self.index:
            return self.index[text]
        if text in self.folded or text in self.fans:
            return None
        raise place.unknown("level", text, [*self.index, *self.fans])

    def fan(self, place: Place) -> Fan | None:
        """The fan-out that a file names; None where a level has none.

        Raises:
            SpecError: there is neither level nor fan-out of that name.
        """
        level = self.level(place)
        if isinstance(place.value, int):
            assert level is not None
            return self.fans.get(self.levels[level].name)
        return self.fans.get(place.text())


def machine_of(architecture: Place, variables: Scope, name: str) -> Machine:
    """The machine that an architecture of Timeloop describes.

    Raises:
        SpecError: it is none that is a chain of levels, or something in it is not valid.
    """
    found, as_nodes = components_of(architecture, variables)
    components = chain(found, architecture)
    storage = [c for c in components if c.kind == "storage"]
    units = components[-1]
    fans, folded = _fans(components, as_nodes=as_nodes)
    if storage[0].mesh != (1, 1):
        x, y = storage[0].mesh
        problem = "the outermost level has several instances"
        raise storage[0].place.error(problem, "one, of which all others are fed", f"{x} x {y}")
    levels, given, kinds, capacities, clusters = [], [], [], [], []
    for position, component in enumerate(storage):
        level, price, kind = _level(component)
        capacities.append(level.entries or UNLIMITED)
        clusters.append(level.cluster_size)
        if position == 0:
            if level.entries is not None:
                size = f"{level.entries} entries of the outermost level: it holds everything"
                component.place.note(size)
            level = replace(level, kind="dram", entries=None, cluster_size=1)
        levels.append(level)
        given.append(price)
        kinds.append(kind)
    short = short_names([component.name for component in storage])
    levels = [replace(level, name=text) for level, text in zip(levels, short, strict=True)]
    with architecture.explained():
        made = Architecture(name, tuple(levels), _units(units))
    return Machine(
        made,
        tuple(components),
        tuple(storage),
        units,
        {component.name: position for position, component in enumerate(storage)},
        fans,
        folded,
        tuple(given),
        tuple(kinds),
        tuple(capacities),
        tuple(clusters),
    )


def _fans(components: list[Component], *, as_nodes: bool) -> tuple[dict[str, Fan], frozenset[str]]:
    """Fan-outs by name; in a file of nodes a name means what lies above it, else below it."""
    fans: dict[str, Fan] = {}
    folded: set[str] = set()
    level, mesh = -1, (1, 1)
    for position, component in enumerate(components):
        if component.kind == "storage":
            level += 1
        elif component.kind == "fan":
            folded |= {component.name, f"inter_{component.name}_spatial"}
        below = component.mesh
        if not as_nodes:
            if component.kind == "units":
                break
            mesh, below = component.mesh, components[position + 1].mesh
        step = _step(mesh, below, component)
        if step != (1, 1):
            above = level - (as_nodes and component.kind == "storage")
            if above < 0:
                raise component.place.error("a fan-out above all storage", "storage above it")
            if any(fan.level == above for fan in fans.values()):
                component.place.note("two fan-outs in a row: one mesh here, of the products")
            fans[component.name] = Fan(above, step)
            if as_nodes:
                fans[f"inter_{component.name}_spatial"] = fans[component.name]
        mesh = below
    return fans, frozenset(folded)


def _step(outer: tuple[int, int], inner: tuple[int, int], component: Component) -> tuple[int, int]:
    if inner[0] % outer[0] or inner[1] % outer[1]:
        raise component.place.error(
            "the mesh does not divide the one below it",
            "a whole fan-out on each axis",
            f"{outer[0]} x {outer[1]} over {inner[0]} x {inner[1]}",
        )
    return inner[0] // outer[0], inner[1] // outer[1]


def _level(component: Component) -> tuple[StorageLevel, Given, str]:
    """A storage level, what its file says of its prices, and its kind by its class."""
    scope, place = component.scope, component.place
    note_others(scope, OF_STORAGE)
    small = component.class_name.lower()
    technology = scope.first("technology")
    is_dram = technology is not None and technology[1].value == "DRAM"
    kind = "dram" if "dram" in small or is_dram else "sram"
    if kind == "sram" and re.search(r"reg|_rf\b", small):
        kind = "regfile"
    word_bits = _whole(scope, WORD_BITS, DEFAULT_BITS, SIZES_BITS)
    block_size, cluster_size = _widths(scope, word_bits)
    entries = _entries(scope, word_bits, block_size)
    if scope.first(*CAPACITY) is None and kind != "dram":
        raise place.error(f"level {component.name!r} has no size", "entries, depth or sizeKB")
    if kind == "dram" and cluster_size != 1:
        raise place.error("DRAM instances share no array", "cluster_size 1", cluster_size)
    both = scope.first("bandwidth")
    half = None if both is None else scope.positive(both[1]) / 2
    reads, writes = (
        half if (found := scope.first(key)) is None else scope.positive(found[1])
        for key in ("read_bandwidth", "write_bandwidth")
    )
    with place.explained():
        level = StorageLevel(
            name=component.name,
            kind=kind,
            entries=entries,
            word_bits=word_bits,
            block_size=block_size,
            cluster_size=cluster_size,
            read_words_per_cycle=reads,
            write_words_per_cycle=writes,
            mesh_x=component.mesh[0],
            mesh_y=component.mesh[1],
        )
    address = scope.first("addr_gen_energy")
    if address is not None and scope.number(address[1]) > 0:
        address[1].note("energy of generating addresses: not modelled")
    prices = [
        None if (found := scope.first(key)) is None else scope.positive(found[1])
        for key in ("vector_access_energy", "energy_per_hop")
    ]
    return level, Given(*prices), kind


def _whole(scope: Scope, names: tuple[str, ...], otherwise: int, most: int) -> int:
    found = scope.first(*names)
    return otherwise if found is None else scope.whole(found[1], 1, most)


def _widths(scope: Scope, word_bits: int) -> tuple[int, int]:
    """Words of an access and instances of an array; a width is that of all of an array's words."""
    block_size = _whole(scope, BLOCK_SIZE, 1, SIZES_BITS)
    cluster_size = _whole(scope, ("cluster_size",), 1, SIZES_BITS)
    width = scope.first(*WIDTH)
    if width is None:
        return block_size, cluster_size
    bits = scope.whole(width[1], 1, 2**30)
    words, rest = divmod(bits, word_bits * block_size * cluster_size)
    has_block = scope.first(*BLOCK_SIZE) is not None
    has_cluster = scope.first("cluster_size") is not None
    if rest or (has_block and has_cluster and words != 1):
        expected = f"a multiple of {word_bits} x {block_size} x {cluster_size} bits"
        problem = "the width holds no whole number of words, blocks and instances"
        raise width[1].error(problem, expected, bits)
    return (block_size, cluster_size * words) if has_block else (words, cluster_size)


def _entries(scope: Scope, word_bits: int, block_size: int) -> int | None:
    """Capacity in words; what several-fold buffering leaves of it, as in Timeloop."""
    found = scope.first(*CAPACITY)
    if found is None:
        return None
    name, place = found
    number = scope.whole(place)
    if name in DEPTH:
        number *= block_size
    elif name == "sizeKB":
        number = number * 8192 // word_bits
    if name == "entries" and number == UNLIMITED:
        return None
    buffering = scope.first("multiple_buffering")
    if buffering is not None:
        times = scope.positive(buffering[1], 1.0)
        if times > 1:
            number = int(number / times)
            buffering[1].note(f"multiple buffering: as a level of {number} entries")
    if number < 1:
        raise place.error("a level without room", "at least one word", number)
    return number


def _units(component: Component) -> MacArray:
    scope = component.scope
    note_others(scope, OF_UNITS)
    bits = _whole(scope, (*WORD_BITS, "multiplier_width"), DEFAULT_BITS, SIZES_BITS)
    return MacArray(bits, *component.mesh)

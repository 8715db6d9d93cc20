"""What a space says of its machines, laid out for boxes of them.

Parameters that fix more than sizes of memories (fan-outs, bandwidths, word widths) make
*structures*, listed one a row; all others are ranges. Whatever no figure of a machine depends on is
left out, and so are constraints that speak of it: that only adds machines.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Columns, MachineSizes, Prices
from bohwsw.codesign import HardwareSpace
from bohwsw.errors import SpecError
from bohwsw.space import Codes, Component, Parameter, Space, component, parse

MOST_STRUCTURES, MOST_GRID = 1_000_000, 100_000
SIZES = ("entries", "word_bits", "block_size", "cluster_size")
STRUCTURE = ("word_bits", "fanout[0]", "fanout[1]", "bandwidth.read", "bandwidth.write")

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class MemoryRange(NamedTuple):
    """The best of the memories of a level in a box: each figure by itself."""

    entries: float
    word_pj: tuple[float, float, float]  # read, fill, update: shares of a block
    area_mm2: float  # 0 where it is unknown
    areas_mm2: dict[int, Floats]  # the same for each allowed code of a free parameter


class MachineTable:
    """The machines of a space.

    Attributes:
        parameters: those on which figures depend.
        structural: the places of those that make structures.
        codes: int32 ``[structures, parameters]``; 0 for those that are free.
        fanouts: int64 ``[structures, levels, 2]``; children on X and Y.
        bandwidths: float64 ``[structures, levels, 2]``; words a cycle (read, write).
        widths: float64 ``[structures, levels + 1]``; word bits, those of the MACs last.

    Raises:
        SpecError: there are too many structures, or a parameter is no list of values.
    """

    def __init__(self, space: HardwareSpace) -> None:
        self.spec, self.technology = space.spec, space.technology
        self.limit_mm2 = space.spec.limits.get("area_mm2", np.inf)
        machine = self.spec.architecture
        self.levels = len(machine.levels)
        used = machine.names()
        parameters = self.spec.parameters.items()
        self.parameters = tuple(x.build(name) for name, x in parameters if name in used)
        self.places = {parameter.name: k for k, parameter in enumerate(self.parameters)}
        names = machine.names(STRUCTURE)
        self.structural = tuple(k for name, k in self.places.items() if name in names)
        for parameter in self.parameters:
            column = parameter.columns[0]
            if parameter.n_columns > 1 or column.grid or column.inactive is not None:
                raise SpecError(
                    "no bound is known over such a parameter",
                    key_path=f"parameters.{parameter.name}",
                    expected="a list of numbers, texts or truth values",
                )
        self._constraints = [x for x in self.spec.constraints if {*parse(x).names} <= used]
        self._prices = Prices(self.technology)
        self._known: dict[tuple[object, ...], MemoryRange | None] = {}
        self._list_structures()

    def _list_structures(self) -> None:
        own = [self.parameters[k] for k in self.structural]
        names = {parameter.name for parameter in own}
        within = [text for text in self._constraints if {*parse(text).names} <= names]
        rows: Codes | None = np.zeros((1, 0), dtype=np.int32)
        if own:
            structures = Space(own, within)
            rows = structures.all_rows(MOST_STRUCTURES)
            if rows is None:
                raise SpecError(
                    "too many structures to bound each of them",
                    got=str(structures.size()),
                    expected=f"at most {MOST_STRUCTURES}",
                )
        assert rows is not None
        columns = {p.name: p.array(rows[:, [k]]) for k, p in enumerate(own)}
        sizes = MachineSizes(self.spec.architecture, columns, len(rows))
        each = range(self.levels)
        fanouts = [[sizes.of(k, f"fanout[{axis}]") for axis in (0, 1)] for k in each]
        ways = [[sizes.of(k, f"bandwidth.{way}") for way in ("read", "write")] for k in each]
        widths = [*(sizes.of(k, "word_bits") for k in each), sizes.mac_bits]
        found = np.moveaxis(np.array(fanouts), -1, 0)
        # What is no whole number of children is no machine.
        real = ((found >= 1) & (found == np.floor(found))).all(axis=(1, 2))
        self.fanouts = found[real].astype(np.int64)
        self.bandwidths = np.moveaxis(np.array(ways), -1, 0)[real]
        self.widths = np.array(widths).T[real]
        self.codes = np.zeros((int(real.sum()), len(self.parameters)), dtype=np.int32)
        self.codes[:, list(self.structural)] = rows[real]

    @cached_property
    def products(self) -> Integers:
        """Children below each level, int64 ``[structures, levels]``."""
        return np.asarray(self.fanouts.prod(axis=2))

    @cached_property
    def component(self) -> Component | None:
        """The constraints that structures alone do not settle, to be propagated."""
        if not self.parameters:
            return None
        whole = Space(self.parameters, self._constraints)
        inside = {self.parameters[k].name for k in self.structural}
        return component(
            self.parameters, [c for c in whole.constraints if not {*c.names} <= inside]
        )

    @cached_property
    def memory_names(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """For each level the structural and the free parameters that its memories depend on."""
        found = []
        for level in self.spec.architecture.levels:
            texts = [level.amounts()[key] for key in SIZES]
            names = {name for x in texts if isinstance(x, str) for name in parse(x).names}
            places = sorted(self.places[name] for name in names)
            fixed = tuple(k for k in places if k in self.structural)
            found.append((fixed, tuple(k for k in places if k not in fixed)))
        return tuple(found)

    @cached_property
    def groups(self) -> Integers:
        """For each structure and level which memories it may have there: ``[structures, levels]``.

        The number is that of a structure with the same ones.
        """
        found = np.zeros((len(self.codes), self.levels), dtype=np.int64)
        for level, (fixed, _) in enumerate(self.memory_names):
            _, first, which = np.unique(
                self.codes[:, list(fixed)], axis=0, return_index=True, return_inverse=True
            )
            found[:, level] = first[which.reshape(-1)]
        return found

    @cached_property
    def classes(self) -> Integers:
        """Structures alike but for which axis is how long, and bandwidths; ``[structures]``."""
        keys = np.concatenate([self.products, self.groups], axis=1)
        return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1))

    @cached_property
    def mac_areas_mm2(self) -> Floats:
        """Area of a MAC unit of each structure; 0 where it is unknown."""
        known = {bits: self._mac_area(bits) for bits in np.unique(self.widths[:, -1]).tolist()}
        return np.array([known[bits] for bits in self.widths[:, -1].tolist()])

    def _mac_area(self, bits: float) -> float:
        return self.technology.mac(int(bits)).area_mm2 or 0.0

    def memory(self, level: int, structure: int, allowed: tuple[Codes, ...]) -> MemoryRange | None:
        """What memories a level may have in a structure; None if no values make one."""
        fixed, free = self.memory_names[level]
        group = int(self.groups[structure, level])
        key = (level, group, *(allowed[k].tobytes() for k in free))
        if key not in self._known:
            self._known[key] = self._memory(level, group, fixed, free, allowed)
        return self._known[key]

    def _memory(
        self,
        level: int,
        group: int,
        fixed: tuple[int, ...],
        free: tuple[int, ...],
        allowed: tuple[Codes, ...],
    ) -> MemoryRange | None:
        cells = np.prod([len(allowed[k]) for k in free], dtype=np.float64)
        if cells > MOST_GRID:
            name = self.spec.architecture.levels[level].name
            raise SpecError(f"too many sizes of level {name!r} to bound", got=int(cells))
        grid = np.meshgrid(*(allowed[k] for k in free), indexing="ij")
        codes = {k: axis.ravel() for k, axis in zip(free, grid, strict=True)}
        n = int(cells)
        codes |= {k: np.full(n, self.codes[group, k]) for k in fixed}
        columns = {self.parameters[k].name: self._values(k, own) for k, own in codes.items()}
        meets = self._meets(columns, n)
        sizes = MachineSizes(self.spec.architecture, columns, n)
        memories, which = self._prices.memories(sizes, level)
        made = np.array([x is not None for x in memories])[which] & meets
        if not made.any():
            return None
        figures = np.full((len(memories), 5), np.nan)
        for row, memory in enumerate(memories):
            if memory is not None:
                shape, cost = memory
                entries = np.inf if shape.entries is None else float(shape.entries)
                shares = np.array([cost.read_pj, cost.fill_pj, cost.update_pj]) / shape.block_size
                figures[row] = entries, *shares, cost.area_mm2 or 0.0
        each = figures[which]
        areas: dict[int, Floats] = {}
        for axis, k in enumerate(free):
            area = np.where(made, each[:, 4], np.inf).reshape(grid[0].shape)
            others = tuple(a for a in range(len(free)) if a != axis)
            areas[k] = np.asarray(area.min(axis=others))
        kept = each[made]
        read, fill, update, area_mm2 = kept[:, 1:].min(axis=0).tolist()
        return MemoryRange(float(kept[:, 0].max()), (read, fill, update), area_mm2, areas)

    def _values(self, k: int, codes: Codes) -> npt.NDArray[Any]:
        parameter: Parameter = self.parameters[k]
        return parameter.array(codes[:, None])

    def _meets(self, columns: Columns, n: int) -> npt.NDArray[np.bool_]:
        """Where the constraints hold that speak of these parameters only."""
        result = np.ones(n, dtype=bool)
        for text in self._constraints:
            expression = parse(text)
            if expression.names and {*expression.names} <= {*columns}:
                try:
                    result &= np.broadcast_to(np.asarray(expression.evaluate(columns), bool), n)
                except SpecError:  # undefined at some points; those stay
                    continue
        return result

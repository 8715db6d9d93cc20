"""Boxes of machines: for each parameter the values allowed, and the structures left.

A box is narrowed by what the constraints rule out and by the area: no structure is left whose
smallest memories are over the limit, and no value with which every structure is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.certificate.machine_table import Floats, Integers, MachineTable, MemoryRange
from bohwsw.space import Codes, Value

ROUNDS = 4
"""How often a box is narrowed at most; each round may give the next something to do."""

ROUNDING = 1e-9
"""Relative difference that an area summed in another order may have."""


@dataclass(frozen=True)
class Box:
    """Some machines of a table.

    Attributes:
        allowed: for each parameter its codes, ascending.
        structures: rows of the table.
    """

    allowed: tuple[Codes, ...]
    structures: Integers

    @property
    def is_one(self) -> bool:
        """Whether nothing is left to choose."""
        return all(len(codes) == 1 for codes in self.allowed) and len(self.structures) == 1

    def point(self, table: MachineTable) -> dict[str, Value]:
        """The first machine, by the parameters of the table."""
        first = [codes[:1] for codes in self.allowed]
        values = [x.array(code[:, None]) for x, code in zip(table.parameters, first, strict=True)]
        return {x.name: v.tolist()[0] for x, v in zip(table.parameters, values, strict=True)}


class _Areas(NamedTuple):
    """Least areas of the classes of structures in a box."""

    of_level: Floats  # [classes, levels], all instances
    total: Floats  # [classes]
    kinds: npt.NDArray[np.bool_]  # [classes]: whether there is a memory for each level


def whole_box(table: MachineTable) -> Box | None:
    """All machines; None if there are none."""
    allowed = tuple(parameter.columns[0].all_codes() for parameter in table.parameters)
    return narrowed(table, Box(allowed, np.arange(len(table.codes))))


def box_at(table: MachineTable, point: Mapping[str, Value]) -> Box | None:
    """The box of the machine at a point of the space; None if it is over the area limit."""
    codes = [np.array(x.codes(point[x.name]), dtype=np.int32) for x in table.parameters]
    return narrowed(table, Box(tuple(codes), np.arange(len(table.codes))))


def narrowed(table: MachineTable, box: Box) -> Box | None:
    """The box without what cannot be; None if nothing is left."""
    for _ in range(ROUNDS):
        smaller = _within_constraints(table, box)
        smaller = smaller and _within_area(table, smaller)
        if smaller is None or _size(smaller) == _size(box):
            return smaller
        box = smaller
    return box


def _size(box: Box) -> int:
    return len(box.structures) + sum(map(len, box.allowed))


def _within_constraints(table: MachineTable, box: Box) -> Box | None:
    rows, allowed = box.structures, [*box.allowed]
    for k in table.structural:
        rows = rows[np.isin(table.codes[rows, k], allowed[k])]
    for k in table.structural:
        allowed[k] = np.unique(table.codes[rows, k])
    if not len(rows) or table.component is None:
        return Box(box.allowed, rows) if len(rows) else None
    found = replace(table.component, allowed=tuple(allowed)).propagated()
    return None if found.is_ruled_out else Box(found.allowed, rows)


def _within_area(table: MachineTable, box: Box) -> Box | None:
    _, first, which = np.unique(
        table.classes[box.structures], return_index=True, return_inverse=True
    )
    some = box.structures[first]
    areas = _areas(table, box, some)
    limit = table.limit_mm2 * (1.0 + ROUNDING)
    fits = areas.kinds & (areas.total <= limit)
    if not fits.any():
        return None
    allowed = [*box.allowed]
    if np.isfinite(limit):
        for level in range(table.levels):
            for k in table.memory_names[level][1]:
                allowed[k] = allowed[k][_values_within(table, box, some, areas, fits, level, k)]
                if not len(allowed[k]):
                    return None
    return Box(tuple(allowed), box.structures[fits[which.reshape(-1)]])


def _areas(table: MachineTable, box: Box, structures: Integers) -> _Areas:
    of_level = np.zeros((len(structures), table.levels))
    kinds = np.ones(len(structures), dtype=bool)
    inner = np.cumprod(table.products[structures], axis=1)
    instances = np.concatenate([np.ones((len(structures), 1)), inner], axis=1)
    for level, spec in enumerate(table.spec.architecture.levels):
        found = _memories(table, box, structures, level)
        kinds &= np.array([x is not None for x in found])
        if spec.kind != "dram":
            each = np.array([0.0 if x is None else x.area_mm2 for x in found])
            of_level[:, level] = instances[:, level] * each
    macs = instances[:, -1] * table.mac_areas_mm2[structures]
    return _Areas(of_level, of_level.sum(axis=1) + macs, kinds)


def _memories(
    table: MachineTable, box: Box, structures: Integers, level: int
) -> list[MemoryRange | None]:
    """What each structure may have at a level."""
    groups = table.groups[structures, level]
    known = {g: table.memory(level, g, box.allowed) for g in np.unique(groups).tolist()}
    return [known[g] for g in groups.tolist()]


def _values_within(
    table: MachineTable,
    box: Box,
    structures: Integers,
    areas: _Areas,
    fits: npt.NDArray[np.bool_],
    level: int,
    k: int,
) -> npt.NDArray[np.bool_]:
    """Which allowed codes of a free parameter of a level leave some structure within the area."""
    if table.spec.architecture.levels[level].kind == "dram":
        return np.ones(len(box.allowed[k]), dtype=bool)
    inner = np.cumprod(table.products[structures], axis=1)
    found = np.zeros(len(box.allowed[k]), dtype=bool)
    for row, memory in enumerate(_memories(table, box, structures, level)):
        if memory is not None and fits[row]:
            instances = inner[row, level - 1] if level else 1
            others = areas.total[row] - areas.of_level[row, level]
            found |= others + instances * memory.areas_mm2[k] <= table.limit_mm2 * (1 + ROUNDING)
    return found


def memory_ranges(table: MachineTable, box: Box) -> list[MemoryRange]:
    """The best of each level over the box: most entries, least energies and area."""
    found = []
    for level in range(table.levels):
        groups = np.unique(table.groups[box.structures, level]).tolist()
        each = [table.memory(level, group, box.allowed) for group in groups]
        known = [x for x in each if x is not None]
        read, fill, update = np.min([x.word_pj for x in known], axis=0).tolist()
        entries, area = max(x.entries for x in known), min(x.area_mm2 for x in known)
        found.append(MemoryRange(entries, (read, fill, update), area, {}))
    return found


def halves(table: MachineTable, box: Box) -> Iterator[tuple[str, Box, Box]]:
    """Ways to split a box in two, each with what it splits; halves are not narrowed."""
    rows = box.structures
    for k, codes in enumerate(box.allowed):
        if len(codes) > 1:
            middle = (len(codes) + 1) // 2
            lower, upper = [*box.allowed], [*box.allowed]
            lower[k], upper[k] = codes[:middle], codes[middle:]
            yield table.parameters[k].name, Box(tuple(lower), rows), Box(tuple(upper), rows)
    for level in range(table.levels):
        own = table.products[rows, level]
        values = np.unique(own)
        if len(values) > 1:
            small = own < values[len(values) // 2]
            yield (
                f"fanout of {level}",
                Box(box.allowed, rows[small]),
                Box(box.allowed, rows[~small]),
            )

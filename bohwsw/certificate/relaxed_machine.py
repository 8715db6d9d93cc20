"""A machine that is at least as good as all machines of a box, whatever is mapped onto it.

- each level has the most entries that any machine has: no mapping that fits elsewhere is lost;
- moving a word costs the least that it costs anywhere, block accesses shared out to their words: a
  mapping that moves n words makes at least n / block accesses;
- bandwidths are the largest, restrictions of the dataflow that depend on a parameter are dropped,
  and hops cost nothing;
- below each level as many children as below any: on one axis, where both allow the same. Without
  hops only the product of a dimension's factors on both axes counts, and whatever fits a mesh fits
  a row of as many children.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.certificate.box import Box, memory_ranges
from bohwsw.certificate.machine_table import Floats, MachineTable
from bohwsw.mapping import Dataflow, build_dataflow
from bohwsw.simulator import Costs
from bohwsw.tech import StorageCost


@dataclass(frozen=True)
class RelaxedMachine:
    """A relaxed machine, priced.

    Attributes:
        allows: float64; the more of each, the less anything costs.
        needs: the same of the box itself: a machine that allows as much bounds the box, too.
        widths: of words, level by level, the MACs last; only equal ones are compared.
    """

    architecture: Architecture
    costs: Costs
    dataflow: Dataflow
    allows: Floats
    needs: Floats
    widths: tuple[float, ...]


def always_allowed(table: MachineTable) -> Dataflow:
    """The restrictions that hold on all machines of a space."""
    rules = {name: level.always() for name, level in table.spec.dataflow.items()}
    return build_dataflow(rules, {}, single_axis=table.spec.single_axis)


def relaxed_machine(table: MachineTable, box: Box) -> RelaxedMachine | None:
    """The relaxed machine of a box; None where its words differ in width."""
    rows = box.structures
    widths = np.unique(table.widths[rows], axis=0)
    if len(widths) > 1:
        return None
    dataflow = always_allowed(table)
    bandwidths = table.bandwidths[rows].max(axis=0)
    levels, storage, allows, needs = [], [], [], []
    mesh = (1, 1)
    for level, memory in enumerate(memory_ranges(table, box)):
        spec = table.spec.architecture.levels[level]
        read, write = (float(x) for x in bandwidths[level])
        levels.append(
            StorageLevel(
                name=spec.name,
                kind=spec.kind,
                entries=None if memory.entries == np.inf else int(memory.entries),
                word_bits=int(widths[0, level]),
                read_words_per_cycle=None if read == np.inf else read,
                write_words_per_cycle=None if write == np.inf else write,
                mesh_x=mesh[0],
                mesh_y=mesh[1],
                keeps=frozenset(spec.keeps),
            )
        )
        storage.append(StorageCost(*memory.word_pj, None))
        most = table.fanouts[rows, level].max(axis=0)
        product = int(table.products[rows, level].max())
        in_a_row = int(most.prod()) > product and _axes_alike(dataflow, spec.name)
        fanout = (product, 1) if in_a_row else (int(most[0]), int(most[1]))
        mesh = mesh[0] * fanout[0], mesh[1] * fanout[1]
        same = [memory.entries, read, write, *(-x for x in memory.word_pj)]
        own = (product, np.inf, np.inf) if in_a_row else (np.inf, *most)
        allows += [*same, *own]
        needs += [*same, product, *most]
    costs = _costs(table, int(widths[0, -1]), tuple(storage))
    return RelaxedMachine(
        Architecture(table.spec.name, tuple(levels), MacArray(int(widths[0, -1]), *mesh)),
        costs,
        dataflow,
        np.array(allows, dtype=np.float64),
        np.array(needs, dtype=np.float64),
        tuple(widths[0].tolist()),
    )


def _axes_alike(dataflow: Dataflow, name: str) -> bool:
    rule = dataflow.levels.get(name)
    return rule is None or rule.spatial_x == rule.spatial_y


def _costs(table: MachineTable, bits: int, storage: tuple[StorageCost, ...]) -> Costs:
    mac = table.technology.mac(bits)
    free = (0.0,) * len(storage)
    return replace(Costs(storage, free, mac.energy_pj), mac_linear_pj=mac.linear_pj)

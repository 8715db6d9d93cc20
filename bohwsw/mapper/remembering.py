"""A mapper that maps no layer twice onto one machine: for searches in which networks change.

Networks of one model file share most of their layers, so a search over networks and machines
meets the same layer on the same machine again and again. What is found then must not depend on
which network came first: a layer has a seed of its own, and starts from no other's mapping.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.mapper import Mapper, MapperResult, Objective
from bohwsw.mapping import Mapping, MapSpace
from bohwsw.simulator import Costs

MOST_KEPT = 20_000
"""Results that are remembered in a process, the latest used; some 2 KB each."""

_KEPT: OrderedDict[Hashable, MapperResult] = OrderedDict()


@dataclass(frozen=True)
class RememberingMapper:
    """Another mapper, with what it has found in this process."""

    mapper: Mapper = field(default_factory=AnnealingMapper)  # finds what is not known
    name: str = "remembering"

    def search(
        self,
        space: MapSpace,
        costs: Costs,
        *,
        objective: Objective = "edp",
        evaluations: int = 1_000_000,
        seed: int = 0,
        threads: int = 1,
        warm_starts: Sequence[Mapping] = (),
    ) -> MapperResult:
        """Find a good mapping, or remember it; takes no notice of seed and warm starts."""
        layer, flow = space.layer, space.dataflow
        machine = (space.architecture, tuple(flow.levels.items()), flow.single_axis, costs)
        key = (self.mapper, layer.shape, machine, objective, evaluations)
        found = _KEPT.get(key)
        if found is None:
            found = self.mapper.search(
                space,
                costs,
                objective=objective,
                evaluations=evaluations,
                seed=zlib.crc32(repr(layer.shape).encode()),
                threads=threads,
            )
            found = _KEPT[key] = replace(found, trace=found.trace[-1:])
            if len(_KEPT) > MOST_KEPT:
                _KEPT.popitem(last=False)
        else:
            _KEPT.move_to_end(key)
            found = replace(found, evaluations=0)
        return found

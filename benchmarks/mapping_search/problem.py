"""What is searched: one layer on Eyeriss with 168 PEs, in two map spaces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.mapper.problem import reference_problems
from bohwsw.errors import unknown_name
from bohwsw.mapping.dataflow import FREE, Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping_search import Encoding, MappingSpace
from bohwsw.simulator.costs import Costs

FIXED_BYPASS = Dataflow(
    {
        "GLB": LevelDataflow(keep=frozenset({"Inputs", "Outputs"}), bypass=frozenset({"Weights"})),
        "InputSpad": LevelDataflow(keep=frozenset({"Inputs"})),
        "WeightSpad": LevelDataflow(keep=frozenset({"Weights"})),
        "OutputSpad": LevelDataflow(keep=frozenset({"Outputs"})),
    }
)
"""What keeps what is settled as in Eyeriss; the best known figures belong to this space."""

DATAFLOWS: dict[str, Dataflow] = {"free": FREE, "restricted": FIXED_BYPASS}
"""The map spaces by name: any level may be bypassed, or none may."""


@dataclass(frozen=True)
class SearchProblem:
    """One layer on the machine in one map space.

    Attributes:
        layer: name of the layer.
        space_name: a key of `DATAFLOWS`.
        map_space: the mappings.
        costs: what the machine's actions cost.
        best_known_edp_pj_cycles: see ``benchmarks/mapper/reference.json``.
    """

    layer: str
    space_name: str
    map_space: MapSpace
    costs: Costs
    best_known_edp_pj_cycles: float

    def space(self, encoding: Encoding) -> MappingSpace:
        """The mappings as a design space."""
        found = self.map_space
        return MappingSpace(found.layer, found.architecture, found.dataflow, encoding=encoding)


@lru_cache(maxsize=1)
def search_problems() -> dict[tuple[str, str], SearchProblem]:
    """All problems by (name of the map space, name of the layer)."""
    return {
        (space_name, problem.layer): SearchProblem(
            layer=problem.layer,
            space_name=space_name,
            map_space=MapSpace(problem.space.layer, problem.space.architecture, dataflow),
            costs=problem.costs,
            best_known_edp_pj_cycles=problem.best_known_edp_pj_cycles or float("nan"),
        )
        for space_name, dataflow in DATAFLOWS.items()
        for problem in reference_problems()
    }


def layer_names() -> tuple[str, ...]:
    """The layers, in the order of the tables."""
    return tuple(dict.fromkeys(layer for _, layer in search_problems()))


def check_layers(names: Iterable[str]) -> list[str]:
    """The names as a list.

    Raises:
        SpecError: one of them is not a layer.
    """
    for name in names:
        if name not in layer_names():
            raise unknown_name("layer", name, layer_names())
    return list(names)

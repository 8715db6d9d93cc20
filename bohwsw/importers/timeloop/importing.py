"""Timeloop's YAML files, versions 0.2 to 0.4, as a machine, a layer and a mapping of ours.

Sources: NVlabs/timeloop (buffer.cpp, topology.cpp, parser.cpp, constraints.cpp; the cheat sheets of
version 0.4). The files are read, not what Timeloop's front end makes of them: templates, includes
and Python in expressions are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.importers.timeloop.attributes import Scope
from bohwsw.importers.timeloop.constraints import Restrictions
from bohwsw.importers.timeloop.energies import costs_of
from bohwsw.importers.timeloop.machine import Machine, machine_of
from bohwsw.importers.timeloop.nest import mapping_of
from bohwsw.importers.timeloop.place import NotModelled, Place
from bohwsw.importers.timeloop.problem import USUAL, Shape, shape_of
from bohwsw.importers.timeloop.yaml_tree import read_documents
from bohwsw.mapping import Mapping
from bohwsw.simulator import Costs
from bohwsw.workload import Layer, Network, network_from_layers

CONSTRAINTS = (
    "architecture_constraints",
    "arch_constraints",
    "mapspace_constraints",
    "constraints",
    "mapspace",
)
SINGLE = ("architecture", "arch", "problem", "mapping", "ERT", "variables")
NAMED = {
    "ART": "areas: those of the space's technology hold",
    "mapper": "how Timeloop's mapper searches",
    "compound_components": "components made of others: an ERT has what they cost",
    "components": "components made of others: an ERT has what they cost",
    "sparse_optimizations": "sparsity: every value is counted, zero or not",
    "globals": "settings of Timeloop's front end",
    "layout": "how words lie in banks",
    "ERT_summary": "an ERT has the same and more",
    "ART_summary": "areas: those of the space's technology hold",
    "energy_estimation": "what Accelergy makes of counts",
    "flattened_architecture": "what Accelergy makes of an architecture",
    "action_counts": "counts of a run",
    "model": "settings of timeloop-model",
}
"""Top-level keys that are named, and what they are."""
SILENT = ("dumped_by_timeloop_front_end", "version")


@dataclass(frozen=True)
class ImportedTimeloop:
    """What files of Timeloop say, as far as we model it.

    Attributes:
        name: of the machine: the name of its file.
        architecture: the machine, if the files have one.
        costs: its prices: of the files, else Timeloop's own of that machine.
        has_energies: whether the files give prices.
        dataflow: restrictions on mappings, laid out as in a space file.
        single_axis: whether a dimension may unroll on one axis only below each level.
        network: one layer, if the files have a problem.
        mapping: of that layer on that machine, if the files have one.
        not_modelled: everything else that the files say.
    """

    name: str
    architecture: Architecture | None = None
    costs: Costs | None = None
    has_energies: bool = False
    dataflow: dict[str, dict[str, Any]] | None = None
    single_axis: bool = True
    network: Network | None = None
    mapping: Mapping | None = None
    not_modelled: tuple[NotModelled, ...] = ()

    @property
    def layer(self) -> Layer | None:
        """The layer of the problem."""
        return None if self.network is None else self.network.unique_layers()[0].layer


def import_timeloop(paths: Sequence[str | Path]) -> ImportedTimeloop:
    """Read files of Timeloop that belong together, in any order; one may hold all.

    Args:
        paths: of an architecture, a problem, a mapping, constraints, energies (ERT), variables:
            any of them, each once; constraints as often as there are.

    Raises:
        SpecError: a file cannot be read or is not valid, or they do not fit one another; it says
            the file with the line, and the key path.
    """
    notes: list[NotModelled] = []
    if not paths:
        raise SpecError("no files", expected="YAML files of Timeloop")
    single, constraints = _sections(paths, notes)
    variables = Scope(single["variables"].mapping() if "variables" in single else {})
    architecture = single.get("architecture", single.get("arch"))
    problem = single.get("problem")
    if architecture is None and problem is None:
        names = ", ".join(map(str, paths))
        raise SpecError("neither a machine nor a problem", file=names, expected="one of them")
    shape = USUAL if problem is None else shape_of(problem, _stem(problem))
    network = None
    if shape.layer is not None:
        network = network_from_layers(shape.layer.name, [(shape.layer, 1)])
    mapping_place = single.get("mapping")
    if architecture is None:
        for place in (*constraints, *filter(None, [mapping_place, single.get("ERT")])):
            place.note("not read: it is about a machine, and no architecture is given")
        return ImportedTimeloop(
            shape.layer.name if shape.layer else "",
            network=network,
            not_modelled=_ordered(notes, paths),
        )
    machine = machine_of(architecture, variables, _stem(architecture))
    costs, has_energies = costs_of(machine, single.get("ERT"))
    mapping = None
    if mapping_place is not None:
        if shape.layer is None:
            raise mapping_place.error("a mapping without its problem", "the problem's file, too")
        mapping = mapping_of(mapping_place, machine, shape)
    return ImportedTimeloop(
        machine.architecture.name,
        machine.architecture,
        costs,
        has_energies,
        _dataflow(machine, shape, constraints),
        all(len(machine.fans_of(index)) < 2 for index in range(len(machine.levels))),
        network,
        mapping,
        _ordered(notes, paths),
    )


def _dataflow(machine: Machine, shape: Shape, constraints: list[Place]) -> dict[str, Any]:
    restrictions = Restrictions(machine, shape)
    restrictions.of_nodes()
    for place in constraints:
        restrictions.of_list(place)
    return restrictions.data()


def _sections(
    paths: Sequence[str | Path], notes: list[NotModelled]
) -> tuple[dict[str, Place], list[Place]]:
    """What the files hold by top-level key, and all constraints."""
    single: dict[str, Place] = {}
    constraints: list[Place] = []
    for path in paths:
        for document in read_documents(path, notes):
            for key, place in document.mapping().items():
                if key in CONSTRAINTS:
                    constraints.append(place)
                elif key in NAMED:
                    place.note(NAMED[key])
                elif key in SINGLE:
                    name = "architecture" if key == "arch" else key
                    if name in single:
                        first = single[name]
                        where = f"one; there is one in {first.file}: line {first.item.line}"
                        raise place.error(f"a second {name}", where)
                    single[name] = place
                elif key not in SILENT:
                    raise place.unknown("key", key, [*SINGLE, *CONSTRAINTS, *NAMED])
    return single, constraints


def _ordered(notes: list[NotModelled], paths: Sequence[str | Path]) -> tuple[NotModelled, ...]:
    """By file, as they were given, and line."""
    files = [str(path) for path in paths]
    return tuple(sorted(notes, key=lambda note: (files.index(note.file), note.line)))


def _stem(place: Place) -> str:
    """A name for what a file holds: the file's, without its endings."""
    return Path(place.file).name.split(".")[0][:100] or "timeloop"

"""Timeloop's YAML files, versions 0.2 to 0.4, as a machine, a layer and a mapping of ours.

Sources: NVlabs/timeloop (buffer.cpp, topology.cpp, parser.cpp, constraints.cpp; the cheat sheets of
version 0.4). The files are read, not what Timeloop's front end makes of them: templates, includes
and Python in expressions are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bohwsw.errors import SpecError
from bohwsw.importers.timeloop.constraints import Restrictions
from bohwsw.importers.timeloop.energies import costs_of
from bohwsw.importers.timeloop.machine import machine_of
from bohwsw.importers.timeloop.nest import mapping_of
from bohwsw.importers.timeloop.problem import USUAL, shape_of
from bohwsw.importers.yaml_files.imported import ImportedFiles, in_order, stem_of
from bohwsw.importers.yaml_files.place import NotModelled
from bohwsw.importers.yaml_files.scope import Scope
from bohwsw.importers.yaml_files.yaml_tree import sections_of
from bohwsw.workload import network_from_layers

TOOL = "Timeloop"
TAGS = ("Container", "Component", "Parallel", "Hierarchical", "Pipelined", "Nothing")
"""Of nodes."""
CONSTRAINTS = (
    "architecture_constraints",
    "arch_constraints",
    "mapspace_constraints",
    "constraints",
    "mapspace",
)
SINGLE = {x: x for x in ("architecture", "problem", "mapping", "ERT", "variables")}
SINGLE["arch"] = "architecture"
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


def import_timeloop(paths: Sequence[str | Path]) -> ImportedFiles:
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
    single, constraints = sections_of(paths, notes, TAGS, SINGLE, NAMED, CONSTRAINTS, SILENT)
    variables = Scope(single["variables"].mapping() if "variables" in single else {})
    architecture = single.get("architecture")
    problem = single.get("problem")
    if architecture is None and problem is None:
        names = ", ".join(map(str, paths))
        raise SpecError("neither a machine nor a problem", file=names, expected="one of them")
    shape = USUAL if problem is None else shape_of(problem, stem_of(problem))
    network = None
    if shape.layer is not None:
        network = network_from_layers(shape.layer.name, [(shape.layer, 1)])
    mapping_place = single.get("mapping")
    if architecture is None:
        for place in (*constraints, *filter(None, [mapping_place, single.get("ERT")])):
            place.note("not read: it is about a machine, and no architecture is given")
        return ImportedFiles(
            TOOL,
            shape.layer.name if shape.layer else "",
            network=network,
            not_modelled=in_order(notes, paths),
        )
    machine = machine_of(architecture, variables, stem_of(architecture))
    costs, has_energies = costs_of(machine, single.get("ERT"))
    mapping = None
    if mapping_place is not None:
        if shape.layer is None:
            raise mapping_place.error("a mapping without its problem", "the problem's file, too")
        mapping = mapping_of(mapping_place, machine, shape)
    restrictions = Restrictions(machine, shape)
    restrictions.of_nodes()
    for place in constraints:
        restrictions.of_list(place)
    return ImportedFiles(
        TOOL,
        machine.architecture.name,
        machine.architecture,
        costs,
        has_energies,
        restrictions.data(),
        all(len(machine.fans_of(index)) < 2 for index in range(len(machine.levels))),
        network,
        mapping,
        in_order(notes, paths),
    )

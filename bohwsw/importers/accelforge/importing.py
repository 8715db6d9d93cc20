"""AccelForge's YAML files as a machine, a layer and a mapping of ours.

Sources: accelforge 1.0.467 (frontend/arch, frontend/workload.py, frontend/mapping). The files are
read, not what AccelForge makes of them: templates and models of components are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bohwsw.errors import SpecError
from bohwsw.importers.accelforge.machine import machine_of
from bohwsw.importers.accelforge.nest import mapping_of
from bohwsw.importers.accelforge.workload import workload_of
from bohwsw.importers.yaml_files.imported import ImportedFiles, in_order, stem_of
from bohwsw.importers.yaml_files.place import NotModelled
from bohwsw.importers.yaml_files.scope import Scope
from bohwsw.importers.yaml_files.yaml_tree import sections_of
from bohwsw.workload import network_from_layers

TOOL = "AccelForge"
OF_MACHINES = ("Memory", "Container", "Compute", "Toll", "Network", "Hierarchical", "Array", "Fork")
OF_NESTS = ("Storage", "Temporal", "Spatial", "Nested", "Sequential", "Pipeline", "Reservation")
TAGS = (*OF_MACHINES, *OF_NESTS)
SECTIONS = {x: x for x in ("arch", "workload", "mapping", "variables")}
NAMED = {
    "config": "settings of AccelForge",
    "renames": "names for tensors of all einsums: not read",
    "mapper": "how AccelForge's mapper searches",
    "model": "settings of AccelForge's model",
}


def import_accelforge(paths: Sequence[str | Path]) -> ImportedFiles:
    """Read files of AccelForge that belong together, in any order; one may hold all.

    Args:
        paths: of an architecture, a workload of one einsum, a mapping, variables: each once.

    Raises:
        SpecError: a file cannot be read or is not valid, or they do not fit one another; it says
            the file with the line, and the key path.
    """
    notes: list[NotModelled] = []
    single, _ = sections_of(paths, notes, TAGS, SECTIONS, NAMED)
    scope = Scope(single["variables"].mapping() if "variables" in single else {})
    arch, mapping = single.get("arch"), single.get("mapping")
    workload = workload_of(single["workload"], scope) if "workload" in single else None
    network = None
    if workload is not None and workload.shape.layer is not None:
        network = network_from_layers(workload.einsum, [(workload.shape.layer, workload.count)])
    if arch is None:
        if workload is None:
            names = ", ".join(map(str, paths))
            raise SpecError("neither a machine nor a workload", file=names, expected="one of them")
        if mapping is not None:
            mapping.note("not read: it is about a machine, and no arch is given")
        noted = in_order(notes, paths)
        return ImportedFiles(TOOL, workload.einsum, network=network, not_modelled=noted)
    machine = machine_of(arch, scope, stem_of(arch), workload)
    nest = None
    if mapping is not None:
        if workload is None:
            raise mapping.error("a mapping without its workload", "the workload's file, too")
        nest = mapping_of(mapping, machine, workload, scope)
    levels = machine.architecture.levels
    return ImportedFiles(
        TOOL,
        machine.architecture.name,
        machine.architecture,
        machine.costs,
        machine.has_energies,
        {levels[index].name: {"keep": spaces} for index, spaces in machine.keep.items()},
        single_axis=False,
        network=network,
        mapping=nest,
        not_modelled=in_order(notes, paths),
    )

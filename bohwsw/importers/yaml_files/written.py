"""What was imported, in files of ours: space, model, design, and the case with its prices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bohwsw.arch import Architecture, architecture_data
from bohwsw.atomicfile import atomic_write
from bohwsw.codesign import design_from_dict, space_from_dict
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.importers.yaml_files.imported import ImportedFiles
from bohwsw.mapping import mapping_data
from bohwsw.simulator import case_data
from bohwsw.workload import layer_data, network_from_dict
from bohwsw.yamlfile import yaml_text

TECHNOLOGY = {"energy": "timeloop-pat", "area": "cacti-45nm"}
"""Timeloop's own energies, where the files give no others; areas are of none of them."""


def space_data(imported: ImportedFiles) -> tuple[dict[str, Any], list[str]]:
    """The machine as a space of one point, laid out as in a space file; and what differs there.

    Raises:
        SpecError: there is no machine, or none that a space file can hold.
    """
    architecture = _architecture(imported)
    data, changes = _buildable(architecture)
    if imported.has_energies:
        changes.append(
            "energies of the files: a space file names a technology instead, here "
            f"{TECHNOLOGY['energy']}; the case has them"
        )
    space = {
        "name": imported.name,
        "description": f"imported from files of {imported.tool}",
        "technology": dict(TECHNOLOGY),
        "architecture": data,
        **({"dataflow": imported.dataflow} if imported.dataflow else {}),
        **({} if imported.single_axis else {"single_axis": False}),
        "baseline": {"point": {}},
    }
    space_from_dict(space)
    return space, changes


def model_data(imported: ImportedFiles) -> dict[str, Any]:
    """The layer as a network, laid out as in a model file; a SpecError if there is no layer."""
    if imported.network is None:
        raise SpecError("the files have no layer", expected="a layer")
    model = {
        "name": imported.network.name,
        "description": f"imported from files of {imported.tool}",
        "layers": [layer_data(entry) for entry in imported.network.unique_layers()],
    }
    network_from_dict(model)
    return model


def mapped_data(imported: ImportedFiles) -> tuple[dict[str, Any], dict[str, Any]]:
    """Layer, machine and mapping as a design, and as a case, which has the prices.

    Raises:
        SpecError: there is no mapping.
    """
    architecture = _architecture(imported)
    if imported.mapping is None or imported.network is None or imported.costs is None:
        raise SpecError("the files have no mapping", expected="a problem and a mapping")
    entry = imported.network.unique_layers()[0]
    design = {
        "network": imported.network.name,
        "space": imported.name,
        "technology": dict(TECHNOLOGY),
        "architecture": _buildable(architecture)[0],
        "layers": [
            {"layer": layer_data(entry), "mapping": mapping_data(architecture, imported.mapping)}
        ],
    }
    design_from_dict(design)
    case = case_data(imported.name, entry.layer, architecture, imported.mapping, imported.costs)
    return design, case


def write_imported(imported: ImportedFiles, folder: Path) -> tuple[list[Path], list[str]]:
    """Write files of ours into a folder: what there is of space, model, design and case.

    Returns:
        The files, and what they do not hold of what was imported.

    Raises:
        SpecError: the machine is none that a space file can hold.
        ResultFolderError: a file cannot be written.
    """
    texts: dict[str, str] = {}
    changes: list[str] = []
    if imported.architecture is not None:
        space, changes = space_data(imported)
        texts["space.yaml"] = yaml_text(space)
    if imported.network is not None:
        texts["model.yaml"] = yaml_text(model_data(imported))
    if imported.mapping is not None:
        design, case = mapped_data(imported)
        texts["design.yaml"] = yaml_text(design)
        texts["case.jsonl"] = json.dumps(case, allow_nan=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResultFolderError(f"{folder} cannot be a folder for results: {reason}") from error
    for name, text in texts.items():
        atomic_write(folder / name, text)
    return [folder / name for name in texts], changes


def _architecture(imported: ImportedFiles) -> Architecture:
    if imported.architecture is None:
        raise SpecError("the files have no machine", expected="an architecture")
    return imported.architecture


def _buildable(architecture: Architecture) -> tuple[dict[str, Any], list[str]]:
    """A machine for a space file, which refuses what could not be built."""
    data, changes = architecture_data(architecture), []
    narrowest = min(level.word_bits for level in architecture.levels)
    if narrowest < architecture.mac.word_bits:
        data["mac"]["word_bits"] = narrowest
        changes.append(
            f"units of {architecture.mac.word_bits} bits: of {narrowest}, as wide as the narrowest "
            "words"
        )
    for level, found in zip(architecture.levels, data["levels"], strict=True):
        if level.instances % level.cluster_size:
            found["cluster_size"] = 1
            changes.append(
                f"{level.name}: clusters of {level.cluster_size} do not divide its "
                f"{level.instances} instances; each has an array of its own"
            )
    return data, changes

"""What ``import`` does: read other tools' files, write files of ours, say what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from bohwsw.arch import architecture_data
from bohwsw.cli import console
from bohwsw.cli.models import Bindings
from bohwsw.errors import SpecError
from bohwsw.importers import ImportedFiles, import_files, write_imported
from bohwsw.mapping import mapping_data, nest_text
from bohwsw.simulator import Evaluation, simulate
from bohwsw.workload import layer_data, tensor_words

YAML = (".yaml", ".yml")


def import_and_show(
    files: Sequence[Path], bindings: Bindings, out: Path | None, as_json: bool
) -> None:
    """Import YAML files that belong together; write ours, show them."""
    if bindings:
        raise SpecError("only ONNX files leave sizes open", key_path="--bind", got=list(bindings))
    for file in files:
        if file.suffix.lower() not in YAML:
            expected = f".onnx, or {' or '.join(YAML)} of Timeloop or AccelForge"
            problem = "not a kind of file that can be imported"
            raise SpecError(problem, file=str(file), expected=expected)
    imported = import_files(files)
    written: list[Path] = []
    changes: list[str] = []
    if out is not None:
        written, changes = write_imported(imported, out)
    evaluation: Evaluation | None = None
    if imported.layer is not None and imported.mapping is not None:
        assert imported.architecture is not None
        assert imported.costs is not None
        parts = (imported.layer, imported.architecture, imported.mapping, imported.costs)
        evaluation = simulate(*parts)
    if as_json:
        console.print_json(imported_data(imported, evaluation, written, changes))
        return
    console.show([*_views(imported, evaluation), *(f"not modelled: {x}" for x in changes)])
    console.show(f"not modelled: {note}" for note in imported.not_modelled)
    console.show(f"written: {path}" for path in written)


def imported_data(
    imported: ImportedFiles,
    evaluation: Evaluation | None,
    written: Sequence[Path] = (),
    changes: Sequence[str] = (),
) -> dict[str, Any]:
    """What was imported as plain data."""
    data: dict[str, Any] = {"name": imported.name, "macs": None, "layers": []}
    if imported.network is not None:
        data["macs"] = imported.network.macs
        data["layers"] = [
            {
                **layer_data(entry),
                "macs": entry.layer.macs,
                "input_words": tensor_words(entry.layer, "Inputs"),
            }
            for entry in imported.network.unique_layers()
        ]
    if imported.architecture is not None:
        data["architecture"] = architecture_data(imported.architecture)
        data["dataflow"] = imported.dataflow
        if imported.mapping is not None:
            data["mapping"] = mapping_data(imported.architecture, imported.mapping)
    if evaluation is not None:
        data["valid"] = evaluation.valid
        data["violations"] = [str(violation) for violation in evaluation.violations]
        for key in ("energy_pj", "latency_cycles", "edp_pj_cycles"):
            data[key] = getattr(evaluation, key)
    data["has_energies"] = imported.has_energies
    data["not_modelled"] = [note._asdict() for note in imported.not_modelled]
    data["not_written"] = list(changes)
    data["written"] = [str(path) for path in written]
    return data


def _views(imported: ImportedFiles, evaluation: Evaluation | None) -> list[Table | str]:
    views: list[Table | str] = []
    machine = imported.architecture
    if machine is not None:
        table = Table(
            "level", "kind", "entries", "bits", "instances", "fan-out", title=machine.name
        )
        for index, level in enumerate(machine.levels):
            x, y = machine.fanout(index)
            entries = "" if level.entries is None else f"{level.entries}"
            sizes = (f"{level.word_bits}", f"{level.instances}", f"{x} x {y}")
            table.add_row(level.name, level.kind, entries, *sizes)
        table.add_row("MAC", "", "", f"{machine.mac.word_bits}", f"{machine.macs}", "")
        views.append(table)
    if imported.layer is not None:
        dims = ", ".join(f"{d} {n}" for d, n in imported.layer.sizes.items() if n > 1)
        views.append(f"layer {imported.layer.name}: {imported.layer.macs} MACs ({dims})")
    if imported.mapping is not None and machine is not None:
        views.append(nest_text(imported.mapping, [level.name for level in machine.levels]))
    if evaluation is not None:
        views += [str(violation) for violation in evaluation.violations]
    if evaluation is not None and evaluation.valid:
        views.append(
            f"energy {evaluation.energy_pj:.6g} pJ, latency {evaluation.latency_cycles} cycles"
        )
    return views

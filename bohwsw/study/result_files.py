"""Which file of a study's folder holds which design, and the closing figures beside them."""

from __future__ import annotations

import re
from typing import Any

from bohwsw.codesign import Design, HardwareSpace, Rejection, save_design
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.result_folder import ResultFolder

_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


def design_files(result: CodesignResult) -> dict[str, dict[str, Design]]:
    """Names of the files of each design, with what stands in them.

    ``best`` or, with several objectives, ``front-1`` and so on; ``baseline``; ``baseline-free``.
    Several networks have a file each, its name ending in theirs.
    """
    found: dict[str, Design | Rejection | None] = {}
    if len(result.objectives) == 1:
        found["best"] = result.best
    else:
        found |= {f"front-{number}": x for number, x in enumerate(result.designs, start=1)}
    found |= {"baseline": result.baseline, "baseline-free": result.baseline_free}
    taken: set[str] = set()
    return {
        name: _files(name, design, taken)
        for name, design in found.items()
        if isinstance(design, Design)
    }


def store_result(result: CodesignResult, space: HardwareSpace, store: ResultFolder) -> None:
    """Write the closing figures and every design."""
    files = design_files(result)
    store.write_result(closing_figures(result.to_data(), files))
    for designs in files.values():
        for file, design in designs.items():
            save_design(
                design, store.path / file, space=space.name, technology=space.spec.technology
            )


def closing_figures(data: dict[str, Any], files: dict[str, dict[str, Design]]) -> dict[str, Any]:
    """The data of a result without its trials and layers, with the names of the files."""
    figures = {key: value for key, value in data.items() if key not in ("trials", "folder")}
    figures["baseline-free"] = figures.pop("baseline_free")
    for key in ("best", "baseline", "baseline-free"):
        if figures.get(key):
            figures[key] = _without_layers(figures[key])
    if "front" in figures:
        figures["front"] = [
            {**_without_layers(entry), "files": list(files[f"front-{number}"])}
            for number, entry in enumerate(figures["front"], start=1)
        ]
    for key in ("space_bound", "headroom", "baseline-free"):
        if figures.get(key, 0) is None:
            del figures[key]
    figures["files"] = [file for designs in files.values() for file in designs]
    return figures


def _without_layers(design: dict[str, Any]) -> dict[str, Any]:
    short = {key: value for key, value in design.items() if key not in ("layers", "unmapped")}
    if "networks" in short:
        short["networks"] = {
            name: _without_layers(network) for name, network in short["networks"].items()
        }
    return short


def _files(name: str, design: Design, taken: set[str]) -> dict[str, Design]:
    """A file name for each network of a design; none that is taken, nor two that differ by case."""
    files = {}
    for one in design.each():
        stem = name
        if len(design.networks) > 1:
            stem = f"{name}-{_ODD.sub('-', one.network)}"
        number, free = 2, stem
        while free.lower() in taken:
            number, free = number + 1, f"{stem}-{number}"
        taken.add(free.lower())
        files[f"{free}.yaml"] = one
    return files

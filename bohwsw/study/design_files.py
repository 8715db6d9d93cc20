"""Which file of a study's folder holds which design, and the closing figures beside them."""

from __future__ import annotations

import re
from typing import Any

from bohwsw.codesign.chip_design import ChipDesign
from bohwsw.codesign.design import Design, Rejection
from bohwsw.codesign.design_file import save_design
from bohwsw.codesign.hardware_space import HardwareSpace
from bohwsw.study.codesign_result import CodesignResult, chip_figures, improvement
from bohwsw.study.result_folder import ResultFolder

_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


def chip_files(result: CodesignResult) -> dict[str, dict[str, Design]]:
    """Names of the files of each chip, with the designs in them.

    ``best`` or, with several objectives, ``front-1`` and so on; ``baseline``; ``baseline-free``.
    Several networks have a file each, its name ending in theirs.
    """
    chips: dict[str, ChipDesign | Rejection | None] = {}
    if len(result.objectives) == 1:
        chips["best"] = result.chip
    else:
        chips |= {f"front-{number}": chip for number, chip in enumerate(result.chips, start=1)}
    chips |= {"baseline": result.baseline_chip, "baseline-free": result.baseline_free_chip}
    taken: set[str] = set()
    return {
        name: _files(name, chip, taken)
        for name, chip in chips.items()
        if isinstance(chip, ChipDesign)
    }


def store_result(result: CodesignResult, space: HardwareSpace, store: ResultFolder) -> None:
    """Write the closing figures and every design."""
    files = chip_files(result)
    store.write_result(result_figures(result, files))
    for designs in files.values():
        for file, design in designs.items():
            save_design(
                design, store.path / file, space=space.name, technology=space.spec.technology
            )


def result_figures(result: CodesignResult, files: dict[str, dict[str, Design]]) -> dict[str, Any]:
    """The closing figures as plain data."""
    figures: dict[str, Any] = {}
    if len(result.objectives) == 1:
        figures["best"] = chip_figures(result.chip)
    else:
        figures["objectives"] = list(result.objectives)
        figures["front"] = [
            _front_entry(result, chip, list(files[f"front-{number}"]))
            for number, chip in enumerate(result.chips, start=1)
        ]
    for name, chip in (
        ("baseline", result.baseline_chip),
        ("baseline-free", result.baseline_free_chip),
    ):
        if isinstance(chip, ChipDesign):
            figures[name] = chip_figures(chip)
    if len(result.objectives) == 1:
        figures["improvement"] = result.improvement
        figures["improvement_over_free_baseline"] = result.improvement_over(
            result.baseline_free_chip
        )
        if result.space_bound is not None:
            figures["space_bound"] = result.space_bound
            figures["headroom"] = result.headroom
    figures["seconds"] = result.seconds.to_json()
    figures["files"] = [file for designs in files.values() for file in designs]
    return figures


def _front_entry(result: CodesignResult, chip: ChipDesign, files: list[str]) -> dict[str, Any]:
    return {
        "point": dict(chip.hardware.point),
        **chip_figures(chip),
        "improvement": {
            name: improvement(chip, result.baseline_chip, name) for name in result.objectives
        },
        "files": files,
    }


def _files(name: str, chip: ChipDesign, taken: set[str]) -> dict[str, Design]:
    """A file name for each design of a chip; none that is taken, nor two that differ by case."""
    files = {}
    for design in chip.designs:
        stem = name
        if len(chip.designs) > 1:
            stem = f"{name}-{_ODD.sub('-', design.network)}"
        number, free = 2, stem
        while free.lower() in taken:
            number, free = number + 1, f"{stem}-{number}"
        taken.add(free.lower())
        files[f"{free}.yaml"] = design
    return files

"""Designs as cases: one line of JSON for each layer's mapping, for other tools to run."""

from __future__ import annotations

import json
from pathlib import Path

from bohwsw.atomicfile import atomic_write
from bohwsw.codesign.design import Design
from bohwsw.simulator.case_writer import case_data


def save_cases(design: Design, path: Path) -> None:
    """Write the mappings of a design in the format of ``bohwsw evaluate --cases``.

    Raises:
        SpecError: a mapping has imperfect factors.
        ResultFolderError: the file cannot be written.
    """
    hardware = design.hardware
    lines = [
        json.dumps(
            case_data(
                f"{design.network}/{mapped.entry.layer.name}",
                mapped.entry.layer,
                hardware.architecture,
                mapped.mapping,
                hardware.costs,
            ),
            allow_nan=False,
        )
        for mapped in design.layers
    ]
    atomic_write(path, "\n".join(lines) + "\n")

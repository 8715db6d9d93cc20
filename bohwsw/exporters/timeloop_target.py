"""A design for Timeloop 3.0.3: a folder a layer, each with what ``timeloop-model`` reads."""

from __future__ import annotations

import yaml

from bohwsw.codesign import Design
from bohwsw.errors import SpecError
from bohwsw.exporters.export import Export, counts_line, exporter, layer_folders
from bohwsw.plugins import LINKS_OFF, timeloop_files_of

TARGET = "Timeloop 3.0.3 (tag v3.0.3 of NVlabs/timeloop)"


@exporter("timeloop")
def timeloop(design: Design) -> Export:
    """Architecture, energies per action, problem and mapping of each layer."""
    files: dict[str, str] = {}
    lost = []
    for name, mapped in layer_folders(design):
        core = design.core_of(mapped)
        try:
            made = timeloop_files_of(
                mapped.entry.layer, core.architecture, mapped.mapping, core.costs
            )
        except SpecError as error:
            lost.append(f"{name}: {error}")
            continue
        for file, data in made.items():
            files[f"{name}/{file}"] = yaml.safe_dump(data, sort_keys=False)
    if not files:
        raise SpecError("Timeloop's files hold no layer of this design", got=lost[0])
    how = (
        "In the folder of a layer:",
        "",
        "```sh",
        f"{LINKS_OFF}=1 timeloop-model architecture.yaml energies.yaml problem.yaml mapping.yaml",
        "```",
        "",
        f"`{LINKS_OFF}=1` switches off transfers between neighbouring PEs, which we do not count;"
        " with it, counts are equal. Energies per action are in the files: no Accelergy is needed.",
        counts_line(design),
    )
    same = (
        "The graph of the network: Timeloop evaluates one layer at a time.",
        "Areas: the files have none.",
    )
    return Export(TARGET, files, how, (*lost, *same))

"""A design for Timeloop 3.0.3: a folder a layer, each with what ``timeloop-model`` reads."""

from __future__ import annotations

from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.exporters.export import Export, export_layers, yaml_texts
from bohwsw.plugins import LINKS_OFF, timeloop_files_of

TARGET = "Timeloop 3.0.3 (tag v3.0.3 of NVlabs/timeloop)"


HOW = (
    "In the folder of a layer:",
    "",
    "```sh",
    f"{LINKS_OFF}=1 timeloop-model architecture.yaml energies.yaml problem.yaml mapping.yaml",
    "```",
    "",
    f"`{LINKS_OFF}=1` switches off transfers between neighbouring PEs, which we do not count;"
    " with it, counts are equal. Energies per action are in the files: no Accelergy is needed.",
)
LOST = (
    "The graph of the network: Timeloop evaluates one layer at a time.",
    "Areas: the files have none.",
)


def timeloop(design: Design) -> Export:
    """Architecture, energies per action, problem and mapping of each layer."""

    def files_of(mapped: MappedLayer, core: Hardware) -> dict[str, str]:
        layer = mapped.entry.layer
        files = timeloop_files_of(layer, core.architecture, mapped.mapping, core.costs)
        return yaml_texts(files)

    return export_layers(design, TARGET, files_of, HOW, LOST)

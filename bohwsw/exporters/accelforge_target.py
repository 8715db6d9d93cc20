"""A design for AccelForge: a folder a layer, each with architecture, workload and full mapping."""

from __future__ import annotations

from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.exporters.export import Export, export_layers
from bohwsw.plugins import accelforge_files

TARGET = "AccelForge 1.0.467"
HOW = (
    "```sh",
    "pip install accelforge==1.0.467 six   # Python 3.12",
    "python run.py FOLDER_OF_A_LAYER",
    "```",
)
DRIVER = '''"""Evaluate the layer in a folder by AccelForge: energy in pJ, latency in cycles."""

import sys
from pathlib import Path

import accelforge

folder = Path(sys.argv[1])
names = ("architecture.yaml", "workload.yaml", "mapping.yaml")
found = accelforge.Spec.from_yaml(*[folder / name for name in names]).evaluate_mapping()
print("energy_pj", float(found.energy()), "latency_cycles", float(found.latency()))
'''
LOST = (
    "Bits: a word is a bit in these files, and a cycle is a second.",
    "Blocks: their parts are counted pro rata.",
    "AccelForge reads an output once more when it leaves a level; no switch turns that off. Reads"
    " of outputs before they are first written are switched off: `skip_initial_output_write`.",
    "Inputs are counted otherwise where windows overlap; weights are counted alike.",
    "A tile is stored above all loops in time around it that leave it in place.",
)


def accelforge(design: Design) -> Export:
    """Architecture, workload and mapping of each layer, and a script that runs one."""

    def files_of(mapped: MappedLayer, core: Hardware) -> dict[str, str]:
        layer = mapped.entry.layer
        return accelforge_files(layer, core.architecture, mapped.mapping, core.costs)

    return export_layers(design, TARGET, files_of, HOW, LOST, {"run.py": DRIVER})

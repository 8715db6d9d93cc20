"""A design for AccelForge: a folder a layer, each with architecture, workload and full mapping."""

from __future__ import annotations

from bohwsw.codesign import Design
from bohwsw.errors import SpecError
from bohwsw.exporters.export import Export, counts_line, exporter, layer_folders
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


@exporter("accelforge")
def accelforge(design: Design) -> Export:
    """Architecture, workload and mapping of each layer, and a script that runs one."""
    files = {"run.py": DRIVER}
    lost = list(LOST)
    for name, mapped in layer_folders(design):
        core = design.core_of(mapped)
        try:
            made = accelforge_files(
                mapped.entry.layer, core.architecture, mapped.mapping, core.costs
            )
        except SpecError as error:
            lost.insert(0, f"{name}: {error}")
            continue
        files.update({f"{name}/{file}": text for file, text in made.items()})
    if len(files) == 1:
        raise SpecError("AccelForge's files hold no layer of this design", got=lost[0])
    return Export(TARGET, files, (*HOW, "", counts_line(design)), tuple(lost))

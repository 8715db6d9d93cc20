"""Designs as files for other tools, for compilers and for people."""

from bohwsw.exporters import (
    accelforge_target,
    loop_files,
    plain_files,
    stream_target,
    timeloop_target,
    zigzag_target,
)
from bohwsw.exporters.export import EXPORTERS, Export, Exporter, export_design, exporter
from bohwsw.exporters.loops import c_loops, pseudo_code, python_loops

TARGETS = (
    accelforge_target,
    loop_files,
    plain_files,
    stream_target,
    timeloop_target,
    zigzag_target,
)
"""The files that register targets."""

__all__ = [
    "EXPORTERS",
    "TARGETS",
    "Export",
    "Exporter",
    "c_loops",
    "export_design",
    "exporter",
    "pseudo_code",
    "python_loops",
]

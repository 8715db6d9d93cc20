"""Designs as files for other tools, for compilers and for people."""

from bohwsw.exporters import loop_files, plain_files, timeloop_target
from bohwsw.exporters.export import EXPORTERS, Export, Exporter, export_design, exporter
from bohwsw.exporters.loops import c_loops, pseudo_code, python_loops

TARGETS = (loop_files, plain_files, timeloop_target)
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

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
from bohwsw.exporters.tables import (
    FORMS,
    TABLE_FIGURES,
    check_form,
    layer_key,
    layer_values,
    network_values,
    networks_of_model,
    read_layer_table,
    read_network_table,
    table_content,
    table_figure,
)

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
    "FORMS",
    "TABLE_FIGURES",
    "TARGETS",
    "Export",
    "Exporter",
    "c_loops",
    "check_form",
    "export_design",
    "exporter",
    "layer_key",
    "layer_values",
    "network_values",
    "networks_of_model",
    "pseudo_code",
    "python_loops",
    "read_layer_table",
    "read_network_table",
    "table_content",
    "table_figure",
]

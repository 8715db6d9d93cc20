"""Designs as files for other tools, for compilers and for people."""

from bohwsw.exporters.accelforge_target import accelforge_files
from bohwsw.exporters.export import Export, export_layers
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
from bohwsw.exporters.targets import EXPORTERS, export_design
from bohwsw.exporters.timeloop_limits import check_expressible
from bohwsw.exporters.timeloop_target import LINKS_OFF, timeloop_files_of

__all__ = [
    "EXPORTERS",
    "FORMS",
    "LINKS_OFF",
    "TABLE_FIGURES",
    "Export",
    "accelforge_files",
    "c_loops",
    "check_expressible",
    "check_form",
    "export_design",
    "export_layers",
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
    "timeloop_files_of",
]

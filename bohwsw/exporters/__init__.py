"""Designs as files for other tools, for compilers and for people."""

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

__all__ = [
    "EXPORTERS",
    "FORMS",
    "TABLE_FIGURES",
    "Export",
    "c_loops",
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
]

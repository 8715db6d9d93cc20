"""What is computed: layers as loop nests, their tensors, networks as graphs, model files."""

from bohwsw.workload.dataspace import (
    RELEVANT_DIMENSIONS,
    axis_coefficients,
    box_widths,
    tensor_words,
    tile_words,
)
from bohwsw.workload.layer import (
    BITS,
    DATA_SPACES,
    DIMENSION_INDEX,
    DIMENSIONS,
    UNSUPPORTED,
    Layer,
    unknown_dimension,
)
from bohwsw.workload.layer_spec import LayerSpec, layer_data
from bohwsw.workload.model_data import network_data
from bohwsw.workload.model_file import (
    ModelFile,
    load_model,
    load_network,
    model_from_dict,
    network_from_dict,
)
from bohwsw.workload.network import CountedLayer, Edge, Network, Node, network_from_layers
from bohwsw.workload.operator import OPERATORS, VIEWS, Operator, Tensor

__all__ = [
    "BITS",
    "DATA_SPACES",
    "DIMENSIONS",
    "DIMENSION_INDEX",
    "OPERATORS",
    "RELEVANT_DIMENSIONS",
    "UNSUPPORTED",
    "VIEWS",
    "CountedLayer",
    "Edge",
    "Layer",
    "LayerSpec",
    "ModelFile",
    "Network",
    "Node",
    "Operator",
    "Tensor",
    "axis_coefficients",
    "box_widths",
    "layer_data",
    "load_model",
    "load_network",
    "model_from_dict",
    "network_data",
    "network_from_dict",
    "network_from_layers",
    "tensor_words",
    "tile_words",
    "unknown_dimension",
]

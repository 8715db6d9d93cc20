"""What is computed: layers as loop nests, the tensors they touch, networks of layers.

Reading networks from files is in ``bohwsw.workload.spec``: it needs pydantic, which takes longer to
import than all the rest of this room.
"""

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
    Layer,
    layer_from_sizes,
    unknown_dimension,
)
from bohwsw.workload.network import CountedLayer, Edge, Network, Node, network_from_layers
from bohwsw.workload.operator import OPERATORS, Operator, Tensor

__all__ = [
    "BITS",
    "DATA_SPACES",
    "DIMENSIONS",
    "DIMENSION_INDEX",
    "OPERATORS",
    "RELEVANT_DIMENSIONS",
    "CountedLayer",
    "Edge",
    "Layer",
    "Network",
    "Node",
    "Operator",
    "Tensor",
    "axis_coefficients",
    "box_widths",
    "layer_from_sizes",
    "network_from_layers",
    "tensor_words",
    "tile_words",
    "unknown_dimension",
]

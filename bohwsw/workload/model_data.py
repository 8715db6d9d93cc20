"""A network as plain data, laid out like a model file."""

from __future__ import annotations

from typing import Any

from bohwsw.workload.layer_spec import layer_data
from bohwsw.workload.network import CountedLayer, Network
from bohwsw.workload.operator import TENSOR_DIMENSIONS


def network_data(network: Network) -> dict[str, Any]:
    """A network in numbers; ``network_from_dict`` makes an equal one of it."""
    nodes = []
    for node in network.nodes:
        if isinstance(node, CountedLayer):
            data = layer_data(node)
            if node.count == 1:
                del data["count"]
        else:
            data = {"name": node.name, "op": node.kind}
            keys = (*TENSOR_DIMENSIONS, "bits")
            data |= {key: n for key in keys if (n := getattr(node, key)) is not None}
            data |= {"axis": node.axis} if node.axis != "K" else {}
        if inputs := network.inputs(node.name):
            data["inputs"] = list(inputs) if len(inputs) > 1 else inputs[0]
        if weights := network.inputs(node.name, "Weights"):
            data["weights"] = weights[0]
        nodes.append(data)
    described = {"description": network.description} if network.description else {}
    return {"name": network.name, **described, "layers": nodes}

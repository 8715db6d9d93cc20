"""A network for Stream: its nodes, its edges, and who runs them; read back it is the same."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from exporters.random_designs import RESIDUAL, random_designs
from random_nests import random_layer, random_mapping

import bohwsw
from bohwsw.codesign import Design, MappedLayer
from bohwsw.exporters import EXPORTERS
from bohwsw.exporters.stream_target import network_files
from bohwsw.importers import import_onnx
from bohwsw.simulator import simulate
from bohwsw.workload import CountedLayer, Edge, Network, network_from_dict

onnx = pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def design() -> Design:
    network = network_from_dict({"name": "residual", "layers": RESIDUAL})
    return bohwsw.map_network("edge-tpu-like", network, mapper="random", evaluations=100)


def layers(network: Network) -> Counter[tuple[int, ...]]:
    found: Counter[tuple[int, ...]] = Counter()
    for entry in network.unique_layers():
        plain = replace(entry.layer, input_width=None, input_height=None)
        found[plain.shape] += entry.count
    return found


def read_back(content: object, folder: Path) -> Network:
    """The network of a graph, with zeros for weights and a type that ONNX has convolutions of."""
    model = onnx.load_from_string(content)
    for weights in model.graph.initializer:
        if weights.data_type != onnx.TensorProto.INT64:
            weights.data_type = onnx.TensorProto.FLOAT
            weights.raw_data = bytes(math.prod(weights.dims) * 4)
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    onnx.save(model, folder / "workload.onnx")
    return import_onnx(folder / "workload.onnx").network()


def test_layers_and_edges_come_back(design: Design, tmp_path: Path) -> None:
    network = design.networks[0].network
    assert network is not None
    found = read_back(EXPORTERS["stream"](design).files["network/workload.onnx"], tmp_path)
    assert layers(found) == layers(network)
    kinds = Counter(getattr(node, "kind", "layer") for node in found.nodes)
    assert kinds == {"input": 1, "layer": 4, "activation": 1, "add": 1, "pool": 1, "reshape": 1}
    assert len(found.edges) == len(network.edges) - 1  # the normalisation is left out


def test_each_node_is_a_group_in_order(design: Design) -> None:
    files = EXPORTERS["stream"](design).files
    mapping: dict[str, Any] = yaml.safe_load(files["network/mapping.yaml"])
    names = [entry["name"] for entry in mapping["layers"]]
    assert [group["layers"] for group in mapping["fused_groups"]] == [[name] for name in names]
    assert len(names) == 4 + 3  # layers; activation, sum, pool
    cores = yaml.safe_load(files["network/hardware.yaml"])["cores"]
    used = {core for entry in mapping["layers"] for core in entry["core_allocation"][0]}
    assert used <= set(cores)


def test_random_layers_come_back(tmp_path: Path) -> None:
    """All in one graph, each with an input of its own."""
    rng = Random(3)
    machine = random_designs(3, 1)[0].hardware
    depth = machine.architecture.depth
    assert depth > 1
    mapped, nodes = {}, []
    for number in range(200):
        layer = replace(random_layer(rng, 4096), name=f"layer{number}")
        entry, mapping = CountedLayer(layer), random_mapping(rng, layer, depth)
        evaluation = simulate(layer, machine.architecture, mapping, machine.costs)
        mapped[layer.shape] = MappedLayer(entry, mapping, evaluation)
        nodes.append(entry)
    network = Network("random", tuple(nodes))
    found = read_back(network_files(network, mapped, machine)["workload.onnx"], tmp_path)
    assert layers(found) == layers(network)
    assert len(layers(network)) > 150


def test_what_stream_cannot_hold_is_said() -> None:
    attention = [
        {"name": "tokens", "op": "input", "K": 8, "P": 4},
        {"name": "key", "K": 8, "C": 8, "P": 4, "inputs": "tokens"},
        {"name": "qk", "K": 4, "C": 8, "P": 4, "inputs": "tokens", "weights": "key"},
    ]
    network = network_from_dict({"name": "attention", "layers": attention})
    assert Edge("key", "qk", "Weights") in network.edges
    design = bohwsw.map_network("edge-tpu-like", network, mapper="random", evaluations=50)
    made = EXPORTERS["stream"](design)
    assert not any(name.startswith("network/") for name in made.files)
    assert "no weights that the network computes" in made.lost[0]

"""Files for Stream: cores, allocation, tiles and a workload in ONNX, as the mapping has them."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import bohwsw
from bohwsw.codesign import Design
from bohwsw.errors import MissingExtraError
from bohwsw.exporters import export_design
from bohwsw.workload import Layer

LAYERS = [
    Layer("conv", N=2, K=8, C=4, P=6, Q=8, R=3, S=2, stride_w=2, dilation_h=2),
    Layer("depthwise", G=8, P=6, Q=6, R=3, S=3),
    Layer("product", P=8, C=16, K=8, weights_bits=4),
    Layer("heads", G=4, N=2, P=8, C=16, K=8),
]
LOOPS = {
    "Conv": "NPQRSCKG",
    "Gemm": "PCK",
    "MatMul": "GNPKC",
}
"""Our dimensions by the positions of the loops of Stream's nests."""


@pytest.fixture(scope="module")
def designs() -> list[Design]:
    return [
        bohwsw.map_layer(layer, space, mapper="random", evaluations=50)
        for layer in LAYERS
        for space in ("eyeriss-168", "simba-like", "edge-tpu-like")
    ]


def read(folder: Path) -> tuple[dict[str, Any], Any]:
    onnx = pytest.importorskip("onnx")
    (layer,) = (x for x in folder.iterdir() if x.is_dir())
    files = {x.stem: yaml.safe_load(x.read_text()) for x in layer.rglob("*.yaml")}
    return files, onnx.load(str(layer / "workload.onnx"))


def shape(value: Any) -> list[int]:
    return [axis.dim_value for axis in value.type.tensor_type.shape.dim]


def test_the_workload_is_the_layer(designs: list[Design], tmp_path: Path) -> None:
    from onnx import shape_inference

    for number, design in enumerate(designs):
        _, model = read(export_design(design, "stream", tmp_path / str(number)))
        layer = design.layers[0].entry.layer
        (node,) = model.graph.node
        (weights,) = model.graph.initializer
        assert not weights.raw_data
        assert math.prod(weights.dims) == layer.K * layer.C * layer.G * layer.R * layer.S
        (given,) = model.graph.output
        outputs = shape(given)
        reduced = layer.C * layer.R * layer.S
        assert math.prod(outputs) * reduced == layer.macs
        assert node.op_type == {"product": "Gemm", "heads": "MatMul"}.get(layer.name, "Conv")
        if layer.name != "product":  # of two element types, which onnx refuses
            given.type.tensor_type.ClearField("shape")
            found = shape_inference.infer_shapes(model, strict_mode=True)
            assert shape(found.graph.output[0]) == outputs


def test_cores_and_tiles_are_those_of_the_mapping(designs: list[Design], tmp_path: Path) -> None:
    for number, design in enumerate(designs):
        files, model = read(export_design(design, "stream", tmp_path / str(number)))
        (mapped,) = design.layers
        layer, outermost = mapped.entry.layer, mapped.mapping.levels[0]
        (allocation,) = files["mapping"]["layers"]
        (cores,) = allocation["core_allocation"]
        assert len(cores) == math.prod(factor for _, factor in outermost.spatial)
        assert list(files["hardware"]["cores"]) == [*cores, files["hardware"]["offchip_core_id"]]
        dims = LOOPS[model.graph.node[0].op_type]
        parts = dict.fromkeys(layer.sizes, 1)
        for split in (x for splits in allocation.get("inter_core_tiling", []) for x in splits):
            parts[dims[int(split["dim"][1:])]] *= split["split"]
        (group,) = files["mapping"]["fused_groups"]
        for tile in group["intra_core_tiling"]:
            dim = dims[int(tile["dim"].removeprefix("Layer.D"))]
            parts[dim] = layer.sizes[dim] // tile["tile"]
        expected = dict.fromkeys(layer.sizes, 1)
        for dim, factor in (*outermost.spatial, *outermost.temporal):
            expected[dim] *= factor
        assert parts == expected


def test_a_core_holds_what_its_outermost_memory_is_sent(
    designs: list[Design], tmp_path: Path
) -> None:
    for number, design in enumerate(designs):
        files, _ = read(export_design(design, "stream", tmp_path / str(number)))
        *_, outermost = files["core"]["memories"].values()
        assert outermost["operands"] == ["I2", "I1", "O"]
        level = design.hardware.architecture.levels[1]
        assert outermost["size"] >= level.entries * level.word_bits
        assert files["offchip"]["type"] == "zigzag.offchip"


def test_without_onnx_the_extra_is_named(
    designs: list[Design], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"bohwsw\[onnx\]"):
        export_design(designs[0], "stream", tmp_path / "out")
    assert not list(tmp_path.iterdir())

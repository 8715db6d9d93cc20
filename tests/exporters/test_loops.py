"""Loops in C and Python compute what the layer computes, whatever the mapping."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.exporters import c_loops, pseudo_code, python_loops
from bohwsw.mapping import FREE, LevelNest, Mapping, MapSpace, sample
from bohwsw.workload import Layer

MACHINE = Architecture(
    "small",
    (
        StorageLevel("DRAM", "dram"),
        StorageLevel("buffer", entries=4096),
        StorageLevel("spad", "regfile", entries=512, mesh_x=3, mesh_y=2),
    ),
    MacArray(mesh_x=3, mesh_y=2),
)
LAYERS = [
    Layer("conv", N=2, K=4, C=3, P=6, Q=4, R=3, S=2),
    Layer("strided", K=2, C=2, P=3, Q=4, R=3, S=3, stride_w=2, stride_h=3),
    Layer("dilated", K=2, C=2, P=4, Q=2, R=2, S=3, dilation_w=3, dilation_h=2),
    Layer("depthwise", G=6, P=4, Q=4, R=3, S=3, stride_w=2, stride_h=2),
    Layer("grouped", N=2, G=2, K=3, C=2, P=4, Q=2, R=2, S=1),
    Layer("product", P=6, C=8, K=4),
    Layer("heads", G=4, P=6, C=4, K=3),
    Layer('one "*/ \n name', K=1, C=1),
]


def tensors(layer: Layer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers, so that sums are exact in any order; and the outputs by numpy."""
    rng = np.random.default_rng(7)
    width = (layer.P - 1) * layer.stride_w + (layer.R - 1) * layer.dilation_w + 1
    height = (layer.Q - 1) * layer.stride_h + (layer.S - 1) * layer.dilation_h + 1
    weights = rng.integers(-9, 9, (layer.G, layer.K, layer.C, layer.R, layer.S))
    inputs = rng.integers(-9, 9, (layer.N, layer.G, layer.C, width, height))
    view = np.lib.stride_tricks.sliding_window_view(
        inputs,
        ((layer.R - 1) * layer.dilation_w + 1, (layer.S - 1) * layer.dilation_h + 1),
        axis=(3, 4),
    )[:, :, :, :: layer.stride_w, :: layer.stride_h, :: layer.dilation_w, :: layer.dilation_h]
    outputs = np.einsum("gkcrs,ngcpqrs->ngkpq", weights, view)
    return weights, inputs, outputs


def mappings(layer: Layer) -> list[Mapping]:
    batch = sample(MapSpace(layer, MACHINE, FREE), 5, seed=3)
    return [batch.mapping(row) for row in range(5)]


def run_python(text: str, layer: Layer, *arrays: np.ndarray) -> None:
    names: dict[str, object] = {}
    exec(compile(text, layer.name, "exec"), names)
    (function,) = (x for name, x in names.items() if name.startswith("layer_"))
    function(*arrays)  # type: ignore[operator]


def run_c(text: str, folder: Path, *arrays: np.ndarray) -> None:
    source, library = folder / "layer.c", folder / f"layer{len(list(folder.iterdir()))}.so"
    source.write_text(text)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-DVALUE=long long"]
    subprocess.run(
        ["cc", *flags, "-shared", "-fPIC", "-o", str(library), str(source)],
        check=True,
        capture_output=True,
    )
    name = text[text.index("void layer_") + 5 :].split("(")[0]
    ctypes.CDLL(str(library))[name](*(array.ctypes.data_as(ctypes.c_void_p) for array in arrays))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name[:9])
def test_loops_in_python_compute_the_layer(layer: Layer) -> None:
    weights, inputs, expected = tensors(layer)
    for mapping in mappings(layer):
        outputs = np.zeros_like(expected)
        run_python(python_loops(layer, MACHINE, mapping), layer, weights, inputs, outputs)
        np.testing.assert_array_equal(outputs, expected)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name[:9])
def test_loops_in_c_compute_the_layer(layer: Layer, tmp_path: Path) -> None:
    weights, inputs, expected = tensors(layer)
    for mapping in mappings(layer)[:2]:
        outputs = np.zeros_like(expected)
        run_c(c_loops(layer, MACHINE, mapping), tmp_path, weights, inputs, outputs)
        np.testing.assert_array_equal(outputs, expected)


def imperfect() -> tuple[Layer, Mapping]:
    layer = Layer("imperfect", K=5, C=3, P=7)
    outer = LevelNest((("K", 2), ("P", 3)))
    inner = LevelNest((("C", 3),), spatial_x=(("P", 3),), spatial_y=(("K", 2),))
    return layer, Mapping((outer, inner, LevelNest((("K", 2),))))


def test_imperfect_factors_stay_within_the_layer(tmp_path: Path) -> None:
    layer, mapping = imperfect()
    weights, inputs, expected = tensors(layer)
    outputs = np.zeros_like(expected)
    run_python(python_loops(layer, MACHINE, mapping), layer, weights, inputs, outputs)
    np.testing.assert_array_equal(outputs, expected)
    if shutil.which("cc"):
        outputs = np.zeros_like(expected)
        run_c(c_loops(layer, MACHINE, mapping), tmp_path, weights, inputs, outputs)
        np.testing.assert_array_equal(outputs, expected)


def test_pseudo_code_tells_what_buffers_hold() -> None:
    layer = Layer("conv1", K=4, C=2, P=6, R=3)
    outer = LevelNest((("K", 2),))
    buffer = LevelNest((("C", 2),), spatial_x=(("P", 3),), keep=frozenset({"Weights", "Inputs"}))
    mapping = Mapping((outer, buffer, LevelNest((("K", 2), ("P", 2), ("R", 3)))))
    assert pseudo_code(layer, MACHINE, mapping).splitlines() == [
        "# conv1: K=4 C=2 P=6 R=3",
        "# on small",
        "",
        "# DRAM holds Weights 24 + Inputs 16 + Outputs 24",
        "for k0 in 0..1:",
        "",
        "  # buffer holds Weights 12 + Inputs 16 = 28 of 4,096 words",
        "  for c1 in 0..1:",
        "    parallel for p1x in 0..2 on X:",
        "",
        "      # spad holds Weights 6 + Inputs 4 + Outputs 4 = 14 of 512 words",
        "      for k2 in 0..1:",
        "        for p2 in 0..1:",
        "          for r2 in 0..2:",
        "",
        "            k = k0 * 2 + k2",
        "            c = c1",
        "            p = p1x * 2 + p2",
        "            r = r2",
        "            Outputs[0, 0, k, p, 0] += Weights[0, k, c, r, 0] * Inputs[0, 0, c, p + r, 0]",
    ]


def test_a_mapping_of_another_layer_or_machine_is_refused() -> None:
    layer = LAYERS[0]
    with pytest.raises(SpecError, match="another machine"):
        c_loops(layer, MACHINE, Mapping((LevelNest(),)))
    with pytest.raises(SpecError, match="factors of dimension"):
        c_loops(layer, MACHINE, Mapping((LevelNest(),) * 3))

"""Shapes that are worked out without onnx, against what it says."""

from __future__ import annotations

from random import Random

import numpy as np
from onnx_models import node

from bohwsw.importers.onnx.inference import Inference, Inferred
from bohwsw.importers.onnx.node_view import NodeView
from bohwsw.importers.onnx.value import Value


def test_slices_of_known_indices_are_as_onnx_has_them() -> None:
    """Most are worked out without onnx; what is out of the ordinary is left to it."""
    rng, own = Random(0), 0
    far = (2**63 - 1, -(2**63), 2**31 - 1, -(2**31))
    for _ in range(400):
        shape = tuple(rng.randint(0, 7) for _ in range(rng.randint(1, 4)))
        rank, cut = len(shape), rng.randint(1, len(shape))
        axes = [axis - rng.choice((0, rank)) for axis in rng.sample(range(rank), cut)]
        ends = [[rng.choice((*far, *range(-9, 10))) for _ in range(cut)] for _ in range(2)]
        steps = [rng.choice((1, 1, 1, 2, 3, 7, -1)) for _ in range(cut)]
        arrays = [np.array(x) for x in (*ends, axes, steps)[: rng.randint(2, 4)]]
        inputs: list[Value | None] = [Value("x", shape, 1)]
        inputs += [Value(f"i{n}", a.shape, 7, data=a) for n, a in enumerate(arrays)]
        slicing = NodeView(node("Slice", " ".join(v.name for v in inputs if v), "y"), 0)
        inference = Inference({"": 17}, 8)
        (quick,) = inference.outputs(slicing, inputs)
        assert quick == onnx_shape(inference, slicing, inputs)
        own += not inference._known
    assert 150 < own < 400


def onnx_shape(inference: Inference, view: NodeView, inputs: list[Value | None]) -> Inferred:
    told = [v.data if v else None for v in inputs]
    return inference._inferred(view, inputs, inference.schema(view), told)[0]

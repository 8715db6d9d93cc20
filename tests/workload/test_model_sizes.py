"""Sizes of many networks at once equal those of each."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.workload import load_model, model_sizes


@pytest.mark.parametrize("name", ["resnet-cifar", "transformer-encoder", "mlp"])
def test_they_equal_those_of_each_network(name: str) -> None:
    model = load_model(name)
    if model.space is None:
        points = [{}, {}]
        columns = {"other": np.zeros(2)}
    else:
        rows = model.space.sample_rows(6, np.random.default_rng(0))
        points = [model.space.point(row) for row in rows]
        columns = model.space.columns(rows)
    found = model_sizes(model.spec, columns)
    for point, (macs, weights) in zip(points, found, strict=True):
        layers = model.network(point).unique_layers()
        assert macs == sum(entry.count * entry.layer.macs for entry in layers)
        sizes = [entry.layer.sizes for entry in layers]
        assert weights == sum(
            entry.count * x["K"] * x["C"] * x["R"] * x["S"] * x["G"]
            for entry, x in zip(layers, sizes, strict=True)
        )

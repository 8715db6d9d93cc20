"""The best tiled engine beside all engines."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from bohwsw.fpga import best_tiled_engine, engines_of, tiled_run
from bohwsw.workload import CountedLayer, Layer, Network

PORTS = ("weight_port", "input_port", "output_port")


def random_network(draw: random.Random) -> Network:
    layers = []
    for name in range(draw.randint(1, 4)):
        size, filter_size, stride = draw.choice([1, 4, 7]), draw.choice([1, 3]), draw.choice([1, 2])
        sizes = {"P": size, "Q": size, "R": filter_size, "S": filter_size}
        strides = {"stride_w": stride, "stride_h": stride}
        bits = draw.choice([None, 2, 8, 16])
        density = draw.choice([None, 4 / 9])
        channels = {"K": draw.randint(1, 20), "C": draw.randint(1, 20)}
        if draw.random() < 0.25:
            channels = {"G": draw.randint(2, 20)}
        layer = Layer(
            f"l{name}", **channels, **sizes, **strides, weights_bits=bits, weights_density=density
        )
        layers.append(CountedLayer(layer, draw.randint(1, 2)))
    return Network("net", tuple(layers))


@pytest.mark.parametrize("seed", range(12))
def test_it_equals_enumeration(seed: int) -> None:
    draw = random.Random(seed)
    network = random_network(draw)
    values = [draw.sample(range(1, 17), 3) for _ in range(4)]
    names = ("tm", "tn", "tr", "tc")
    tiles = [dict(zip(names, x, strict=True)) for x in itertools.product(*values)]
    for tile in tiles:
        if seed % 2:
            tile["depthwise_tm"] = 5
    ports = [dict(zip(PORTS, x, strict=True)) for x in itertools.product((1, 3, 8), repeat=3)]
    limits = {
        "dsps": draw.choice([30, 100, 300]),
        "bram18": draw.choice([40, 200]),
        "port_bits": 224,
    }
    kernel = max(entry.layer.R for entry in network.unique_layers())
    every = []
    for tile, port in itertools.product(tiles, ports):
        sizes = {"depthwise_tm": tile["tm"], **tile, **port, "tk": kernel}
        if not any(entry.layer.G > 1 for entry in network.unique_layers()):
            del sizes["depthwise_tm"]
        usage = tiled_run(network, *engines_of(sizes), patterns=bool(seed % 3)).usage
        if all(getattr(usage, name) <= most for name, most in limits.items()):
            every.append(usage.cycles)
    columns = {name: np.array([float(tile[name]) for tile in tiles]) for name in tiles[0]}
    widths = {name: np.array([float(port[name]) for port in ports]) for name in PORTS}
    options = {"patterns": bool(seed % 3)}
    found = best_tiled_engine(network, columns, widths, limits, **options)
    if not every:
        assert found is None
        return
    assert found is not None
    assert found.cycles == pytest.approx(min(every), rel=1e-12)
    assert found.tried <= len(tiles) * len(ports)
    least = min(every)
    same = best_tiled_engine(network, columns, widths, limits, most_cycles=least, **options)
    assert same is not None
    assert same.cycles == found.cycles
    less = least * (1 - 1e-9)
    assert best_tiled_engine(network, columns, widths, limits, most_cycles=less, **options) is None

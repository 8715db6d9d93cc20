"""ResNet-18 on HotNAS's engine: the fastest engine for each choice of its knobs, and 5 ms."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.command import Row
from bohwsw.fpga import best_tiled_engine, engines_of, tiled_run
from bohwsw.tech import load_board
from bohwsw.workload import Network, load_model

TARGET_MS = 5.0
KNOBS = {
    "as it is": {},
    "weights of 8 bits": {"weight_bits": 8},
    "fewest channels": {"third": 224, "fourth": 464},
    "4 of 9 weights kept": {"kept": 4},
    "two filters expanded": {"conv_kernel": 5, "downsample_kernel": 3},
    "all three": {"third": 224, "fourth": 464, "weight_bits": 8, "kept": 4},
}
BOARDS = ("zcu102", "alveo-u50", "alveo-u250")
TILES = {"tm": (*range(16, 129, 4), 160, 192, 256), "tn": (*range(4, 65, 2), 128)}
PLANES = (7, 14, 28, 56)
PORTS = (2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24)
WIDE = (8, 16, 32, 48, 64)
"""Words of ports where the board does not limit them."""


def least_ms(network: Network, clock_mhz: float) -> Row:
    """What an engine that takes all channels at once needs to compute, and its longest layer."""
    cycles = {
        x.name: x.count
        * math.prod(x.layer.sizes.get(dimension, 1) for dimension in "RSPQ")
        * (x.layer.weights_density or 1.0)
        for x in network.unique_layers()
    }
    longest = max(cycles, key=lambda name: cycles[name])
    each = {name: value / clock_mhz * 1e-3 for name, value in cycles.items()}
    return {"least_ms": sum(each.values()), "longest": f"{longest} {each[longest]:.2f}"}


def resnet18(quick: bool) -> list[Row]:
    """For each board and choice the best engine of a fine grid; exact by bounds."""
    rows = []
    for name in BOARDS[:1] if quick else BOARDS:
        board = load_board(name)
        widths: Sequence[int] = PORTS if board.port_bits is not None else WIDE
        tiles: list[Sequence[int]] = [*TILES.values(), PLANES, PLANES]
        if quick:
            tiles, widths = [x[::3] for x in tiles], widths[::2]
        grid = np.array(list(itertools.product(*tiles)), np.float64)
        grid = grid[grid[:, 0] * grid[:, 1] <= board.dsps]
        columns = dict(zip(("tm", "tn", "tr", "tc"), grid.T, strict=True))
        words = np.array(list(itertools.product(widths, repeat=3)), np.float64)
        ports = dict(zip(("weight_port", "input_port", "output_port"), words.T, strict=True))
        limits = {"dsps": board.dsps, "bram18": board.bram18}
        if board.port_bits is not None:
            limits["port_bits"] = board.port_bits
        for text, changes in KNOBS.items():
            model = load_model("resnet18-hotnas")
            network = model.network(model.with_point(changes))
            found = best_tiled_engine(network, columns, ports, limits, patterns=True)
            if found is None:
                continue
            sizes = {key: int(x[found.tile]) for key, x in columns.items()}
            sizes |= {key: int(x[found.port]) for key, x in ports.items()}
            run = tiled_run(network, *engines_of({**sizes, "tk": 7}), patterns=True)
            binds = Counter[str]()
            for layer in run.layers:
                binds[layer["binds"]] += layer["count"]
            tile = "{tm} x {tn}, {tr} x {tc}, {weight_port}/{input_port}/{output_port}"
            rows.append(
                {
                    "board": name,
                    "knobs": text,
                    "cycles": run.usage.cycles,
                    "clock_mhz": board.clock_mhz,
                    "latency_ms": run.usage.cycles / board.clock_mhz * 1e-3,
                    **least_ms(network, board.clock_mhz),
                    "mhz_for_target": run.usage.cycles / TARGET_MS * 1e-3,
                    "engine": tile.format(**sizes),
                    "dsps": run.usage.dsps,
                    "bram18": run.usage.bram18,
                    "binds": ", ".join(f"{n} {x.replace('_', ' ')}" for x, n in binds.items()),
                    "tried": found.tried / (len(grid) * len(words)),
                }
            )
    return rows

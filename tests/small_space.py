"""A small space for tests, as plain data to change at will, and two tiny networks."""

from __future__ import annotations

import copy
from typing import Any

from bohwsw.workload import network_from_dict

_SPACE: dict[str, Any] = {
    "name": "small",
    "technology": "cacti-45nm",
    "clock_mhz": 500.0,
    "parameters": {
        "mesh_x": {"divisors_of": 8},
        "mesh_y": {"divisors_of": 8},
        "buffer_kb": {"values": [1, 2, 4]},
        "entries": {"range": [1, 8]},
        "flow": {"choices": ["weights", "outputs"]},
        "row_whole": {"choices": [True, False]},
    },
    "constraints": ["mesh_x * mesh_y == 8", "buffer_kb + entries <= 10"],
    "architecture": {
        "mac": {"word_bits": 8},
        "levels": [
            {"name": "DRAM", "kind": "dram", "word_bits": 8},
            {
                "name": "Buffer",
                "kind": "sram",
                "entries": "buffer_kb * 1024",
                "word_bits": 8,
                "bandwidth": {"read": "2 * mesh_x", "write": 16.5},
                "fanout": ["mesh_x", "mesh_y"],
            },
            {
                "name": "Register",
                "kind": "regfile",
                "entries": "entries",
                "word_bits": 8,
                "keeps": ["Weights"],
            },
        ],
    },
    "dataflow": {
        "Buffer": {"spatial_x": ["K", "G"], "spatial_y": {"C": "flow == 'weights'", "P": True}},
        "Register": {"whole": {"R": "row_whole"}, "keep": ["Weights"]},
    },
    "baseline": {
        "point": {
            "mesh_x": 4,
            "mesh_y": 2,
            "buffer_kb": 2,
            "entries": 4,
            "flow": "weights",
            "row_whole": False,
        },
        "dataflow": {"Register": {"temporal": ["P", "Q"], "keep": ["Weights"]}},
    },
}

CONV = {"name": "conv", "K": 8, "C": 4, "P": 6, "Q": 6, "R": 5, "S": 5}
NETWORK = network_from_dict(
    {
        "name": "two layers",
        "layers": [{**CONV, "count": 3}, {"name": "fc", "K": 16, "C": 32, "count": 2}],
    }
)


def small_space() -> dict[str, Any]:
    """The space, a fresh copy."""
    return copy.deepcopy(_SPACE)


def changed_space(path: str, value: object) -> dict[str, Any]:
    """The space with another value at a place such as ``architecture.levels.1.entries``.

    None takes the key away.
    """
    tree = small_space()
    at: Any = tree
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        at = at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return tree

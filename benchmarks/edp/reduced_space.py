"""A space small enough to be solved by enumeration: eyeriss-168 with few values a parameter."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from benchmarks.layers import LAYERS
from bohwsw.codesign import HardwareSpace, load_space, space_from_dict
from bohwsw.space import Point
from bohwsw.workload import Network, network_from_layers

VALUES: dict[str, dict[str, Any]] = {
    "input_entries": {"values": [6, 12, 24, 48]},
    "weight_entries": {"values": [48, 96, 144, 192]},
    "output_entries": {"values": [8, 16, 32]},
    "glb_instances": {"values": [1]},
    "glb_mesh_x": {"values": [1]},
    "glb_mesh_y": {"values": [1]},
    "glb_block_size": {"values": [4, 16]},
    "glb_cluster_size": {"values": [1]},
    "filter_width_whole": {"choices": [True, False]},
    "filter_height_whole": {"choices": [False]},
}
"""What each parameter is left with; the mesh keeps all divisors of 168."""


MOST_MACHINES = 100_000


@lru_cache(maxsize=1)
def reduced_space() -> HardwareSpace:
    """The space; the baseline of eyeriss-168 is in it."""
    data = load_space("eyeriss-168").spec.model_dump(mode="json", exclude_none=True)
    data["name"] = "eyeriss-168-reduced"
    data["parameters"].update(VALUES)
    return space_from_dict(data)


@lru_cache(maxsize=1)
def machines() -> tuple[Point, ...]:
    """All its points."""
    space = reduced_space().space
    rows = None if space is None else space.all_rows(MOST_MACHINES)
    assert space is not None
    assert rows is not None
    return tuple(space.point(row) for row in rows)


def network(name: str) -> Network:
    """The layers of `benchmarks.layers` whose names begin so, once each."""
    chosen = [(layer, 1) for key, layer in LAYERS.items() if key.startswith(f"{name}-")]
    return network_from_layers(name, chosen)

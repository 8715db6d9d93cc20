"""The bound over all machines of a space, against every mapping of every machine of it."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.proofs.brute_force import OBJECTIVES, best
from benchmarks.proofs.machine_spaces import (
    InventedTechnology,
    MachineSpace,
    check_machine_space,
    least_of_machines,
    random_machine_space,
)
from benchmarks.proofs.rules import DIMS
from benchmarks.proofs.wide_spaces import wide_claims

SPEC: dict[str, Any] = {
    "name": "lanes that a window cannot use",
    "technology": "timeloop-pat",
    "parameters": {
        "speed": {"values": [0.3, 2.5, 4, 5]},
        "lanes": {"values": [1, 2]},
        "channels": {"values": [1, 2]},
        "flow": {"choices": ["free", "fixed"]},
    },
    "architecture": {
        "levels": [
            {"name": "DRAM", "kind": "dram"},
            {
                "name": "Buffer",
                "kind": "sram",
                "entries": 1,
                "fanout": ["lanes", "channels"],
                "bandwidth": {"read": "speed"},
            },
        ]
    },
    "dataflow": {
        "Buffer": {
            "keep": {"Inputs": "flow == 'fixed'"},
            "spatial_x": ["G"],
            "spatial_y": ["G"],
        }
    },
    "baseline": {"point": {"speed": 0.3, "lanes": 1, "channels": 1, "flow": "free"}},
}


def test_inputs_that_steps_of_outputs_and_filter_leave_in_place() -> None:
    prices = {"dram": (10.0, 1.0, 1.0), "sram": (1.0, 0.0, 0.0)}
    steps = dict.fromkeys(("stride_w", "stride_h", "dilation_w", "dilation_h"), 1)
    layer = dict.fromkeys(DIMS, 1) | steps | {"K": 2, "P": 2, "R": 2}
    space = MachineSpace(SPEC, InventedTechnology(prices, 0.0, 0.5), [layer], [1])
    reached = least_of_machines(space)
    assert best(reached, "energy").energy == pytest.approx(170.0)
    for objective in OBJECTIVES:
        assert check_machine_space(space, objective, reached) is None


@pytest.mark.parametrize("seed", [2, 5, 13, 29])
def test_random_spaces(seed: int) -> None:
    space = random_machine_space(seed)
    reached = least_of_machines(space)
    assert reached
    for objective in OBJECTIVES:
        assert check_machine_space(space, objective, reached) is None


@pytest.mark.parametrize("seed", [14, 15, 17, 19, 23, 198])
def test_spaces_of_every_kind_and_what_steers_their_searches(seed: int) -> None:
    assert [failure for failure in wide_claims(seed) if failure is not None] == []

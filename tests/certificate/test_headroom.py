"""The bound over all machines of a space: below every design, near the best, whatever the goal."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from small_space import small_space

from bohwsw.certificate import least_for_networks, least_of_space, require_boundable
from bohwsw.codesign import (
    Design,
    Networks,
    Problem,
    best_recipe,
    load_space,
    space_from_dict,
    space_on_board,
)
from bohwsw.errors import SpecError
from bohwsw.mapper.mapper import Objective
from bohwsw.workload import Layer, network_from_layers

QUICK = best_recipe().changed(evaluations=2_000)
NETWORK = network_from_layers("tiny", [(Layer("a", K=8, C=6, P=6, R=3), 2), (Layer("b", K=12), 1)])


@pytest.mark.parametrize("objective", get_args(Objective))
def test_no_machine_of_a_small_space_is_below_the_bound(objective: Objective) -> None:
    data = small_space()
    data["parameters"] |= {"entries": {"values": [2, 8]}, "buffer_kb": {"values": [1]}}
    data["baseline"]["point"] |= {"entries": 2, "buffer_kb": 1, "row_whole": False}
    space = space_from_dict(data)
    assert space.space is not None
    problem = Problem(space, NETWORK, objective, recipe=QUICK)
    rows = space.space.all_rows(1000)
    assert rows is not None
    reached = []
    for row in rows:
        found = problem.map_networks(space.hardware(space.space.point(row)))
        if isinstance(found, Design):
            reached.append(found.objective(objective))
    bound = least_of_space(space, NETWORK, objective=objective)
    assert len(reached) > 10
    assert 0.0 < bound <= min(reached) * (1 + 1e-9)
    assert bound > 0.6 * min(reached)
    hasty = least_of_space(space, NETWORK, objective=objective, seconds=0.0)
    assert 0.0 < hasty <= bound * (1 + 1e-9)


@pytest.mark.parametrize("bits", [(4, 4, 4), (2, 8, 24)])
def test_no_machine_is_below_the_bound_of_operands_of_other_widths(bits: tuple[int, ...]) -> None:
    """The words of the small space have 8 bits."""
    space = space_from_dict(small_space())
    widths = dict(zip(("weights_bits", "inputs_bits", "outputs_bits"), bits, strict=True))
    layers = [(Layer("a", K=8, C=6, P=6, R=3, **widths), 2), (Layer("b", K=12, **widths), 1)]
    network = network_from_layers("other widths", layers)
    found = Problem(space, network).map_networks(space.baseline(free=True))
    assert isinstance(found, Design)
    for seconds in (0.0, 0.5):
        assert 0.0 < least_of_space(space, network, seconds=seconds) <= found.edp_pj_cycles


def test_random_machines_of_a_shipped_space_are_above_the_bound() -> None:
    space = load_space("eyeriss-168")
    assert space.space is not None
    bound = least_of_space(space, NETWORK, seconds=1.0)
    problem = Problem(space, NETWORK, recipe=QUICK)
    for point in space.space.sample(25, np.random.default_rng(0)):
        found = problem.map_networks(space.hardware(point))
        if isinstance(found, Design):
            assert found.edp_pj_cycles >= bound


def test_a_layer_with_no_place_anywhere_has_an_infinite_bound() -> None:
    data = small_space()
    nowhere = {"temporal": [], "spatial_x": ["C"], "spatial_y": ["C"]}
    data["dataflow"] = dict.fromkeys(("DRAM", "Buffer", "Register"), nowhere)
    data["baseline"].pop("dataflow", None)
    assert least_of_space(space_from_dict(data), NETWORK) == float("inf")


def test_what_has_no_bound_is_said_before_a_search() -> None:
    space = space_from_dict(small_space())
    require_boundable(space, ["latency"])
    for objectives in (["area"], ["edp", "area"]):
        with pytest.raises(SpecError, match="headroom"):
            require_boundable(space, objectives)
    with pytest.raises(SpecError, match="pynq-z1"):
        require_boundable(space_on_board({"board": "pynq-z1"}), ["latency"])


def test_the_bound_for_several_networks_is_the_mean_of_theirs() -> None:
    data = small_space()
    data["parameters"] |= {"entries": {"values": [4, 8]}, "buffer_kb": {"values": [2]}}
    space, other = space_from_dict(data), network_from_layers("b", [(Layer("c", K=4), 1)])
    suite = Networks((NETWORK, other), (3.0, 1.0))
    expected = least_of_space(space, NETWORK) ** 0.75 * least_of_space(space, other) ** 0.25
    found = least_for_networks(space, suite, objective="edp", seconds=1e9)
    assert found == pytest.approx(expected)

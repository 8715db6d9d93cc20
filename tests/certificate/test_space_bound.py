"""The search over boxes of machines: a bound at any time, also of spaces too large to list."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import get_args

import pytest
from small_space import small_space

from bohwsw.certificate import BoundProgress, SpaceBound
from bohwsw.codesign import Design, Problem, best_recipe, limited, load_space, space_from_dict
from bohwsw.errors import SpecError
from bohwsw.mapper.mapper import Objective
from bohwsw.workload import Layer, network_from_layers

NETWORK = network_from_layers("tiny", [(Layer("a", K=32, C=16, P=8, Q=8, R=3, S=3), 1)])


GOOD = {"mesh_x": 64, "mesh_y": 1, "lanes": 8, "input_entries": 8, "glb_entries": 4096}
"""A good machine of the area of Eyeriss."""


class Enough(Exception):
    """The search is to stop here."""


def stopped_after(search: SpaceBound, passes: int) -> list[float]:
    """The bounds on the way to so many passes of the mapper."""
    bounds = [search.bound]

    def report(progress: BoundProgress) -> None:
        bounds.append(progress.bound)
        if progress.passes >= passes:
            raise Enough

    with suppress(Enough):
        search.run(report=report)
    return bounds


def test_a_space_of_many_machines_is_bounded_at_once_and_then_better_and_better() -> None:
    space = load_space("eyeriss-equal-area")
    mapped = Problem(space, NETWORK, recipe=best_recipe().changed(evaluations=5_000))
    found = mapped.map_networks(space.hardware(space.with_point(GOOD)))
    assert isinstance(found, Design)
    reached = found.objective("edp")
    search = SpaceBound(space, NETWORK, reached=reached)
    bounds = stopped_after(search, 8)
    assert 0.3 * reached < bounds[0] < bounds[-1] <= reached
    assert bounds == sorted(bounds)
    again = stopped_after(SpaceBound(space, NETWORK, reached=reached), 3)
    assert again == bounds[: len(again)]


def test_an_interruption_loses_no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    search = SpaceBound(space_from_dict(small_space()), NETWORK)
    stopped_after(search, 2)
    before = search.progress

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "_take_up", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.run()
    assert search.progress == before


def test_operands_wider_than_those_of_the_units_run_nowhere() -> None:
    wide = network_from_layers("wide", [(Layer("a", K=8, P=4, weights_bits=12), 1)])
    space = space_from_dict(small_space())
    for objective in get_args(Objective):
        assert SpaceBound(space, wide, objective=objective).run() == math.inf


def test_of_one_machine_little_is_left_open() -> None:
    """Each layer may be far enough above its share for now; one then makes up for the other."""
    data = load_space("eyeriss-equal-area").spec.model_dump(mode="json", exclude_none=True)
    sizes = data["baseline"]["point"] | GOOD | {"output_entries": 2}
    data["parameters"] = {name: {"values": [value]} for name, value in sizes.items()}
    data["baseline"] = {"point": sizes}
    space = space_from_dict(data)
    layers = [Layer("a", K=64, C=64, P=14, Q=14, R=3, S=3), Layer("b", K=256, C=256)]
    network = network_from_layers("two", [(layers[0], 1), (layers[1], 3)])
    found = Problem(space, network, recipe=best_recipe()).map_networks(space.baseline(free=True))
    assert isinstance(found, Design)
    reached = found.objective("edp")
    bound = SpaceBound(space, network, reached=reached).run()
    assert 0.995 * reached < bound <= reached


def test_what_a_relaxed_machine_reaches_is_no_design() -> None:
    search = SpaceBound(space_from_dict(small_space()), NETWORK, reached=1e30, goal=0.02)
    assert 0.0 < search.run() < 1e30
    assert search.reached == 1e30


def test_a_limit_on_the_area_leaves_fewer_structures() -> None:
    data = small_space()
    data["constraints"] = ["mesh_x * mesh_y <= 8"]
    space = space_from_dict(data)
    free = SpaceBound(space, NETWORK).bound
    sizes = {"mesh_x": 2, "mesh_y": 2, "buffer_kb": 1, "entries": 1}
    four = space.hardware(space.with_point(sizes)).area_mm2
    assert four is not None
    within = SpaceBound(limited(space, {"area_mm2": four}), NETWORK)
    assert within.bound == pytest.approx(2 * free)


def test_a_parameter_that_is_no_list_is_refused() -> None:
    data = small_space()
    data["parameters"]["entries"] = {"real": [1.0, 8.0]}
    with pytest.raises(SpecError):
        SpaceBound(space_from_dict(data), NETWORK)

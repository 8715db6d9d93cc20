"""Limits on top of those of a space, and the designs that are over one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_space import NETWORK, small_space

from bohwsw.codesign import (
    Design,
    HardwareSpace,
    Networks,
    Problem,
    Rejection,
    UnmappedLayer,
    best_recipe,
    limited,
    over_limits,
    space_from_dict,
)
from bohwsw.errors import SpecError
from bohwsw.strategies import TrialState

CLOCK_MHZ = 500.0


def evaluated(space: HardwareSpace) -> Design | Rejection:
    recipe = best_recipe().changed(evaluations=400)
    problem = Problem(space, Networks((NETWORK,)), recipe=recipe)
    outcome, found = problem.evaluate(space.spec.baseline.point)
    state = TrialState.INFEASIBLE if isinstance(found, Rejection) else TrialState.COMPLETED
    assert outcome.state is state
    return found


def figures(space: HardwareSpace) -> dict[str, float]:
    found = evaluated(space)
    assert isinstance(found, Design)
    design = found
    return {
        "area_mm2": design.area_mm2 or 0.0,
        "power_mw": design.power_mw(CLOCK_MHZ),
        "latency_ms": design.latency_cycles / (CLOCK_MHZ * 1e6) * 1e3,
    }


@pytest.mark.parametrize("name", ["area_mm2", "power_mw", "latency_ms"])
def test_a_design_over_a_limit_is_infeasible_with_value_limit_and_ratio(name: str) -> None:
    space = space_from_dict(small_space())
    value = figures(space)[name]
    in_file = space_from_dict(small_space() | {"limits": {name: value / 4}})
    for limits in (limited(space, {name: value / 4}), in_file):
        found = evaluated(limits)
        assert isinstance(found, Rejection)
        (violation,) = found.violations
        assert violation.constraint == name
        assert violation.value == pytest.approx(value)
        assert violation.limit == value / 4
        assert violation.ratio == pytest.approx(4.0)
        assert found.reason == f"{name} {value:.4g} of at most {value / 4:g} (4 times)"
    assert isinstance(evaluated(limited(space, {name: value * 1.000001})), Design)


def test_every_limit_that_a_design_is_over_is_named() -> None:
    space = space_from_dict(small_space())
    values = figures(space)
    tight = limited(space, {name: value / 2 for name, value in values.items()})
    chip = evaluated(space)
    assert isinstance(chip, Design)
    area, running = over_limits(chip, tight.spec.limits)
    assert [v.constraint for v in (*area.violations, *running.violations)] == list(values)
    assert all(word in running.reason for word in ("power_mw", "; latency_ms", "(2 times)"))
    rejected = evaluated(limited(space, {x: values[x] / 2 for x in ("power_mw", "latency_ms")}))
    assert isinstance(rejected, Rejection)
    assert rejected.violations == running.violations
    (network,) = chip.networks
    half = replace(network, unmapped=(UnmappedLayer(NETWORK.layers[0], "none"),))
    assert over_limits(replace(chip, networks=(half,)), tight.spec.limits) == (area,)
    both = replace(chip, networks=(network, replace(network, name="other")))
    named = over_limits(both, tight.spec.limits)
    assert [over.network for over in named] == [None, NETWORK.name, "other"]


def test_of_two_limits_the_stricter_one_holds() -> None:
    space = space_from_dict(small_space() | {"limits": {"area_mm2": 5.0, "power_mw": 10}})
    both = limited(space, {"area_mm2": 7.0, "power_mw": 8, "latency_ms": 2})
    assert both.spec.limits.model_dump() == {"area_mm2": 5.0, "power_mw": 8.0, "latency_ms": 2.0}
    assert limited(space, {}) is space


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"area": 3}, "nearest:  area_mm2"),
        ({"power_mw": 0}, "above 0"),
        ({"latency_ms": -1}, "above 0"),
        ({"latency_ms": float("nan")}, "latency_ms"),
        ({"latency_ms": "much"}, "a number above 0"),
    ],
)
def test_what_is_no_limit_is_refused(limits: dict[str, float], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        limited(space_from_dict(small_space()), limits)


def test_a_limit_on_an_area_that_nobody_knows_is_refused() -> None:
    space = space_from_dict(small_space() | {"technology": "timeloop-pat"})
    with pytest.raises(SpecError, match="a technology with areas"):
        limited(space, {"area_mm2": 3.0})
    limited(space, {"power_mw": 3.0})

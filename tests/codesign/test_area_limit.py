"""The area limit as a known constraint: exactly the machines within it; no limit, no constraint."""

from __future__ import annotations

import numpy as np
import pytest
from small_space import small_space

from bohwsw.codesign import HardwareSpace, Problem, load_space, space_from_dict
from bohwsw.errors import SpecError
from bohwsw.space import Space
from bohwsw.workload import Layer, network_from_layers


def limited(area_mm2: float) -> HardwareSpace:
    return space_from_dict(small_space() | {"limits": {"area_mm2": area_mm2}})


def rows_of(space: Space | None) -> np.ndarray:
    assert space is not None
    rows = space.all_rows(100_000)
    assert rows is not None
    return rows


def areas_of(space: HardwareSpace) -> list[float]:
    assert space.space is not None
    points = [space.space.point(row) for row in rows_of(space.space)]
    return [space.hardware(point).area_mm2 or 0.0 for point in points]


def test_exactly_the_machines_within_the_limit_are_left() -> None:
    areas = areas_of(limited(1e9))
    limit = float(np.median(areas))
    space = limited(limit)
    inside = {row.tobytes() for row in rows_of(space.search_space())}
    every = rows_of(space.space)
    assert inside == {row.tobytes() for row, a in zip(every, areas, strict=True) if a <= limit}
    assert 0 < len(inside) < len(every)


def test_the_limit_of_equal_area_is_that_of_its_baseline() -> None:
    space = load_space("eyeriss-equal-area")
    limit = space.spec.limits.get("area_mm2")
    assert limit is not None
    assert limit - 1e-4 <= (space.baseline().area_mm2 or 0.0) <= limit
    eyeriss = load_space("eyeriss-168").spec.baseline
    assert space.spec.baseline.dataflow == eyeriss.dataflow
    within = space.search_space()
    assert within is not None
    points = within.sample(200, np.random.default_rng(0))
    assert max(space.hardware(point).area_mm2 or 0.0 for point in points) <= limit


def test_no_limit_changes_nothing() -> None:
    space = space_from_dict(small_space())
    np.testing.assert_array_equal(rows_of(space.search_space()), rows_of(space.space))


def test_a_limit_that_no_machine_meets_is_named() -> None:
    with pytest.raises(SpecError, match="no point") as error:
        limited(1e-6).search_space()
    assert "area_mm2 <= 1e-06" in str(error.value)


def test_a_baseline_over_the_limit_is_not_proposed() -> None:
    space = limited(min(areas_of(limited(1e9))))
    network = network_from_layers("one", [(Layer("fc", K=8, C=8), 1)])
    proposals = Problem(space, network).searcher()
    point = proposals.ask()[0]
    assert point != space.spec.baseline.point
    assert (space.hardware(point).area_mm2 or 0.0) <= (space.spec.limits["area_mm2"])

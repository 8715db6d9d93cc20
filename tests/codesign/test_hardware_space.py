"""Hardware spaces: points, baselines, and what is refused in a space file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from small_space import changed_space, small_space

from bohwsw.codesign import load_space, space_from_dict
from bohwsw.errors import SpecError


def error_of(tree: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        space_from_dict(tree, file="mine.yaml")
    assert caught.value.file == "mine.yaml"
    return caught.value


def test_a_space_by_path_is_the_same_as_by_name_and_from_data(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(small_space()))
    assert (
        load_space(path).spec == load_space(str(path)).spec == space_from_dict(small_space()).spec
    )
    assert load_space("eyeriss-168").name == "eyeriss-168"
    with pytest.raises(SpecError, match="eyeriss-168") as caught:
        load_space("eyeris-168")
    assert caught.value.nearest == "eyeriss-168"


def test_the_baseline_with_its_own_dataflow_and_without() -> None:
    space = space_from_dict(small_space())
    assert space.baseline_is_restricted
    own, free = space.baseline(), space.baseline(free=True)
    assert set(own.dataflow.levels) == {"Register"}
    assert own.dataflow.levels["Register"].temporal == {"P", "Q"}
    assert set(free.dataflow.levels) == {"Buffer", "Register"}
    assert own.architecture == free.architecture == space.hardware(free.point).architecture
    assert space.hardware(free.point).dataflow == free.dataflow
    plain = space_from_dict(changed_space("baseline.dataflow", None))
    assert not plain.baseline_is_restricted
    assert plain.baseline() == plain.baseline(free=True)


def test_area_is_that_of_all_instances() -> None:
    hardware = space_from_dict(small_space()).baseline()
    _, buffer, register = hardware.costs.storage
    assert buffer.area_mm2
    assert register.area_mm2
    assert hardware.costs.mac_area_mm2
    expected = buffer.area_mm2 + 8 * register.area_mm2 + 8 * hardware.costs.mac_area_mm2
    assert hardware.area_mm2 == pytest.approx(expected)
    unknown = space_from_dict(changed_space("technology", "timeloop-pat"))
    assert unknown.baseline().area_mm2 is None


def test_values_of_a_point_become_those_of_the_parameters() -> None:
    space = space_from_dict(small_space())
    point = space.with_point({"mesh_x": 2.0, "mesh_y": 4.0})
    assert (point["mesh_x"], point["mesh_y"]) == (2, 4)
    assert all(type(point[name]) is int for name in ("mesh_x", "mesh_y"))
    assert space.hardware({**point, "mesh_x": 2.0}).point == point


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mesh_x": 2}, "mesh_x * mesh_y == 8: 4 == 8 is not met"),
        ({"buffer_kb": 3}, "3 is not one of 1, 2, 4"),
        ({"entries": 2.5}, "2.5 is not"),
        ({"entries": 0}, "0 is not"),
        ({"entries": True}, "True is not"),
        ({"entries": float("nan")}, "nan is not"),
        ({"row_whole": 1}, "1 is not one of True, False"),
        ({"flow": "weight"}, "'weight' is not one of weights, outputs"),
        ({"entries": 8, "buffer_kb": 4}, "buffer_kb + entries <= 10: 12 <= 10 is not met"),
    ],
)
def test_what_is_no_point(changes: dict[str, Any], expected: str) -> None:
    space = space_from_dict(small_space(), file="mine.yaml")
    for attempt in (space.with_point, lambda c: space.hardware({**space.spec.baseline.point, **c})):
        with pytest.raises(SpecError, match="not in the space") as caught:
            attempt(changes)
        assert expected in str(caught.value.expected)
        assert (caught.value.file, caught.value.key_path) == ("mine.yaml", "point")


def test_unknown_and_missing_parameters_of_a_point() -> None:
    space = space_from_dict(small_space())
    with pytest.raises(SpecError) as caught:
        space.with_point({"buffer": 4})
    assert (caught.value.key_path, caught.value.nearest) == ("point", "buffer_kb")
    with pytest.raises(SpecError) as caught:
        space.hardware({"mesh_x": 8, "mesh_y": 1})
    assert "flow: has no value" in str(caught.value.expected)


def test_a_machine_without_parameters() -> None:
    tree = {
        "name": "fixed",
        "technology": "timeloop-pat",
        "architecture": {"levels": [{"name": "DRAM", "kind": "dram"}]},
        "baseline": {"point": {}},
    }
    space = space_from_dict(tree)
    assert space.space is None
    assert space.hardware({}) == space.baseline()
    with pytest.raises(SpecError, match="unknown parameter"):
        space.hardware({"mesh_x": 1})
    assert error_of({**tree, "constraints": ["1 == 1"]}).key_path == "constraints"
    assert error_of({**tree, "baseline": {"point": {"a": 1}}}).key_path == "baseline.point"


@pytest.mark.parametrize(
    ("path", "value", "key_path", "nearest"),
    [
        ("parameter", {}, "parameter", "parameters"),
        ("technology", "cacti-45", "technology", "cacti-45nm"),
        ("technology", {"energy": "pat", "area": "cacti-45nm"}, "technology.energy", None),
        ("technology", {"energy": "timeloop-pat"}, "technology.area", None),
        ("clock_mhz", 0, "clock_mhz", None),
        ("limits", {"area_mm2": -1}, "limits.area_mm2", None),
        ("limits", {"area": 1}, "limits.area", "area_mm2"),
        ("parameters.mesh_x", {"divisor_of": 8}, "parameters.mesh_x.divisor_of", "divisors_of"),
        ("parameters.mesh_x", {}, "parameters.mesh_x", None),
        ("parameters.mesh_x", {"range": [1, 8], "values": [1]}, "parameters.mesh_x", None),
        ("parameters.mesh_x", {"range": [8, 1]}, "parameters.mesh_x", None),
        ("parameters.mesh_x", {"range": [1, 2.5]}, "parameters.mesh_x.range[1]", None),
        ("parameters.mesh_x", {"range": [1, 10**6]}, "parameters.mesh_x", None),
        ("parameters.mesh_x", {"values": [1, True]}, "parameters.mesh_x.values[1]", None),
        ("parameters.mesh_x", {"values": [4, 4.0]}, "parameters.mesh_x", None),
        ("parameters.mesh_x", {"values": []}, "parameters.mesh_x.values", None),
        ("parameters.mesh_x", {"divisors_of": 0}, "parameters.mesh_x.divisors_of", None),
        ("parameters.flow", {"choices": ["weights", "weights"]}, "parameters.flow", None),
        ("parameters.max", {"range": [1, 2]}, "parameters.max", None),
        ("constraints.1", "buffers_kb + entries <= 9", "constraints[1]", "buffer_kb"),
        ("constraints.0", "mesh_x * mesh_y", "constraints[0]", None),
        ("constraints.1", "flow == 'weight'", "constraints[1]", "weights"),
        ("constraints.1", "flow <= 3", "constraints[1]", None),
        ("constraints.1", "mesh_x ** 2 == 4", "constraints[1]", None),
        ("constraints.1", "mesh_x ==", "constraints[1]", None),
        ("constraints.1", "mesh_x == 3", "constraints[1]", "2"),
        ("constraints.1", "mesh_x * mesh_y == 3", "constraints", None),
        ("baseline", {}, "baseline.point", None),
        ("baseline.point.flow", None, "baseline.point", None),
        ("baseline.point.flo", "weights", "baseline.point", "flow"),
        ("baseline.point.mesh_x", 2, "baseline.point", None),
        ("baseline.point.entries", "4", "baseline.point", None),
        ("baseline.dataflow.Registers", {}, "baseline.dataflow", "Register"),
        ("dataflow.DRAMS", {}, "dataflow", "DRAM"),
    ],
)
def test_what_is_refused(path: str, value: object, key_path: str, nearest: str | None) -> None:
    error = error_of(changed_space(path, value))
    assert error.key_path == key_path
    assert error.nearest == nearest
    assert key_path in str(error)


def test_constraints_that_no_point_meets_are_named() -> None:
    tree = small_space()
    tree["constraints"] += ["mesh_x > 4", "mesh_y > 1"]
    error = error_of(tree)
    assert set(str(error.got).split("; ")) == {"mesh_x * mesh_y == 8", "mesh_x > 4", "mesh_y > 1"}


def test_a_limit_on_an_area_that_nobody_knows() -> None:
    tree = small_space()
    tree |= {"technology": "timeloop-pat", "limits": {"area_mm2": 2.0}}
    assert error_of(tree).key_path == "limits.area_mm2"
    tree["technology"] = {"energy": "timeloop-pat", "area": "cacti-65nm"}
    assert space_from_dict(tree).baseline().area_mm2


def test_a_constraint_left_out_shows_when_the_file_is_read() -> None:
    tree = changed_space("architecture.levels.1.entries", "4096 / (entries - 3)")
    error = error_of(tree)
    assert error.key_path == "architecture.levels[1].entries"
    assert "at the baseline with entries = " in error.problem
    assert "a constraint that rules this out" in str(error.expected)
    tree["constraints"] += ["entries > 3", "4096 % (entries - 3) == 0"]
    space = space_from_dict(tree)
    assert space.hardware(space.with_point({"entries": 7})).architecture.levels[1].entries == 1024


def test_what_was_in_order_once_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    load_space("eyeriss-168")
    monkeypatch.setattr("bohwsw.space.space.Space.neighbours", None)
    load_space("eyeriss-168")
    with pytest.raises(TypeError):
        space_from_dict({**load_space("eyeriss-168").spec.model_dump(mode="json"), "name": "x"})


def test_a_misspelt_value_of_the_baseline_gets_the_nearest() -> None:
    error = error_of(changed_space("baseline.point.flow", "weight"))
    assert (error.key_path, error.nearest) == ("baseline.point", "weights")
    assert error_of(changed_space("baseline.point.buffer_kb", 3)).nearest is None


@pytest.mark.parametrize(
    ("parameter", "limit"),
    [
        ({"range": [2**70, 2**70 + 1]}, 2**53),
        ({"values": [1, 2, 4, 2**60]}, 2**53),
        ({"divisors_of": 2**70}, 2**31),
    ],
)
def test_parameters_keep_to_what_64_bits_hold(parameter: dict[str, Any], limit: int) -> None:
    error = error_of(changed_space("parameters.entries", parameter))
    assert str(error.key_path).startswith("parameters.entries")
    assert str(limit) in str(error.expected)


def test_points_with_numbers_of_numpy() -> None:
    space = space_from_dict(small_space())
    point = space.with_point({"mesh_x": np.int64(2), "mesh_y": np.int32(4), "entries": np.uint8(3)})
    assert [type(point[name]) for name in ("mesh_x", "mesh_y", "entries")] == [int, int, int]
    tree = changed_space("architecture.levels.1.bandwidth.write", np.float64(16.5))
    assert space_from_dict(tree).spec == space.spec

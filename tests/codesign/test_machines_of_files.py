"""Machines and dataflows from numbers and expressions."""

from __future__ import annotations

import pytest
from small_space import changed_space, small_space

from bohwsw.codesign import Hardware, space_from_dict
from bohwsw.errors import SpecError
from bohwsw.mapping.dataflow import LevelDataflow


def baseline_with(path: str, value: object) -> Hardware:
    return space_from_dict(changed_space(path, value)).baseline(free=True)


def error_with(path: str, value: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        space_from_dict(changed_space(path, value), file="mine.yaml")
    assert caught.value.file == "mine.yaml"
    return caught.value


def test_the_machine_of_the_baseline() -> None:
    architecture = space_from_dict(small_space()).baseline().architecture
    dram, buffer, register = architecture.levels
    assert (dram.entries, dram.read_words_per_cycle) == (None, None)
    assert (buffer.entries, buffer.read_words_per_cycle, buffer.write_words_per_cycle) == (
        2048,
        8.0,
        16.5,
    )
    assert (buffer.mesh_x, buffer.mesh_y) == (1, 1)
    assert (register.entries, register.mesh_x, register.mesh_y) == (4, 4, 2)
    assert register.keeps == {"Weights"}
    assert (architecture.macs, architecture.mac.word_bits) == (8, 8)


@pytest.mark.parametrize(
    ("path", "value", "key_path", "nearest"),
    [
        ("levels.1.entries", "buffers_kb * 1024", "levels[1].entries", "buffer_kb"),
        ("levels.1.entries", "buffer_kb / 3", "levels[1].entries", None),
        ("levels.1.entries", 100.5, "levels[1].entries", None),
        ("levels.1.entries", True, "levels[1].entries", None),
        ("levels.1.entries", None, "levels[1].entries", None),
        ("levels.1.fanout", ["-mesh_x", 1], "levels[1].fanout[0]", None),
        ("levels.1.fanout", [1, "mesh_y - mesh_y"], "levels[1].fanout[1]", None),
        ("levels.1.fanout", [4], "levels[1].fanout", None),
        ("levels.1.fanout", [2**20, 2**20], "levels[1].fanout", None),
        ("levels.1.bandwidth.read", 0, "levels[1].bandwidth.read", None),
        ("levels.1.bandwidth.read", "mesh_x - 4", "levels[1].bandwidth.read", None),
        ("levels.1.bandwidth.read", "flow", "levels[1].bandwidth.read", None),
        ("levels.1.bandwidth.reed", 1, "levels[1].bandwidth.reed", "read"),
        ("levels.1.kind", "sarm", "levels[1].kind", "sram"),
        ("levels.1.keeps", ["Weight"], "levels[1].keeps[0]", "Weights"),
        ("levels.1.keeps", [], "levels[1].keeps", None),
        ("levels.1.entrees", 1, "levels[1].entrees", "entries"),
        ("levels.2.name", "Buffer", "levels[2].name", None),
        ("levels.0.entries", 100, "levels[0]", None),
        ("levels.0.keeps", ["Weights"], "levels[0]", None),
        ("levels.0.kind", "sram", "levels[0].entries", None),
        ("levels.0.cluster_size", 2, "levels[0].cluster_size", None),
        ("levels", [], "levels", None),
        ("mac.word_bits", "flow", "mac.word_bits", None),
        ("mac.word_bit", 8, "mac.word_bit", "word_bits"),
    ],
)
def test_what_is_refused_in_a_machine(
    path: str, value: object, key_path: str, nearest: str | None
) -> None:
    error = error_with(f"architecture.{path}", value)
    assert error.key_path == f"architecture.{key_path}"
    assert error.nearest == nearest


def test_restrictions_as_lists_and_with_conditions() -> None:
    space = space_from_dict(small_space())
    weights = space.hardware(space.with_point({"flow": "weights", "row_whole": True})).dataflow
    outputs = space.hardware(space.with_point({"flow": "outputs"})).dataflow
    assert weights.levels["Buffer"] == LevelDataflow(
        spatial_x=frozenset("KG"), spatial_y=frozenset("CP")
    )
    assert weights.levels["Register"] == LevelDataflow(
        whole=frozenset("R"), keep=frozenset({"Weights"})
    )
    assert outputs.levels["Buffer"].spatial_y == {"P"}
    assert outputs.levels["Register"].whole == frozenset()


@pytest.mark.parametrize("key", ["temporal", "spatial_x", "spatial_y", "whole"])
def test_every_restriction_takes_both_forms(key: str) -> None:
    listed = baseline_with("dataflow.Buffer", {key: ["K", "P"]})
    conditional = {"K": True, "P": "mesh_x == 4", "C": False, "Q": "mesh_x != 4"}
    assert baseline_with("dataflow.Buffer", {key: conditional}).dataflow == listed.dataflow
    assert getattr(listed.dataflow.levels["Buffer"], key) == {"K", "P"}
    nothing = baseline_with("dataflow.Buffer", {key: []}).dataflow.levels["Buffer"]
    assert getattr(nothing, key) == frozenset()


@pytest.mark.parametrize("key", ["keep", "bypass"])
def test_data_spaces_take_both_forms(key: str) -> None:
    listed = baseline_with("dataflow.Buffer", {key: ["Weights"]})
    conditional = {"Weights": "flow == 'weights'", "Inputs": "flow == 'outputs'"}
    assert baseline_with("dataflow.Buffer", {key: conditional}).dataflow == listed.dataflow


def test_a_stationary_data_space_takes_both_forms() -> None:
    named = baseline_with("dataflow.Buffer", {"stationary": "Weights"})
    flow = small_space()["baseline"]["point"]["flow"]
    chosen = {"Weights": f"flow == '{flow}'", "Outputs": f"flow != '{flow}'"}
    assert named.dataflow.levels["Buffer"].stationary == "Weights"
    assert baseline_with("dataflow.Buffer", {"stationary": chosen}).dataflow == named.dataflow
    never = baseline_with("dataflow.Buffer", {"stationary": {"Inputs": False}})
    assert never.dataflow.levels["Buffer"].stationary is None


@pytest.mark.parametrize(
    ("path", "value", "key_path", "nearest"),
    [
        ("Buffer", {"stationary": "Weight"}, "dataflow.Buffer.stationary", "Weights"),
        ("Buffer", {"stationary": ["Weights"]}, "dataflow.Buffer.stationary", None),
        (
            "Buffer",
            {"stationary": {"Weights": True, "Inputs": "row_whole or True"}},
            "dataflow.Buffer.stationary",
            None,
        ),
        ("Bufer", {}, "dataflow", "Buffer"),
        ("Buffer", {"spatial_xx": ["K"]}, "dataflow.Buffer.spatial_xx", "spatial_x"),
        ("Buffer", {"spatial_x": ["X"]}, "dataflow.Buffer.spatial_x[0]", None),
        ("Buffer", {"spatial_x": "K"}, "dataflow.Buffer.spatial_x", None),
        ("Buffer", {"whole": {"R": 1}}, "dataflow.Buffer.whole.R", None),
        ("Buffer", {"whole": {"R": "mesh_x"}}, "dataflow.Buffer.whole.R", None),
        ("Buffer", {"whole": {"R": "rows_whole"}}, "dataflow.Buffer.whole.R", "row_whole"),
        ("Buffer", {"keep": ["Weight"]}, "dataflow.Buffer.keep[0]", "Weights"),
        ("Register", {"keep": ["Inputs"]}, "dataflow.Register.keep", None),
        (
            "Buffer",
            {"keep": ["Inputs"], "bypass": ["Inputs"]},
            "dataflow.Buffer.keep",
            None,
        ),
        ("DRAM", {"bypass": ["Inputs"]}, "dataflow.DRAM.bypass", None),
    ],
)
def test_what_is_refused_in_a_dataflow(
    path: str, value: object, key_path: str, nearest: str | None
) -> None:
    error = error_with(f"dataflow.{path}", value)
    assert error.key_path == key_path
    assert error.nearest == nearest
    own = error_with(f"baseline.dataflow.{path}", value)
    assert own.key_path == f"baseline.{key_path}"


def test_a_clash_at_another_point_than_the_baseline_is_found() -> None:
    error = error_with(
        "dataflow.Register",
        {"keep": {"Weights": True}, "bypass": {"Weights": "flow == 'outputs'"}},
    )
    assert error.key_path == "dataflow.Register.keep"
    assert "flow = outputs" in error.problem


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("word_bits", [1, 7, "4 + (flow == 'outputs')"])
def test_words_hold_an_operand_of_the_macs(level: int, word_bits: object) -> None:
    error = error_with(f"architecture.levels.{level}.word_bits", word_bits)
    assert error.key_path == f"architecture.levels[{level}].word_bits"
    assert error.expected == "at least 8, the word_bits of mac"
    assert baseline_with(f"architecture.levels.{level}.word_bits", 24)
    wider = error_with("architecture.mac.word_bits", 9)
    assert wider.key_path == "architecture.levels[0].word_bits"


def test_words_too_narrow_at_another_point_than_the_baseline_are_found() -> None:
    error = error_with("architecture.levels.2.word_bits", "8 - (flow == 'outputs')")
    assert error.key_path == "architecture.levels[2].word_bits"
    assert "flow = outputs" in error.problem


@pytest.mark.parametrize(("level", "size", "instances"), [(1, 2, 1), (2, 3, 8), (2, 16, 8)])
def test_instances_make_whole_clusters(level: int, size: int, instances: int) -> None:
    error = error_with(f"architecture.levels.{level}.cluster_size", size)
    assert error.key_path == f"architecture.levels[{level}].cluster_size"
    assert error.expected == f"a divisor of {instances}"
    hardware = baseline_with("architecture.levels.2.cluster_size", 4)
    assert hardware.architecture.levels[2].cluster_size == 4


@pytest.mark.parametrize("value", [1e-9, 1e30])
def test_bandwidths_have_limits(value: float) -> None:
    error = error_with("architecture.levels.1.bandwidth.read", value)
    assert error.key_path == "architecture.levels[1].bandwidth.read"
    assert "1e-06" in str(error.expected)

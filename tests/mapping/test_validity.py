"""What a mapping may not do on a machine, with value, limit and ratio."""

from __future__ import annotations

from dataclasses import replace

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.mapping.batch import batch_of
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.validity import Violation, sequence_ratios, violations
from bohwsw.workload import Layer

LAYER = Layer("gemm", K=8, C=6, P=4)
WEIGHTS = frozenset({"Weights"})


def machine(**inner: object) -> Architecture:
    fields = {"name": "RF", "entries": 64, "mesh_x": 4, "mesh_y": 2, **inner}
    levels = (StorageLevel("DRAM", kind="dram"), StorageLevel(**fields))  # type: ignore[arg-type]
    return Architecture("two levels", levels, MacArray(mesh_x=4, mesh_y=2))


def mapping(keep: frozenset[str], rows: str = "P", columns: str = "K") -> Mapping:
    spatial_x, spatial_y = ((columns, 4),), ((rows, 2),)
    rest = {"K": 8, "C": 6, "P": 4}
    rest[columns] //= 4
    rest[rows] //= 2
    return Mapping(
        (
            LevelNest(spatial_x=spatial_x, spatial_y=spatial_y),
            LevelNest(temporal=tuple(rest.items()), keep=keep),
        )
    )


def test_a_mapping_that_just_fits() -> None:
    # Inside one of 8 instances: K 2, C 6, P 2.
    everything = frozenset({"Weights", "Inputs", "Outputs"})
    assert violations(LAYER, machine(entries=12 + 12 + 4), mapping(everything)) == ()


def test_one_word_too_many() -> None:
    everything = frozenset({"Weights", "Inputs", "Outputs"})
    (broken,) = violations(LAYER, machine(entries=27), mapping(everything))
    assert broken == Violation("capacity", "RF", "Weights+Inputs+Outputs", 28, 27)
    assert broken.ratio == 28 / 27
    assert str(broken) == (
        "RF Weights+Inputs+Outputs: capacity 28 of at most 27 words (1.04 times)"
    )


def test_only_kept_data_spaces_take_room() -> None:
    assert violations(LAYER, machine(entries=12), mapping(WEIGHTS)) == ()
    (broken,) = violations(LAYER, machine(entries=11), mapping(WEIGHTS))
    assert (broken.value, broken.limit, broken.data_space) == (12, 11, "Weights")


def test_a_fan_out_on_each_axis() -> None:
    small = Architecture(
        "small",
        (StorageLevel("DRAM"), StorageLevel("RF", mesh_x=2, mesh_y=1)),
        MacArray(mesh_x=2, mesh_y=1),
    )
    broken = violations(LAYER, small, mapping(WEIGHTS))
    assert [(v.constraint, v.level, v.value, v.limit) for v in broken] == [
        ("fanout_x", "DRAM", 4, 2),
        ("fanout_y", "DRAM", 2, 1),
    ]
    assert str(broken[0]) == "DRAM: fanout_x 4 of at most 2 children (2 times)"


def test_what_outer_levels_leave_unused_is_no_help() -> None:
    """Two of the four scratchpads stand below each global buffer, whether one is used or both."""
    halves = Architecture(
        "halves",
        (StorageLevel("DRAM"), StorageLevel("GLB", mesh_x=2), StorageLevel("RF", mesh_x=4)),
        MacArray(mesh_x=4),
    )
    loops = (("C", 6), ("P", 4), ("K", 2))
    spread = Mapping((LevelNest(), LevelNest(spatial_x=(("K", 4),)), LevelNest(temporal=loops)))
    assert halves.fanout(1) == (2, 1)
    assert violations(LAYER, halves, spread) == (Violation("fanout_x", "GLB", None, 4, 2),)
    loops = (("C", 6), ("P", 4), ("K", 4))
    fitting = Mapping((LevelNest(), LevelNest(spatial_x=(("K", 2),)), LevelNest(temporal=loops)))
    assert violations(LAYER, halves, fitting) == ()


def test_a_level_that_cannot_keep_a_data_space() -> None:
    level = machine(keeps=WEIGHTS)
    assert violations(LAYER, level, mapping(WEIGHTS)) == ()
    (broken,) = violations(LAYER, level, mapping(frozenset({"Weights", "Inputs", "Outputs"})))
    assert (broken.constraint, broken.data_space) == ("keep", "Inputs+Outputs")
    assert (broken.value, broken.limit, broken.ratio) == (2, 0, float("inf"))


def test_imperfect_factors_use_no_more_than_the_layer_has() -> None:
    short = Layer("short", K=7, C=5, P=3)
    assert violations(short, machine(entries=12 - 2), mapping(WEIGHTS), imperfect=True) == ()
    (broken,) = violations(short, machine(entries=9), mapping(WEIGHTS), imperfect=True)
    assert (broken.value, broken.limit) == (2 * 5, 9)
    # Two of the four columns have nothing to do: K is 2, and they are not used.
    narrow = Layer("narrow", K=4, C=6, P=4)
    half = Architecture(
        "half",
        (StorageLevel("DRAM"), StorageLevel("RF", mesh_x=2, mesh_y=2)),
        MacArray(mesh_x=2, mesh_y=2),
    )
    assert violations(narrow, half, mapping(WEIGHTS), imperfect=True) == ()


def test_sequential_steps_run_one_at_a_time_and_once() -> None:
    layer = Layer("steps", K=2, P=6, sequential="P")
    wide = machine(entries=99)

    def broken(*blocks: LevelNest) -> list[Violation]:
        nest = Mapping(blocks)
        found = violations(layer, wide, nest)
        assert (sequence_ratios(layer, batch_of([nest])) > 1.0) == [bool(found)]
        assert not violations(replace(layer, sequential=None), wide, nest)
        return list(found)

    loop = LevelNest
    assert broken(loop((("P", 6), ("K", 2))), loop()) == []
    assert broken(loop((("K", 2), ("P", 6))), loop()) == [
        Violation("passes_over_steps", "DRAM", None, 2, 1)
    ]
    assert broken(loop((("P", 3),)), loop((("K", 2), ("P", 2)))) == [
        Violation("steps_at_once", "DRAM", None, 2, 1)
    ]
    assert broken(loop((("K", 2), ("P", 2)), (("P", 3),)), loop()) == [
        Violation("steps_at_once", "DRAM", None, 3, 1),
        Violation("passes_over_steps", "DRAM", None, 2, 1),
    ]
    assert str(Violation("steps_at_once", "DRAM", None, 3, 1)) == (
        "DRAM: steps_at_once 3 of at most 1 sequential steps in a tile (3 times)"
    )

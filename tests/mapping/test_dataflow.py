"""Restrictions of a machine: what can be said, and what contradicts itself."""

from __future__ import annotations

import pytest

from bohwsw.errors import SpecError
from bohwsw.mapping.dataflow import FREE, Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.testing.small_map_spaces import machine
from bohwsw.workload import Layer


@pytest.mark.parametrize("key", ["temporal", "spatial_x", "spatial_y", "whole"])
def test_unknown_dimension(key: str) -> None:
    with pytest.raises(SpecError, match="unknown dimension") as error:
        LevelDataflow(**{key: frozenset({"k"})})
    assert (error.value.key_path, error.value.got, error.value.nearest) == (key, "k", "K")


@pytest.mark.parametrize("key", ["keep", "bypass"])
def test_unknown_data_space(key: str) -> None:
    with pytest.raises(SpecError, match="unknown data space") as error:
        LevelDataflow(**{key: frozenset({"Weight"})})
    assert (error.value.key_path, error.value.nearest) == (key, "Weights")


def test_unknown_stationary_data_space() -> None:
    with pytest.raises(SpecError, match="unknown data space") as error:
        LevelDataflow(stationary="Output")
    assert (error.value.key_path, error.value.nearest) == ("stationary", "Outputs")


def test_unknown_level() -> None:
    with pytest.raises(SpecError, match="unknown storage level") as error:
        MapSpace(Layer("any", K=2), machine(), Dataflow({"GLBuffer": LevelDataflow()}))
    assert error.value.nearest == "GLB"


def test_no_place_for_a_dimension() -> None:
    nowhere = LevelDataflow(*[frozenset({"C"})] * 3)
    dataflow = Dataflow(dict.fromkeys(("DRAM", "GLB", "Spad"), nowhere))
    with pytest.raises(SpecError, match="no place for dimension K of layer 'wide'"):
        MapSpace(Layer("wide", K=2, C=2), machine(), dataflow)
    MapSpace(Layer("narrow", C=2), machine(), dataflow)


@pytest.mark.parametrize(
    "rule",
    [
        LevelDataflow(keep=frozenset({"Outputs"})),
        LevelDataflow(keep=frozenset({"Inputs"}), bypass=frozenset({"Inputs"})),
    ],
)
def test_kept_where_it_cannot_be(rule: LevelDataflow) -> None:
    with pytest.raises(SpecError, match="must be kept at Spad but cannot be") as error:
        MapSpace(Layer("any", K=2), machine(), Dataflow({"Spad": rule}))
    assert error.value.key_path == "dataflow.Spad.keep"


def test_bypassing_the_outermost_level() -> None:
    rule = LevelDataflow(bypass=frozenset({"Inputs"}))
    with pytest.raises(SpecError, match="Inputs must be kept at DRAM"):
        MapSpace(Layer("any", K=2), machine(), Dataflow({"DRAM": rule}))


def test_free_allows_every_slot_that_exists() -> None:
    space = MapSpace(Layer("any", K=2), machine(mesh=(2, 1)), FREE)
    assert space.allowed.all(axis=2).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, False, False],
    ]
    assert space.keep_must.tolist() == [[True] * 3, [False] * 3, [False] * 3]
    assert space.keep_may.tolist() == [[True] * 3, [True] * 3, [True, True, False]]


def test_whole_dimensions_stay_inside() -> None:
    rule = LevelDataflow(whole=frozenset({"R"}))
    space = MapSpace(Layer("any", R=3), machine(), Dataflow({"GLB": rule}))
    assert space.slots("R") == ([(1, (0,)), (2, (0,))], [(1, (1, 2))])
    assert space.slots("S")[0][0] == (0, (0,))

"""The spaces that come with bohwsw: they load, and their baselines run the shipped models."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bohwsw.codesign import Design, HardwareSpace, Problem, best_recipe, load_space, space_from_dict
from bohwsw.errors import NoValidMappingError
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import space_arrays
from bohwsw.mapping.start import find_start
from bohwsw.mapping.validity import Violation, violations
from bohwsw.shipped import shipped_names
from bohwsw.workload import Layer, load_network, network_from_dict

QUICK = best_recipe().changed(evaluations=400)

NAMES = shipped_names("spaces")
# A filter row of 16 does not fit the input scratchpad of a row-stationary Eyeriss (docs/spaces.md).
CANNOT_MAP = {
    ("eyeriss-168", False),
    ("eyeriss-168", True),
    ("eyeriss-256", False),
    ("eyeriss-256", True),
    ("eyeriss-equal-area", False),
}
"""Baselines, and whether free of restrictions, whose PE cannot hold a filter row of ViT."""


@pytest.fixture(scope="module")
def spaces() -> dict[str, HardwareSpace]:
    return {name: load_space(name) for name in NAMES}


@pytest.fixture(scope="module")
def layers() -> dict[str, list[Layer]]:
    """The layers of every shipped model."""
    models = shipped_names("models")
    return {m: [entry.layer for entry in load_network(m).unique_layers()] for m in models}


def test_those_that_are_promised_are_there() -> None:
    promised = {"eyeriss-168", "eyeriss-256", "simba-like", "gemmini-like", "edge-tpu-like"}
    promised |= {"edge-accelerator"}
    assert promised <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_space_says_what_it_is(name: str, spaces: dict[str, HardwareSpace]) -> None:
    space = spaces[name]
    assert space.name == name
    assert space.spec.description
    assert space.spec.source
    assert space.space is not None
    assert space.baseline_is_restricted


@pytest.mark.parametrize("name", NAMES)
def test_the_baseline_is_a_point_within_the_limits(
    name: str, spaces: dict[str, HardwareSpace]
) -> None:
    space = spaces[name]
    point = space.spec.baseline.point
    assert space.hardware(point).architecture == space.baseline().architecture
    area_mm2 = space.baseline().area_mm2
    assert area_mm2 is not None
    assert 0.5 < area_mm2 < 50
    if "area_mm2" in space.spec.limits:
        assert area_mm2 < space.spec.limits["area_mm2"] < 1.2 * area_mm2


@pytest.mark.parametrize("name", NAMES)
def test_every_random_point_is_a_machine(name: str, spaces: dict[str, HardwareSpace]) -> None:
    space = spaces[name]
    assert space.space is not None
    for point in space.space.sample(100, np.random.default_rng(0)):
        hardware = space.hardware(point)
        assert hardware.point == point
        assert all(cost.read_pj > 0 for cost in hardware.costs.storage)
        assert hardware.area_mm2 is not None
        assert 0 < hardware.area_mm2 < math.inf


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("free", [False, True], ids=["restricted", "free"])
def test_every_layer_of_every_model_has_a_mapping_on_the_baseline(
    name: str, free: bool, spaces: dict[str, HardwareSpace], layers: dict[str, list[Layer]]
) -> None:
    hardware = spaces[name].baseline(free=free)
    for model, of_model in layers.items():
        impossible = set()
        for layer in of_model:
            space = MapSpace(layer, hardware.architecture, hardware.dataflow)
            try:
                find_start(space, space_arrays(space))
            except NoValidMappingError as error:
                impossible.add(error.layer)
        too_wide = model == "vit-b16" and (name, free) in CANNOT_MAP
        expected = {"patch_embed.proj"} if too_wide else set()
        bits = hardware.architecture.mac.word_bits
        expected |= {x.name for x in of_model if max(w or 0 for w in x.bits.values()) > bits}
        assert impossible == expected, model


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("free", [False, True], ids=["restricted", "free"])
def test_odd_layers_are_mapped_on_the_baseline(
    name: str, free: bool, spaces: dict[str, HardwareSpace]
) -> None:
    network = network_from_dict(
        {
            "name": "odd",
            "layers": [
                {"name": "depthwise", "G": 24, "P": 14, "Q": 14, "R": 5, "S": 5, "stride": 2},
                {"name": "attention", "G": 3, "P": 13, "C": 16, "K": 13, "N": 2},
                {"name": "one", "K": 1},
            ],
        }
    )
    space = spaces[name]
    hardware = space.baseline(free=free)
    design = Problem(space, network, recipe=QUICK).map_networks(hardware)
    assert isinstance(design, Design)
    for layer in design.layers:
        assert not violations(layer.entry.layer, hardware.architecture, layer.mapping)
        assert layer.evaluation.utilisation is not None
        assert 0 < layer.evaluation.utilisation <= 1


def test_eyeriss_256_is_eyeriss_168_with_other_meshes(spaces: dict[str, HardwareSpace]) -> None:
    small, large = (spaces[name].spec.model_dump() for name in ("eyeriss-168", "eyeriss-256"))
    for spec, product in ((small, 168), (large, 256)):
        assert f"mesh_x * mesh_y == {product}" in spec["constraints"]
        for key in ("name", "description", "source", "constraints"):
            del spec[key]
        for key in ("mesh_x", "mesh_y"):
            assert spec["parameters"].pop(key)["divisors_of"] == product
            del spec["baseline"]["point"][key]
    assert small == large


@pytest.mark.parametrize(
    ("name", "macs", "kilobytes"),
    [
        ("eyeriss-168", 168, 128 + 168 * 220 * 2 / 1024),
        ("eyeriss-256", 256, 128 + 256 * 220 * 2 / 1024),
        # From the publications named in the files; the registers of PEs come on top.
        ("simba-like", 16 * 8 * 8, 64 + 16 * (8 + 32 + 3) + 1024 / 1024),
        ("gemmini-like", 16 * 16, 256 + 64 + 256 * 2 * (1 + 4) / 1024),
        ("edge-tpu-like", 4096, 8192 + 64 * 64 * 4 / 1024),
    ],
)
def test_sizes_of_the_baselines(
    name: str, macs: int, kilobytes: float, spaces: dict[str, HardwareSpace]
) -> None:
    architecture = spaces[name].baseline().architecture
    assert architecture.macs == macs
    bits = sum(
        (level.entries or 0) * level.word_bits * level.instances for level in architecture.levels
    )
    assert bits / 8 / 1024 == pytest.approx(kilobytes)


def test_what_stays_in_a_gemmini_pe_is_a_parameter(spaces: dict[str, HardwareSpace]) -> None:
    space = spaces["gemmini-like"]
    for stationary, kept, empty in (
        ("weights", "WeightRegister", "OutputRegister"),
        ("outputs", "OutputRegister", "WeightRegister"),
    ):
        dataflow = space.hardware(space.with_point({"stationary": stationary})).dataflow
        assert {space.lower() for space in dataflow.levels[kept].keep} == {stationary}
        assert not dataflow.levels[kept].bypass
        assert not dataflow.levels[empty].keep
        assert dataflow.levels[empty].bypass


@pytest.mark.parametrize("whole", [True, False])
def test_a_filter_kept_whole_needs_scratchpads_that_hold_it(
    whole: bool, spaces: dict[str, HardwareSpace]
) -> None:
    """The hidden constraint of the paper's space: seen only when a layer is mapped."""
    space = spaces["eyeriss-168"]
    changes = {"input_entries": 6, "filter_width_whole": whole}
    hardware = space.hardware(space.with_point(changes))
    (conv1, *_) = load_network("resnet18").unique_layers()
    map_space = MapSpace(conv1.layer, hardware.architecture, hardware.dataflow)
    if not whole:
        find_start(map_space, space_arrays(map_space))
        return
    with pytest.raises(NoValidMappingError) as caught:
        find_start(map_space, space_arrays(map_space))
    (violation,) = caught.value.violations
    assert isinstance(violation, Violation)
    assert (violation.level, violation.data_space) == ("InputSpad", "Inputs")
    assert (violation.value, violation.limit) == (7, 6)


def test_a_space_may_let_a_dimension_unroll_on_both_axes(
    spaces: dict[str, HardwareSpace],
) -> None:
    data = spaces["eyeriss-168"].spec.model_dump(mode="json", exclude_none=True)
    (conv1, *_) = load_network("resnet18").unique_layers()
    sizes = []
    for single_axis in (True, False):
        hardware = space_from_dict({**data, "single_axis": single_axis}).baseline(free=True)
        map_space = MapSpace(conv1.layer, hardware.architecture, hardware.dataflow)
        sizes.append(map_space.size().factorisations)
    assert sizes[1] > sizes[0]

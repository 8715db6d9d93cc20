"""Files for ZigZag: accepted by its own validators, and they say what the mapping says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from exporters.random_designs import RESIDUAL

import bohwsw
from bohwsw.codesign import Design
from bohwsw.errors import SpecError
from bohwsw.exporters import export_design
from bohwsw.workload import Layer, network_from_dict

LAYERS = [
    Layer("conv", K=8, C=4, P=6, Q=6, R=3, S=3, stride_w=2, stride_h=2),
    Layer("depthwise", G=8, P=6, Q=6, R=3, S=3, dilation_w=2, dilation_h=2),
    Layer("product", P=8, C=16, K=8, weights_bits=8),
]


@pytest.fixture(scope="module")
def designs() -> list[Design]:
    return [
        bohwsw.map_layer(layer, space, mapper="random", evaluations=50)
        for layer in LAYERS
        for space in ("eyeriss-168", "simba-like", "edge-tpu-like")
    ]


def read(folder: Path) -> dict[str, dict]:
    (layer,) = (x for x in folder.iterdir() if x.is_dir())
    return {x.stem: yaml.safe_load(x.read_text()) for x in layer.iterdir()}


def test_zigzags_own_validators_accept_the_files(designs: list[Design], tmp_path: Path) -> None:
    validators = pytest.importorskip("zigzag.parser.accelerator_validator")
    from zigzag.parser.mapping_validator import MappingValidator
    from zigzag.parser.workload_validator import WorkloadValidator

    for number, design in enumerate(designs):
        files = read(export_design(design, "zigzag", tmp_path / str(number)))
        assert validators.AcceleratorValidator(files["hardware"]).validate()
        assert WorkloadValidator(files["workload"]).validate()
        assert MappingValidator(files["mapping"]).validate()


def test_loops_and_sizes_are_those_of_the_mapping(designs: list[Design], tmp_path: Path) -> None:
    for number, design in enumerate(designs):
        files = read(export_design(design, "zigzag", tmp_path / str(number)))
        (mapped,) = design.layers
        (mapping,) = files["mapping"]
        (workload,) = files["workload"]
        factors = dict.fromkeys(workload["loop_dims"], 1)
        for dim, steps in mapping["temporal_ordering"]:
            factors[dim] *= steps
        # ZigZag unrolls what it likes over a dimension of which nothing is said.
        dimensions = files["hardware"]["operational_array"]["dimensions"]
        assert list(mapping["spatial_mapping"]) == dimensions
        for loops in mapping["spatial_mapping"].values():
            for loop in loops:
                dim, steps = loop.split(", ")
                factors[dim] *= int(steps)
        assert list(factors.values()) == workload["loop_sizes"]
        assert sorted(workload["loop_sizes"]) == sorted(mapped.entry.layer.sizes.values())
        assert len(files["hardware"]["operational_array"]["sizes"]) <= 4
        memories = files["hardware"]["memories"]
        levels = zip(design.hardware.architecture.levels, mapped.mapping.levels, strict=True)
        held = [
            level.entries * level.word_bits for level, nest in levels if level.entries and nest.keep
        ]
        assert [x["size"] for x in memories.values() if x["mem_type"] == "sram"] == held[::-1]


def test_a_machine_with_too_many_fan_outs_is_named(tmp_path: Path) -> None:
    from bohwsw.arch import Architecture, MacArray, StorageLevel
    from bohwsw.codesign import Hardware, MappedLayer, MappedNetwork
    from bohwsw.mapping import FREE, LevelNest, Mapping
    from bohwsw.simulator import costs_of, simulate
    from bohwsw.tech import technology_of
    from bohwsw.workload import CountedLayer

    levels = [StorageLevel("DRAM", "dram")]
    levels += [StorageLevel(f"L{i}", entries=64, mesh_x=2**i, mesh_y=2**i) for i in range(1, 6)]
    machine = Architecture("deep", tuple(levels), MacArray(mesh_x=32, mesh_y=32))
    layer = Layer("one")
    mapping = Mapping((LevelNest(),) * 6)
    costs = costs_of(machine, technology_of("eyeriss-65nm"))
    found = MappedLayer(CountedLayer(layer), mapping, simulate(layer, machine, mapping, costs))
    design = Design(Hardware({}, machine, FREE, costs), (MappedNetwork("n", (found,)),))
    with pytest.raises(SpecError, match="no layer of this design"):
        export_design(design, "zigzag", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_network_has_its_edges(tmp_path: Path) -> None:
    network = network_from_dict({"name": "residual", "layers": RESIDUAL})
    design = bohwsw.map_network("edge-tpu-like", network, mapper="random", evaluations=100)
    folder = export_design(design, "zigzag", tmp_path / "out") / "network"
    files = {x.stem: yaml.safe_load(x.read_text()) for x in folder.iterdir()}
    sources = [entry["operand_source"] for entry in files["workload"]]
    # a takes the image; b takes a; dw takes the sum, whose first summand is b; fc takes dw
    assert sources == [{"I": 0, "W": 0}, {"I": 0, "W": 1}, {"I": 1, "W": 2}, {"I": 2, "W": 3}]
    names = [entry["name"] for entry in files["workload"]]
    assert [entry["name"] for entry in files["mapping"]] == [*names, "default"]
    validators = pytest.importorskip("zigzag.parser.accelerator_validator")
    from zigzag.parser.mapping_validator import MappingValidator
    from zigzag.parser.workload_validator import WorkloadValidator

    assert validators.AcceleratorValidator(files["hardware"]).validate()
    assert WorkloadValidator(files["workload"]).validate()
    assert MappingValidator(files["mapping"]).validate()

"""Designs as files: what is written is read back equal, and broken files are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from broken_specs import (
    NEVER_VALID,
    BrokenFile,
    BrokenTree,
    broken_files,
    broken_trees,
    result_or_error,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from bohwsw.codesign import (
    Design,
    Problem,
    best_recipe,
    design_from_dict,
    load_design,
    load_space,
    save_design,
)
from bohwsw.codesign.design import UnmappedLayer
from bohwsw.errors import SpecError
from bohwsw.shipped import shipped_names
from bohwsw.workload import network_from_dict
from bohwsw.workload.network import Network
from bohwsw.yamlfile import parse_yaml

QUICK = best_recipe().changed(evaluations=300)

LAYERS = [
    {"name": "conv", "K": 4, "C": 2, "P": 6, "Q": 6, "R": 3, "S": 3, "stride": 2, "count": 3},
    {"name": "dilated", "C": 2, "Q": 4, "S": 3, "dilation": [1, 2]},
    {"name": "heads", "G": 4, "P": 8, "C": 4, "K": 8},
]


def tiny_network(name: str = "tiny", layer_name: str = "conv") -> Network:
    layers = [{**LAYERS[0], "name": layer_name}, *LAYERS[1:]]
    return network_from_dict({"name": name, "layers": layers})


def mapped(space_name: str, network: Network) -> Design:
    space = load_space(space_name)
    design = Problem(space, network, recipe=QUICK).map_networks(space.baseline(free=True))
    assert isinstance(design, Design)
    return design


def saved_text(folder: Path, space_name: str = "eyeriss-168") -> str:
    path = folder / "saved.yaml"
    technology = load_space(space_name).spec.technology
    design = mapped(space_name, tiny_network())
    save_design(design, path, space=space_name, technology=technology)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved_text(tmp_path_factory.mktemp("design"))


@pytest.fixture
def tree(text: str) -> Any:
    return parse_yaml(text, file="saved.yaml")


CHAIN = [
    {"name": "a", "K": 4, "C": 2, "P": 6, "Q": 6, "R": 3, "S": 3},
    {"name": "b", "K": 4, "C": 4, "P": 4, "Q": 4, "R": 3, "S": 3, "inputs": "a"},
    {"name": "c", "K": 4, "C": 4, "P": 4, "Q": 4, "inputs": "b"},
    {"name": "d", "K": 4, "C": 4, "P": 4, "Q": 4, "inputs": "c"},
    {"name": "sum", "op": "add", "inputs": ["b", "d"]},
]


def test_the_graph_of_a_network_comes_back(tmp_path: Path) -> None:
    network = network_from_dict({"name": "residual", "layers": CHAIN})
    design, path = mapped("eyeriss-168", network), tmp_path / "design.yaml"
    save_design(design, path, space="", technology=load_space("eyeriss-168").spec.technology)
    found = load_design(path)
    assert found.networks[0].network == network
    assert found.hardware.clock_mhz == design.hardware.clock_mhz == 200.0
    assert found.figure("power_mw") == pytest.approx(design.figure("power_mw"))
    assert [entry.entry.count for entry in found.layers] == [1, 1, 2]
    tree: Any = parse_yaml(path.read_text(), file="design.yaml")
    assert design_from_dict({k: v for k, v in tree.items() if k != "models"}).layers == found.layers
    with pytest.raises(SpecError, match="several networks"):
        design_from_dict({**tree, "models": tree["models"] * 2})
    tree["models"][0]["layers"][0]["C"] = 3
    error = error_of(tree)
    assert error.key_path == "models[0]"
    assert "other layers" in error.problem


def error_of(tree: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        design_from_dict(tree, file="design.yaml")
    assert caught.value.file == "design.yaml"
    return caught.value


@pytest.mark.parametrize("space_name", shipped_names("spaces"))
def test_a_saved_design_is_read_back_equal(space_name: str, tmp_path: Path) -> None:
    design = mapped(space_name, tiny_network())
    path = tmp_path / "design.yaml"
    technology = load_space(space_name).spec.technology
    save_design(design, path, space=space_name, technology=technology)
    again = load_design(path)
    assert again.edp_pj_cycles == design.edp_pj_cycles
    assert again.area_mm2 == design.area_mm2
    assert again.hardware.point == design.hardware.point
    assert again.hardware.architecture.levels == design.hardware.architecture.levels
    assert again.hardware.architecture.mac == design.hardware.architecture.mac
    assert [layer.entry for layer in again.layers] == [layer.entry for layer in design.layers]
    assert [layer.evaluation for layer in again.layers] == [
        layer.evaluation for layer in design.layers
    ]


@pytest.mark.parametrize("name", ["1e3", ".5", "no", "null", "0x1F", "a: b", "#x", "é\n", "-", "~"])
def test_names_that_look_like_something_else(name: str, tmp_path: Path) -> None:
    design = mapped("eyeriss-168", tiny_network(name, layer_name=name))
    path = tmp_path / "design.yaml"
    save_design(design, path, space=name, technology="timeloop-pat")
    again = load_design(path)
    assert again.network == name
    assert again.layers[0].entry.layer.name == name


def test_what_the_file_says_is_evaluated_again(tree: Any) -> None:
    once = design_from_dict(tree)
    first = once.layers[0]
    tree["layers"][0]["layer"]["count"] += 1
    more = design_from_dict(tree)
    assert more.energy_pj == pytest.approx(once.energy_pj + first.evaluation.energy_pj)
    tree["technology"] = "eyeriss-65nm"
    assert design_from_dict(tree).energy_pj != more.energy_pj


def test_a_mapping_that_does_not_fit_is_kept_with_its_violations(tree: Any) -> None:
    for level in tree["architecture"]["levels"]:
        if level["name"] == "WeightSpad":
            level["entries"] = 1
    nests = tree["layers"][0]["mapping"]
    assert [nest["level"] for nest in nests][3:] == ["WeightSpad", "OutputSpad"]
    loops = {dim: size for dim, size in tree["layers"][0]["layer"].items() if dim in "NKCPQRSG"}
    for nest in nests:
        for key in ("temporal", "spatial_x", "spatial_y"):
            nest.pop(key, None)
    nests[-1]["temporal"] = [[dim, size] for dim, size in loops.items()]
    nests[3]["keep"] = ["Weights"]
    evaluation = design_from_dict(tree).layers[0].evaluation
    assert not evaluation.valid
    found = {(v.constraint, v.level, v.value, v.limit) for v in evaluation.violations}
    assert ("capacity", "WeightSpad", 4 * 2 * 3 * 3, 1) in found


@pytest.mark.parametrize(
    ("path", "value", "key_path", "nearest"),
    [
        (("technology",), "timeloop-pad", "technology", "timeloop-pat"),
        (("technology",), {"energy": "timeloop-pat", "area": "cacti-7nm"}, "technology.area", None),
        (("layers",), [], "layers", None),
        (("layers", 0, "layer", "K"), 5, "layers[0].mapping", None),
        (("layers", 1, "mapping", 0, "level"), "GLB", "layers[1].mapping", None),
        (("layers", 0, "mapping", 0, "keep"), ["Weights"], "layers[0].mapping[0].keep", None),
        (
            ("layers", 0, "mapping", 4, "keep"),
            ["Output"],
            "layers[0].mapping[4].keep[0]",
            "Outputs",
        ),
        (
            ("layers", 0, "mapping", 0, "temporal"),
            [["X", 2]],
            "layers[0].mapping[0].temporal[0][0]",
            None,
        ),
        (
            ("layers", 0, "mapping", 1, "temporal"),
            [["K", 2], ["K", 2]],
            "layers[0].mapping[1].temporal[1]",
            None,
        ),
        (
            ("layers", 0, "mapping", 0, "temporal"),
            [["K", 0]],
            "layers[0].mapping[0].temporal[0][1]",
            None,
        ),
        (
            ("architecture", "levels", 1, "entries"),
            "65536 / glb_instances",
            "architecture.levels[1].entries",
            None,
        ),
        (("architecture", "levels", 1, "name"), "DRAM", "architecture.levels[1].name", None),
        (
            ("architecture", "levels", 1, "fanout"),
            [-14, 12],
            "architecture.levels[1].fanout[0]",
            None,
        ),
    ],
)
def test_what_is_refused_in_a_design(
    tree: Any, path: tuple[Any, ...], value: object, key_path: str, nearest: str | None
) -> None:
    at = tree
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    error = error_of(tree)
    assert error.key_path == key_path
    assert error.nearest == nearest


def test_layers_without_a_mapping_are_kept_with_their_reason(tmp_path: Path) -> None:
    whole = mapped("eyeriss-168", tiny_network())
    left = UnmappedLayer(whole.layers[0].entry, 'no place: "K" \u00fc')
    (network,) = whole.networks
    half = replace(whole, networks=(replace(network, layers=network.layers[1:], unmapped=(left,)),))
    save_design(half, tmp_path / "half.yaml", space="small", technology="cacti-45nm")
    assert load_design(tmp_path / "half.yaml").unmapped == (left,)


def assert_refused_or_evaluated(result: Design | SpecError, file: str) -> None:
    if isinstance(result, SpecError):
        assert result.file == file
        assert file in str(result)
        return
    assert result.layers
    if all(layer.evaluation.valid for layer in result.layers):
        assert 0 < result.edp_pj_cycles < math.inf


@settings(max_examples=120)
@given(data=st.data())
def test_broken_designs_are_refused_or_evaluated(text: str, data: st.DataObject) -> None:
    broken: BrokenTree = data.draw(broken_trees(text))
    result = result_or_error(lambda: design_from_dict(broken.data, file="broken.yaml"))
    assert_refused_or_evaluated(result, "broken.yaml")
    # The point is for people: any name and any plain value may stand there. A bandwidth may be a
    # fraction, and a size an expression, "12" for instance.
    is_open = broken.path[:1] == ("point",) or broken.kind in (
        "text for a number",
        "a fraction for a whole number",
    )
    if broken.kind in NEVER_VALID and not is_open:
        assert isinstance(result, SpecError)


@settings(max_examples=80)
@given(data=st.data())
def test_broken_design_files_are_refused_or_evaluated(
    text: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    broken: BrokenFile = data.draw(broken_files(text))
    path = tmp_path_factory.getbasetemp() / "broken-design.yaml"
    path.write_bytes(broken.raw)
    result = result_or_error(lambda: load_design(path))
    assert_refused_or_evaluated(result, str(path))
    if broken.kind in NEVER_VALID:
        assert isinstance(result, SpecError)

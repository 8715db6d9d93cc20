"""Zeros: hand-computed energies and cycles, monotone, nothing changed where nothing is declared."""

from __future__ import annotations

from collections.abc import Mapping as ByName
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from small_space import small_space
from toy_model import TOY, quick_recipe

import bohwsw
from bohwsw.accuracy import Measurement, TrainSource
from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.codesign import Design, Problem, load_design, load_space, save_design, space_from_dict
from bohwsw.errors import SpecError
from bohwsw.exporters import export_design
from bohwsw.joint import JointProblem, JointSpace, run_joint
from bohwsw.mapping import LevelNest, Mapping
from bohwsw.simulator import Costs, Evaluation, SparseSpec, simulate, sparse_evaluation
from bohwsw.study import settings_of as codesign_settings
from bohwsw.tech import StorageCost
from bohwsw.workload import Layer, load_network, model_from_dict, network_data, network_from_dict
from bohwsw.yamlfile import validate

# One unit at a memory that gives one word a cycle: 4 outputs of 8 products each, one after another.
MACHINE = Architecture(
    "one", (StorageLevel("DRAM", kind="dram", read_words_per_cycle=1.0),), MacArray()
)
COSTS = Costs((StorageCost(10.0, 0.0, 20.0, None),), (0.0,), 2.0)
NEST = Mapping((LevelNest(temporal=(("K", 4), ("C", 8))),))


def evaluated(spec: SparseSpec | None, **density: float | None) -> Evaluation:
    layer = Layer("fc", K=4, C=8, **density)  # type: ignore[arg-type]
    return sparse_evaluation(spec, layer, MACHINE, NEST, simulate(layer, MACHINE, NEST, COSTS))


def spec(**data: Any) -> SparseSpec:
    return validate(SparseSpec, data)


def test_the_dense_run_by_hand() -> None:
    dense = evaluated(None)
    # 32 weights, 32 inputs and 28 sums are read, 32 sums written, 32 products made.
    assert dense.energy_pj == 32 * 10 + 32 * 10 + 28 * 10 + 32 * 20 + 32 * 2
    assert dense.latency_cycles == 92


@pytest.mark.parametrize(
    ("data", "energy_pj", "cycles"),
    [
        # Gated products: a quarter of the weights and half of the inputs are not zero.
        ({"gate": {"MAC": ["Weights"]}}, 1560 + 16, 92),
        ({"gate": {"MAC": ["Weights", "Inputs"]}}, 1560 + 8, 92),
        # Skipped products leave the memory's port to be waited for.
        ({"skip": {"MAC": ["Weights"]}}, 1560 + 16, 92),
        # Gated reads of weights take their time; a bit of 16 for each, 32 * (1/4 + 1/16).
        ({"gate": {"DRAM": ["Weights"]}}, 1560 - 320 + 100 + 64, 92),
        # Skipped ones do not: 10 + 32 + 28 words.
        ({"skip": {"DRAM": ["Weights"]}}, 1560 - 320 + 100 + 64, 70),
        ({"skip": {"DRAM": ["Weights"]}, "metadata_bits": 0}, 1560 - 320 + 80 + 64, 68),
        # Metadata may cost more than zeros save: 32 * (1/2 + 1).
        ({"skip": {"DRAM": ["Inputs"]}, "metadata_bits": 16}, 1560 + 160 + 64, 108),
    ],
)
def test_savings_by_hand(data: dict[str, Any], energy_pj: float, cycles: int) -> None:
    found = evaluated(spec(**data), weights_density=0.25, inputs_density=0.5)
    assert found.energy_pj == pytest.approx(energy_pj)
    assert found.latency_cycles == cycles


def test_units_that_skip_wait_for_the_busiest() -> None:
    fast = replace(MACHINE, levels=(StorageLevel("DRAM", kind="dram"),))

    def cycles(**data: Any) -> int | None:
        layer = Layer("fc", K=4, C=8, weights_density=0.25, inputs_density=0.5)
        dense = simulate(layer, fast, NEST, COSTS)
        found = sparse_evaluation(spec(**data), layer, fast, NEST, dense)
        effectual = 0.125 if len(data["skip"]["MAC"]) == 2 else 0.25
        assert found.utilisation == pytest.approx(32 * effectual / (found.latency_cycles or 0))
        return found.latency_cycles

    assert cycles(skip={"MAC": ["Weights"]}) == 8
    assert cycles(skip={"MAC": ["Weights", "Inputs"]}) == 4
    assert cycles(skip={"MAC": ["Weights"]}, imbalance=1.5) == 12
    assert cycles(skip={"MAC": ["Weights"]}, imbalance=100.0) == 32


def test_only_what_is_declared_of_what_is_known_is_saved() -> None:
    everything = spec(skip={"DRAM": ["Weights"], "MAC": ["Weights"]})
    for given in (None, spec(), spec(skip={"MAC": ["Inputs"]}, gate={"DRAM": ["Inputs"]})):
        dense = evaluated(None)
        assert evaluated(given, weights_density=0.25) == dense
        assert evaluated(everything, inputs_density=0.25) == dense == evaluated(everything)


def test_more_zeros_never_cost_more() -> None:
    both = ["Weights", "Inputs"]
    for data in (
        {"skip": {"DRAM": both, "MAC": both}},
        {"gate": {"DRAM": both, "MAC": both}},
        {"gate": {"DRAM": both}, "skip": {"MAC": both}, "imbalance": 3.0},
    ):
        found = [
            evaluated(spec(**data), weights_density=d / 20, inputs_density=min(1.0, d / 10))
            for d in range(21)
        ]
        energies = [x.energy_pj for x in found]
        cycles = [x.latency_cycles for x in found]
        assert energies == sorted(energies, key=float)
        assert cycles == sorted(cycles, key=float)
        assert energies[0] != energies[-1]


def test_layers_know_their_densities() -> None:
    layer = Layer("a", K=4, weights_density=1, inputs_density=0.5)
    shapes = {layer.shape, layer.dense.shape, replace(layer, inputs_density=None).shape}
    assert len(shapes | {replace(layer, weights_density=0.5).shape}) == 4
    assert layer.dense == Layer("a", K=4)
    dense = layer.dense
    assert dense.dense is dense
    for wrong in (-0.1, 1.1, float("nan"), True, "half"):
        with pytest.raises(SpecError, match="weights_density"):
            Layer("a", weights_density=wrong)  # type: ignore[arg-type]
    data = {**TOY, "layers": [{**TOY["layers"][1], "density": {"Weights": "1 - width / 16"}}]}
    network = model_from_dict({**data, "constraints": [], "default": {**TOY["default"]}}).network()
    assert network.unique_layers()[0].layer.weights_density == 0.75
    assert network_from_dict(network_data(network)) == network
    data["layers"] = [{**data["layers"][0], "density": {"Weights": "width"}}]
    with pytest.raises(SpecError, match=r"density"):
        model_from_dict(data)
    data["layers"] = [{**data["layers"][0], "density": {"Outputs": 0.5}}]
    with pytest.raises(SpecError, match="Outputs"):
        model_from_dict(data)


@pytest.mark.parametrize(
    ("sparse", "text"),
    [
        ({"skip": {"Bufer": ["Weights"]}}, "Buffer"),
        ({"skip": {"Buffer": ["Outputs"]}}, "Inputs"),
        ({"skip": {"MAC": ["Weights"]}, "gate": {"MAC": ["Weights"]}}, "either gated or skipped"),
        ({"skip": {"MAC": []}}, "skip"),
        ({"imbalance": 0.5}, "imbalance"),
        ({"metadata_bits": -1}, "metadata_bits"),
        ({"skipp": {}}, "skip"),
    ],
)
def test_what_no_machine_does_is_refused(sparse: dict[str, Any], text: str) -> None:
    data = small_space()
    names = [level["name"] for level in data["architecture"]["levels"]]
    sparse = {
        key: {names[1] if k == "Buffer" else k: v for k, v in x.items()}
        if isinstance(x, dict)
        else x
        for key, x in sparse.items()
    }
    text = names[1] if text == "Buffer" else text
    with pytest.raises(SpecError, match=text):
        space_from_dict({**data, "sparse": sparse})


def test_a_design_is_read_back_and_proves_nothing(tmp_path: Path) -> None:
    network = load_network("digits-cnn-sparse")
    options: dict[str, Any] = {"seconds": 1.0, "gap": 10.0, "threads": 1}
    design = bohwsw.map_network("sparse-edge", network, **options)
    assert design.lower_bound == 0.0
    dense = bohwsw.map_network("sparse-edge", load_network("digits-cnn"), **options)
    assert dense.lower_bound > 0.0
    save_design(design, tmp_path / "x.yaml", space="sparse-edge", technology="cacti-45nm")
    assert load_design(tmp_path / "x.yaml").figures()["edp_pj_cycles"] == design.edp_pj_cycles
    export_design(design, "loops", tmp_path / "loops")
    assert "not zero (conv0, conv1, fc)" in (tmp_path / "loops" / "README.md").read_text()
    with pytest.raises(SpecError, match="save nothing on zeros"):
        bohwsw.explain_design(design, "sparse-edge")
    with pytest.raises(SpecError, match="imperfect"):
        bohwsw.map_network("sparse-edge", network, imperfect=True, **options)
    with pytest.raises(SpecError, match="headroom"):
        bohwsw.codesign_network("sparse-edge", network, trials=1, headroom_seconds=1.0)


@dataclass
class Measured:
    """A source that measures densities."""

    densities: ByName[str, float]
    name: str = "measured"
    figures: tuple[str, ...] = ("accuracy_percent",)

    def measure(self, knobs: ByName[str, Any]) -> Measurement:
        return Measurement({"accuracy_percent": 90.0}, densities=self.densities)


def sparse_problem(densities: ByName[str, float], **options: Any) -> JointProblem:
    data = {**TOY, "knobs": {**TOY["knobs"], "sparsity": {"values": [0.0, 0.5]}}}
    data["default"] = {**TOY["default"], "sparsity": 0.5, "depth": 2}
    image, stem, stage = TOY["layers"]
    (conv,) = stage["layers"]
    density = {"Weights": "1 - sparsity"}
    stage = {**stage, "layers": [{**conv, "density": density}]}
    data["layers"] = [image, {**stem, "density": density}, stage]
    machine = small_space()
    machine["architecture"]["levels"][2]["keeps"] = ["Weights"]
    machine["sparse"] = {"skip": {"MAC": ["Weights"], "DRAM": ["Weights"]}, "metadata_bits": 0}
    joint = JointSpace(model_from_dict(data), space_from_dict(machine))
    return JointProblem(joint, Measured(densities), recipe=quick_recipe(4), **options)


def test_measured_densities_stand_in_place_of_those_promised(tmp_path: Path) -> None:
    def judged(densities: ByName[str, float]) -> Design:
        problem = sparse_problem(densities)
        found = problem.judge(problem.joint.point({})).found
        assert isinstance(found, Design)
        return found

    promised = judged({})
    same = judged({"stem": 0.5, "stage.0.conv": 0.4, "stage.1.conv": 0.6})
    assert same.edp_pj_cycles == promised.edp_pj_cycles
    more = judged({"stem": 0.5, "stage.0.conv": 0.9, "stage.1.conv": 0.7})
    assert more.edp_pj_cycles > promised.edp_pj_cycles
    shares = [x.entry.layer.weights_density for x in more.layers]
    assert shares == [0.5, pytest.approx(0.8)]
    save_design(more, tmp_path / "x.yaml", space="small", technology="timeloop-pat")
    read = load_design(tmp_path / "x.yaml")
    assert [x.entry.layer.weights_density for x in read.layers] == shares


def test_limits_hold_for_what_is_measured() -> None:
    problem = sparse_problem({})
    energy = problem.judge(problem.joint.point({})).found
    assert isinstance(energy, Design)
    limit = {"energy_pj": energy.energy_pj * 1.001}
    dense = {"stem": 1.0, "stage.0.conv": 1.0, "stage.1.conv": 1.0}
    strict = sparse_problem(dense, limits=limit)
    judged = strict.judge(strict.joint.point({}))
    assert judged.accuracy is not None
    assert "energy_pj" in (judged.outcome.reason or "")


def test_a_search_ends_with_what_was_measured(tmp_path: Path) -> None:
    densities = {"stem": 0.75, "stage.0.conv": 0.75, "stage.1.conv": 0.75}
    problem = sparse_problem(densities)
    first = run_joint(problem, folder=tmp_path / "study")
    assert {x.entry.layer.weights_density for d in first.designs for x in d.layers} == {0.75}
    grown = replace(problem, recipe=problem.recipe.changed(trials=6))
    again = run_joint(grown, folder=tmp_path / "study", resume=True)
    assert len(again.trials) == 6
    assert {x.entry.layer.weights_density for d in again.designs for x in d.layers} == {0.75}


def test_studies_keep_what_their_machines_save_on_zeros() -> None:
    dense = codesign_settings(Problem(load_space("eyeriss-168"), "mlp"))
    assert dense["space"]["sparse"] is None
    sparse = codesign_settings(Problem(load_space("sparse-edge"), "mlp"))
    assert sparse["space"]["sparse"]["imbalance"] == 1.1


def test_real_weights_are_counted() -> None:
    source = TrainSource("digits-cnn-sparse", epochs=(1,), seeds=(1,), cache=None)
    knobs = {"width": 8, "sparsity": 0.5, "pattern": "2:4", "weight_bits": 8}
    found = source.measure(knobs).densities
    assert list(found) == ["conv0", "conv1", "fc"]
    # Of 9 weights in a row 2 + 2 + 1 stay; where others are a multiple of 4, half of them.
    assert found["conv0"] == pytest.approx(5 / 9, abs=0.03)
    assert found["fc"] == pytest.approx(0.5, abs=0.03)
    assert found["conv0"] <= 5 / 9 + 1e-6
    assert (
        TrainSource(epochs=(1,), seeds=(1,), cache=None).measure({"width": 4, "depth": 1}).densities
        == {}
    )

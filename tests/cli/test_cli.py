"""The command line as a user meets it: output, JSON, errors with exit code 2, nothing lost."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from toy_model import TOY
from typer.testing import CliRunner, Result

from bohwsw import __version__
from bohwsw.cli.app import app
from bohwsw.cli.catalogue import models_views
from bohwsw.shipped import find_spec
from bohwsw.workload import load_model

CASES = Path(__file__).resolve().parents[1] / "data" / "timeloop" / "golden_hier_small.jsonl.xz"
QUICK = ["--evaluations", "500", "--threads", "1", "--gap", "0.5"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def json_of(*arguments: object) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: object) -> str:
    """The message of a command that must end with exit code 2 and no traceback."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return str(result.output)


def test_version() -> None:
    assert run("--version").stdout.strip() == f"bohwsw {__version__}"


def test_every_command_has_help_and_the_common_options() -> None:
    for name in ("codesign", "map", "evaluate", "spaces", "models"):
        text = run(name, "--help").stdout
        for option in ("--json", "--seed", "--out"):
            assert option in text, f"{name} lacks {option}"


def test_spaces_and_models_list_what_ships() -> None:
    assert "eyeriss-168" in {entry["name"] for entry in json_of("spaces")}
    models = json_of("models")
    assert {"resnet18", "bert-base-layer"} <= {entry["name"] for entry in models}
    assert models_views(models)[0].row_count == len(models)
    assert json_of("spaces", "eyeriss-168")["parameters"]["mesh_x"] == {"divisors_of": 168}
    assert json_of("models", "resnet18")["macs"] == 1_814_073_344
    narrow = json_of("models", "resnet-cifar", "--knob", "width=0.5", "--knob", "bits=4")
    assert narrow["point"] == {**narrow["point"], "width": 0.5, "bits": 4, "depth": 3}
    assert narrow["layers"][0]["shape"] == "K8 C3 P32 Q32 R3 S3 bits 4"
    assert narrow["knobs"]["depth"] == {"range": [1, 9]}
    for command in (
        ["spaces"],
        ["models", "resnet-cifar"],
        ["spaces", "eyeriss-168"],
        ["models", "dqn"],
    ):
        assert run(*command).exit_code == 0


def test_map_writes_a_design_that_evaluate_reads(tmp_path: Path) -> None:
    out = tmp_path / "design.yaml"
    mapped = json_of("map", "--model", "dqn", "--layer", "conv2", "--out", out, *QUICK)
    again = json_of("evaluate", out)
    assert again["edp_pj_cycles"] == pytest.approx(mapped["edp_pj_cycles"], rel=1e-12)
    assert again["layers"][0]["loop_nest"] == mapped["layers"][0]["loop_nest"]
    assert "for" in run("map", "--model", "dqn", "--layer", "conv2", *QUICK).stdout


def test_map_takes_a_model_at_its_knobs_and_any_layer_by_its_name() -> None:
    options = ["--model", "resnet-cifar", "--knob", "width=0.5", "--layer", "stage3.2.conv2"]
    (layer,) = json_of("map", *options, *QUICK)["layers"]
    assert (layer["name"], layer["count"]) == ("stage3.0.conv2", 5)


def test_map_proves_its_answer() -> None:
    common = ["map", "--model", "dqn", "--layer", "conv3", "--json"]
    exact = json_of(*common, "--exact")
    assert exact["gap"] == 0.0
    assert exact["bound_edp_pj_cycles"] == exact["edp_pj_cycles"]
    loose = json_of(*common, "--gap", "0.5", "--seconds", "0")
    assert loose["bound_edp_pj_cycles"] <= exact["edp_pj_cycles"] <= loose["edp_pj_cycles"]
    energy = json_of(*common, "--objective", "energy", "--gap", "0.1")
    assert 0.0 < energy["bound_energy_pj"] <= energy["energy_pj"] <= exact["energy_pj"]
    unproven = json_of(*common, "--mapper", "annealing", *QUICK)
    assert unproven["gap"] is unproven["bound_edp_pj_cycles"] is None
    assert "optimal" in run(*common[:-1], "--exact").stdout


def test_map_with_imperfect_factors_is_stored_and_read(tmp_path: Path) -> None:
    out = tmp_path / "design.yaml"
    common = ["map", "--model", "dqn", "--layer", "conv1", "--seconds", "4"]
    perfect = json_of(*common)
    mapped = json_of(*common, "--imperfect", "--out", out)
    assert mapped["edp_pj_cycles"] < perfect["edp_pj_cycles"]
    assert mapped["bound_edp_pj_cycles"] > 0.0
    assert json_of("evaluate", out)["edp_pj_cycles"] == pytest.approx(mapped["edp_pj_cycles"])


def test_map_explains(tmp_path: Path) -> None:
    common = ["map", "--model", tiny_models(tmp_path)[0], "--explain"]
    (layer,) = json_of(*common)["layers"]
    assert layer["explanation"]["binding"]
    assert layer["what_if"]["changes"]
    printed = run(*common, "--seconds", 0.3).stdout
    assert "Largest parts of the energy" in printed
    assert "Doubled" in printed


def test_map_takes_other_parameters_and_the_baselines_dataflow() -> None:
    changed = json_of("map", "--model", "mlp", "--set", "mesh_x=42", "--set", "mesh_y=4", *QUICK)
    assert (changed["point"]["mesh_x"], changed["point"]["mesh_y"]) == (42, 4)
    restricted = json_of("map", "--model", "dqn", "--baseline-dataflow", *QUICK)
    nests = ["\n".join(layer["loop_nest"]) for layer in restricted["layers"]]
    assert all("GLB [ Inputs, Outputs ]" in nest for nest in nests)


def test_same_seed_same_answer() -> None:
    first, second = (json_of("map", "--model", "mlp", "--seed", 7, *QUICK) for _ in range(2))
    assert first == second


def test_codesign_end_to_end_then_resume(tmp_path: Path) -> None:
    common = ["--model", "mlp", "--evaluations", 300, "--final-seconds", 0.1, "--out", tmp_path]
    first = json_of("codesign", "--trials", 2, *common)
    assert len(first["trials"]) == 2
    assert 0.0 < first["best"]["bound_edp_pj_cycles"] <= first["best"]["edp_pj_cycles"]
    more = json_of("codesign", "--trials", 3, "--resume", *common)
    assert [t["point"] for t in more["trials"][:2]] == [t["point"] for t in first["trials"]]
    best = json_of("evaluate", tmp_path / "best.yaml")
    assert best["edp_pj_cycles"] == pytest.approx(more["best"]["edp_pj_cycles"], rel=1e-12)
    table = run("codesign", "--trials", 1, "--overwrite", *common)
    assert table.exit_code == 0
    assert "whole network" in table.stdout
    assert "best.yaml" in table.stdout


def tiny_models(folder: Path) -> list[Path]:
    """Two model files of one layer each, networks ``first`` and ``second``."""
    paths = []
    for name, channels in (("first", 16), ("second", 32)):
        path = folder / f"net-{name}.yaml"
        layer = {"name": "fc", "K": channels, "C": 16}
        path.write_text(yaml.safe_dump({"name": name, "layers": [layer]}))
        paths.append(path)
    return paths


def test_codesign_of_several_weighted_networks(tmp_path: Path) -> None:
    first, second = tiny_models(tmp_path)
    common = ["codesign", "--model", first, "--model", f"{second}=3", "--trials", 2]
    budget = ["--evaluations", 100, "--threads", 1, "--strategy", "random", "--out", tmp_path]
    data = json_of(*common, *budget)
    each = data["best"]["networks"]
    assert [each[name]["weight"] for name in ("first", "second")] == [0.25, 0.75]
    assert each["first"]["layers"]
    best = json_of("evaluate", tmp_path / "best-second.yaml")
    assert best["edp_pj_cycles"] == pytest.approx(each["second"]["edp_pj_cycles"])
    mean = each["first"]["edp_pj_cycles"] ** 0.25 * best["edp_pj_cycles"] ** 0.75
    assert data["best"]["edp_pj_cycles"] == pytest.approx(mean)
    printed = run(*common, *budget, "--resume").stdout
    for word in ("first", "second", "together", "best-first.yaml"):
        assert word in printed
    assert re.search(r"time: \d+ s proposing, \d+ s mapping, \d+ s final mapping\n", printed)
    assert "final_limit" not in data["seconds"]
    shorter = [*common, *budget, "--resume", "--final-seconds", 0.5]
    assert "s final mapping (of 0.5 s)" in run(*shorter).stdout
    again = json.loads((tmp_path / "result.json").read_text())
    assert again["seconds"]["final_limit"] == 0.5


def test_codesign_takes_the_knobs_of_its_models(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(TOY))
    models = ["--model", tmp_path / "toy.yaml", "--model", tiny_models(tmp_path)[0]]
    budget = ["--trials", 1, "--evaluations", 20, "--final-seconds", 0.1, "--threads", 1]
    common = ["codesign", *models, *budget, "--recipe", "paper", "--strategy", "random"]
    out = ["--out", tmp_path / "out"]
    knobs = ["--knob", "depth=0", "--knob", "width=2"]
    json_of(*common, *knobs, *out)
    settings = json.loads((tmp_path / "out" / "settings.json").read_text())
    model = load_model(tmp_path / "toy.yaml")
    network = model.network(model.with_point({"depth": 0, "width": 2}))
    layers = [[*entry.layer.shape, entry.count] for entry in network.unique_layers()]
    assert settings["layers"]["toy"] == layers
    assert "layers" in refused(*common, "--knob", "depth=1", *out, "--resume")


def test_codesign_for_several_objectives_within_limits(tmp_path: Path) -> None:
    model = tiny_models(tmp_path)[0]
    common = ["codesign", "--model", model, "--objective", "energy,latency,area", "--trials", 8]
    limits = ["--limit", "area_mm2=9", "--limit", "latency_ms=1"]
    budget = ["--evaluations", 100, "--threads", 1, "--strategy", "random", "--out", tmp_path]
    budget += ["--final-seconds", 0.1]
    data = json_of(*common, *limits, *budget)
    assert data["objectives"] == ["energy", "latency", "area"]
    assert data["front"]
    for design in data["front"]:
        assert design["area_mm2"] <= 9
        assert design["latency_cycles"] <= 200_000  # 1 ms at 200 MHz
        assert set(design["improvement"]) == {"energy", "latency", "area"}
    printed = run(*common, *limits, *budget, "--resume").stdout
    assert "Pareto front" in printed
    assert f"front-{len(data['front'])}" in printed
    assert "front-1.yaml" in printed
    assert "limits" in refused(*common, "--limit", "area_mm2=8", *budget, "--resume")


def test_codesign_does_not_touch_a_finished_study_unasked(tmp_path: Path) -> None:
    common = ["--model", tiny_models(tmp_path)[0], "--trials", 1, "--evaluations", 100]
    common += ["--final-seconds", 0.1]
    assert run("codesign", *common, "--out", tmp_path).exit_code == 0
    before = (tmp_path / "trials.jsonl").read_bytes()
    assert "--resume" in refused("codesign", *common, "--out", tmp_path)
    assert (tmp_path / "trials.jsonl").read_bytes() == before


@pytest.mark.parametrize("place", ["studies.jsonl", "studies.db"])
def test_codesign_in_a_storage_goes_on_wherever_it_is_started(tmp_path: Path, place: str) -> None:
    storage = tmp_path / place
    common = ["--model", tiny_models(tmp_path)[0], "--evaluations", 100, "--storage", storage]
    common += ["--final-seconds", 0.1, "--strategy", "random"]
    first = json_of("codesign", "--trials", 2, "--out", tmp_path / "here", *common)
    more = json_of("codesign", "--trials", 3, "--out", tmp_path / "there", *common)
    assert [t["point"] for t in more["trials"][:2]] == [t["point"] for t in first["trials"]]
    assert not (tmp_path / "here" / "trials.jsonl").exists()
    assert (tmp_path / "there" / "best.yaml").exists()
    there = ["codesign", "--trials", 3, "--out", tmp_path / "there", *common]
    assert "mine" in refused(*there, "--study", "mine", "--resume")
    assert "--storage" in refused("codesign", "--study", "mine", "--out", tmp_path / "new")


def test_no_progress_is_shown_before_the_input_is_checked(tmp_path: Path) -> None:
    model = tiny_models(tmp_path)[0]
    common = ["codesign", "--model", model, "--trials", 1, "--evaluations", 100, "--out", tmp_path]
    common += ["--final-seconds", 0.1]
    assert run(*common).exit_code == 0
    for command in (
        common,
        [*common, "--resume", "--overwrite"],
        [*common, "--overwrite", "--limit", "area=3"],
        ["map", "--model", "mlp", "--set", "mesh_x=13"],
        ["map", "--model", "mlp", "--out", tmp_path],
    ):
        result = run(*command)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: ")
        assert "mapping" not in result.stderr.lower()
        assert result.stdout == ""
    assert "resume, overwrite" in refused(*common, "--resume", "--overwrite")
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 1


def test_cases_print_one_json_line_each(tmp_path: Path) -> None:
    result = run("evaluate", "--cases", CASES)
    with lzma.open(CASES, "rt") as stream:
        cases = [json.loads(line) for line in stream]
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == [case["id"] for case in cases]
    for row, case in zip(rows, cases, strict=True):
        expected = case["expected"]["base"]
        assert row["valid"]
        assert abs(row["latency_cycles"] - expected["cycles"]) <= 1
        assert row["energy_pj"] == pytest.approx(expected["energy_pj"], rel=1e-6)
    out = tmp_path / "rows.jsonl"
    run("evaluate", "--cases", CASES, "--out", out)
    assert out.read_text() == result.stdout


def test_a_design_is_written_as_cases_that_evaluate_to_the_same(tmp_path: Path) -> None:
    design, cases = tmp_path / "design.yaml", tmp_path / "cases.jsonl"
    mapped = json_of("map", "--model", "mlp", "--out", design, *QUICK)
    json_of("evaluate", design, "--as-cases", cases)
    rows = [json.loads(x) for x in run("evaluate", "--cases", cases).stdout.splitlines()]
    assert [row["id"] for row in rows] == ["mlp/fc1", "mlp/fc2", "mlp/fc3"]
    assert sum(row["energy_pj"] for row in rows) == pytest.approx(mapped["energy_pj"], rel=1e-12)
    assert sum(row["latency_cycles"] for row in rows) == mapped["latency_cycles"]
    assert "--as-cases" in refused("evaluate", "--cases", cases, "--as-cases", cases)


def test_a_mapping_that_does_not_fit_is_answered_with_reasons(tmp_path: Path) -> None:
    path = tmp_path / "design.yaml"
    assert run("map", "--model", "dqn", "--layer", "conv2", "--out", path, *QUICK).exit_code == 0
    data = yaml.safe_load(path.read_text())
    for nest in data["layers"][0]["mapping"]:
        nest.pop("temporal", None), nest.pop("spatial_x", None), nest.pop("spatial_y", None)
        nest["keep"] = ["Weights"] if nest["level"] == "WeightSpad" else nest["keep"]
    sizes = [["K", 64], ["C", 32], ["P", 9], ["Q", 9], ["R", 4], ["S", 4]]
    data["layers"][0]["mapping"][-1]["temporal"] = sizes
    path.write_text(yaml.safe_dump(data))
    answer = json_of("evaluate", path)
    violation = next(v for v in answer["layers"][0]["violations"] if v["level"] == "WeightSpad")
    assert not answer["valid"]
    assert answer["edp_pj_cycles"] is None
    assert violation["value"] == 64 * 32 * 4 * 4
    assert violation["ratio"] == pytest.approx(violation["value"] / 192)
    assert "WeightSpad Weights" in run("evaluate", path).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["codesign", "--space", "eyeris-168"], ["unknown space", "nearest", "eyeriss-168"]),
        (["codesign", "--model", "resnet19"], ["unknown model", "resnet18"]),
        (["codesign", "--strategy", "bayes", "--out", "never"], ["strategy", "bayesian"]),
        (["codesign", "--model", "mlp", "--model", "mpl=2"], ["unknown model", "mlp"]),
        (["codesign", "--model", "mlp=much"], ["--model", "mlp=much", "NAME_OR_FILE=WEIGHT"]),
        (["codesign", "--model", "mlp=-1"], ["weight", "above 0"]),
        (["codesign", "--model", "mlp", "--model", "mlp=2"], ["one name", "mlp"]),
        (["codesign", "--objective", "energy,aera"], ["objective", "area"]),
        (["codesign", "--objective", "edp,edp"], ["distinct"]),
        (["codesign", "--objective", "edp,area", "--recipe", "paper"], ["one objective only"]),
        (["codesign", "--limit", "area=3"], ["area", "nearest", "area_mm2"]),
        (["codesign", "--limit", "area_mm2"], ["--limit", "NAME=VALUE"]),
        (["codesign", "--limit", "energy=1"], ["energy", "nearest", "energy_pj"]),
        (["codesign", "--limit", "energy_pj<=1"], ["energy_pj<", "nearest", "energy_pj"]),
        (["codesign", "--knob", "width=1"], ["knob", "width"]),
        (
            ["codesign", "--model", "resnet-cifar", "--knob", "widht=1"],
            ["widht", "nearest:  width"],
        ),
        (["codesign", "--model", "resnet-cifar", "--knob", "width=3"], ["width: 3 is not one of"]),
        (["codesign", "--limit", "power_mw=low"], ["power_mw", "a number above 0"]),
        (["codesign", "--limit", "power_mw=3", "--limit", "power_mw=4"], ["given twice"]),
        (["map", "--objective", "area"], ["objective", "edp"]),
        (["map", "--objective", "edq"], ["objective", "edp"]),
        (["map", "--mapper", "anneal"], ["mapper", "annealing"]),
        (["map", "--layer", "conv9"], ["layer of resnet18", "conv1"]),
        (["map", "--set", "mesh_x"], ["NAME=VALUE"]),
        (["map", "--set", "mesh_z=3"], ["mesh_z", "mesh_x"]),
        (["map", "--set", "mesh_x=13"], ["not in the space", "mesh_x: 13"]),
        (["map", "--set", "mesh_x=[1"], ["--set"]),
        (["map", "--evaluations", "0"], ["--evaluations"]),
        (["map", "--gap", "-1"], ["--gap"]),
        (["map", "--seconds", "-1"], ["--seconds"]),
        (["map", "--mapper", "random", "--imperfect"], ["branch and bound", "random"]),
        (["evaluate"], ["--cases"]),
        (["evaluate", "missing.yaml"], ["no such file"]),
        (["evaluate", "--cases", "missing.jsonl"], ["missing.jsonl"]),
        (["models", "resnet"], ["resnet"]),
        (["models", "--knob", "width=1"], ["--knob", "a model"]),
        (["models", "mlp", "--knob", "width=1"], ["unknown knob", "mlp.yaml"]),
        (["map", "--model", "resnet-cifar", "--knob", "widht=1"], ["widht", "nearest:  width"]),
        (["map", "--model", "resnet-cifar", "--knob", "width=3"], ["width: 3 is not one of"]),
        (["spaces", "simba"], ["unknown space"]),
        (["frobnicate"], ["frobnicate"]),
    ],
)
def test_bad_input_ends_with_a_message_and_exit_code_2(
    arguments: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = refused(*arguments)
    for word in words:
        assert word in text
    assert list(tmp_path.iterdir()) == []


def test_no_command_replaces_what_it_reads(tmp_path: Path) -> None:
    model = tiny_models(tmp_path)[0]
    before = model.read_text()
    for command in (["map", "--model", model], ["models", model], ["evaluate", model]):
        assert "is an input" in refused(*command, "--out", model)
    assert "is an input" in refused("evaluate", model, "--as-cases", model)
    assert model.read_text() == before


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    layer = {"name": "[/red] :smile:", "K": 4}
    path.write_text(yaml.safe_dump({"name": "[bold]x[/]", "layers": [layer]}))
    assert "[/red] :smile:" in run("models", path).stdout
    printed = run("map", "--model", path, *QUICK).stdout
    assert "[/red] :smile:" in printed
    assert "[bold]x[/] on eyeriss-168" in printed


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "id: 3", "\x00\x01", '{"id": NaN}'])
def test_broken_case_and_design_files_are_refused(text: str, tmp_path: Path) -> None:
    for name in ("broken.jsonl", "broken.yaml"):
        (tmp_path / name).write_text(text)
    assert "broken.jsonl" in refused("evaluate", "--cases", tmp_path / "broken.jsonl")
    assert "broken.yaml" in refused("evaluate", tmp_path / "broken.yaml")


def test_results_cannot_go_where_there_is_no_folder(tmp_path: Path) -> None:
    out = tmp_path / "no" / "folder" / "x.yaml"
    refused("map", "--model", "dqn", "--layer", "conv2", "--out", out, *QUICK)
    refused("spaces", "--out", out)
    assert not (tmp_path / "no").exists()


def gemmini_with(tmp_path: Path, old: str, new: str) -> Path:
    """The Gemmini-like space with something replaced."""
    text = find_spec("spaces", "gemmini-like").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_typo_in_a_dataflow_is_refused_with_the_nearest_value(tmp_path: Path) -> None:
    path = gemmini_with(tmp_path, "stationary == 'weights'", "stationary == 'weigths'")
    message = refused("map", "--space", path, "--model", "mlp")
    for part in (str(path), "dataflow.WeightRegister.keep.Weights", "nearest:  weights"):
        assert part in message


def test_a_warning_is_a_line_on_standard_error_and_leaves_json_alone(tmp_path: Path) -> None:
    path = gemmini_with(tmp_path, "read: bus_bytes, write: bus_bytes", "read: 16, write: 16")
    result = run("spaces", path, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["name"] == "gemmini-like"
    assert result.stderr.startswith(f"warning: {path}: parameters.bus_bytes: no machine depends")
    assert result.stderr.count("\n") == 1
    assert "warning" not in run("spaces", "gemmini-like", "--json").stderr


@pytest.mark.parametrize("option", ["--seed", "--evaluations", "--threads"])
def test_numbers_beyond_64_bits_are_refused(option: str) -> None:
    message = refused("map", "--mapper", "random", "--layer", "conv1", option, 2**70)
    assert "whole number" in message

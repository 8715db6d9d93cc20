"""Joint searches on the command line: tables, functions, resuming after a kill, refusals."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_space import changed_space
from test_cli import json_of, refused, run
from toy_model import TOY, accuracy_percent

SOURCE = """
import time
from pathlib import Path

def accuracy(knobs):
    with open({log!r}, "a") as log:
        log.write(str(sorted(knobs.items())) + "\\n")
    time.sleep(0.05)
    return 90.0 - 40.0 / knobs["width"]
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Any]:
    """Options for the toy on the small space, with few quick trials."""
    machine = changed_space("architecture.levels.2.keeps", ["Weights"])
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(machine))
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(TOY))
    with (tmp_path / "toy.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        figures = ["accuracy_percent", "noisy_accuracy_percent"]
        rows.writerow(["width", "depth", "weight_bits", *figures])
        for width, depth, bits in product((2, 4, 8), (0, 1, 2), (4, 8)):
            knobs = {"width": width, "depth": depth, "weight_bits": bits}
            exact = accuracy_percent(knobs)
            rows.writerow([*knobs.values(), exact, exact - depth])
    options = ["codesign", "--space", tmp_path / "small.yaml", "--model", tmp_path / "toy.yaml"]
    options += ["--out", tmp_path / "study", "--evaluations", "20", "--threads", "1"]
    return [*options, "--strategy", "random", "--final-seconds", "0.1"]


def table(folder: Path) -> list[Any]:
    options = [f"path={folder / 'toy.csv'}", "knobs=[width, depth, weight_bits]"]
    given = ["--accuracy", "table"]
    for option in options:
        given += ["--accuracy-option", option]
    return given


def test_a_front_of_networks_and_machines(files: list[Any], tmp_path: Path) -> None:
    given = [*files, *table(tmp_path), "--trials", "8", "--knob", "weight_bits=8"]
    result = run(*given, "--limit", "latency_ms=0.02", "--limit", "accuracy_percent=60")
    assert result.exit_code == 0, result.output
    assert "front-1: depth" in result.stdout
    assert "hypervolume:" in result.stdout
    assert "networks measured" in result.stdout
    data = json.loads((tmp_path / "study" / "result.json").read_text())
    assert data["costs"]["hardware"]["evaluations"] == 8
    for design in data["front"]:
        assert design["knobs"]["weight_bits"] == 8
        assert design["latency_ms"] <= 0.02
        assert design["accuracy_percent"] >= 60.0
    first = tmp_path / "study" / data["front"][0]["files"][0]
    again = json_of("evaluate", first)
    assert again["accuracy_percent"] == data["front"][0]["accuracy_percent"]
    assert again["knobs"] == data["front"][0]["knobs"]


def test_one_machine_for_networks_at_each_value_of_a_knob(files: list[Any], tmp_path: Path) -> None:
    given = [*files, *table(tmp_path), "--trials", "4", "--knob", "width=4"]
    result = run(*given, "--each", "depth=1,2")
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "study" / "result.json").read_text())
    for design in data["front"]:
        each = design["networks"]
        assert list(each) == ["toy-1", "toy-2"]
        product = each["toy-1"]["edp_pj_cycles"] * each["toy-2"]["edp_pj_cycles"]
        assert design["edp_pj_cycles"] == pytest.approx(product**0.5)
        assert design["accuracy_percent"] == accuracy_percent({**design["knobs"], "depth": 1})
        assert "depth" not in design["knobs"]
        assert each["toy-2"]["knobs"]["depth"] == 2
    for wrong, text in (
        ("depth", "NAME=VALUE"),
        ("depth=1", "two different"),
        ("dept=1,2", "depth"),
    ):
        assert text in refused(*given, "--overwrite", "--each", wrong)
    assert "one value or each" in refused(*given, "--knob", "depth=1", "--each", "depth=1,2")
    assert "--accuracy" in refused("codesign", "--each", "depth=1,2")


def test_a_reward_is_searched_for(files: list[Any], tmp_path: Path) -> None:
    given = [*files, *table(tmp_path), "--trials", "4", "--knob", "width=4"]
    result = run(*given, "--reward", "hard", "--target", "latency_ms=0.001")
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "study" / "result.json").read_text())
    assert data["objective"] == "reward"
    best = data["best"]
    share = min(1.0, 0.001 / best["latency_ms"])
    assert best["reward"] == pytest.approx(best["accuracy_percent"] * share)
    assert json_of("evaluate", tmp_path / "study" / "best.yaml")["reward"] == best["reward"]
    again = [*given, "--overwrite"]
    assert "hard" in refused(*again, "--reward", "hrad", "--target", "latency_ms=1")
    assert "without a target" in refused(*again, "--reward", "hard")
    assert "--reward" in refused(*again, "--target", "latency_ms=1")


def test_fidelities_of_a_table_are_searched(files: list[Any], tmp_path: Path) -> None:
    rows = list(csv.reader((tmp_path / "toy.csv").open()))
    with (tmp_path / "toy.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*rows[0], "epochs"])
        for epochs, each in product((1, 8), rows[1:]):
            writer.writerow([*each[:-1], float(each[-1]) - 20 * (epochs == 1), epochs])
    given = [*files, *table(tmp_path), "--accuracy-option", "fidelity=[epochs]", "--trials", "8"]
    given[given.index("random")] = "reusing"
    result = run(*given, "--fidelity", "epochs")
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "study" / "result.json").read_text())
    assert data["costs"]["accuracy"]["partial"] > 0
    for design in data["front"]:
        assert design["accuracy_percent"] == accuracy_percent(design["knobs"])
    assert "epochs" in refused(*given, "--overwrite", "--fidelity", "epoch")


def test_a_problem_stands_in_a_file(files: list[Any], tmp_path: Path) -> None:
    problem: dict[str, Any] = {
        "space": str(tmp_path / "small.yaml"),
        "model": str(tmp_path / "toy.yaml"),
        "accuracy": "table",
        "accuracy-option": {
            "path": str(tmp_path / "toy.csv"),
            "knobs": ["width", "depth", "weight_bits"],
            "figures": ["accuracy_percent", "noisy_accuracy_percent"],
        },
        "objective": ["worst(accuracy, noisy_accuracy)", "edp"],
        "knob": {"weight_bits": 8},
        "limit": {"accuracy_percent": 60},
        "each": {"depth": [1, 2]},
        "start": [{"width": 2, "entries": 8}],
        "trials": 9,
    }
    file = tmp_path / "problem.yaml"
    file.write_text(yaml.safe_dump(problem))
    small = files[5:]  # no space, no model
    given = ["codesign", "--problem", file, *small, "--trials", "4"]
    result = run(*given)
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "study" / "result.json").read_text())
    assert len(list((tmp_path / "study" / "trials.jsonl").open())) == 4
    assert all(x["knobs"]["weight_bits"] == 8 for x in data["front"])
    assert list(data["front"][0]["networks"]) == ["toy-1", "toy-2"]
    for design in data["front"]:  # the source is asked at the first of the depths
        told = design["worst_accuracy_percent_noisy_accuracy_percent"]
        assert told == accuracy_percent({**design["knobs"], "depth": 1}) - 1
        (binding,) = design["binding"].values()
        assert binding.startswith("noisy_accuracy")
    settings = json.loads((tmp_path / "study" / "settings.json").read_text())
    assert settings["first"][0]["width"] == 2
    for key, value, text in (
        ("modle", "x", "model"),
        ("trials", {"a": 1}, "trials"),
        ("trials", "many", "trials"),
        ("objective", "edq", f"{file.name} or the command line: unknown objective"),
    ):
        file.write_text(yaml.safe_dump({**problem, key: value}))
        assert text in refused("codesign", "--problem", file, *small)
    file.write_text("- 1")
    assert "options by name" in refused("codesign", "--problem", file)
    said = refused("codesign", "--problem", tmp_path / "absent.yaml")  # in a box, with breaks
    assert "absent.yaml" in "".join(character for character in said if character not in "│ \n")


def test_one_objective_hot_start_and_constraint(files: list[Any], tmp_path: Path) -> None:
    given = [*files, *table(tmp_path), "--trials", "3", "--objective", "accuracy"]
    given += ["--start", "width=8,depth=1,entries=8", "--constraint", "weight_bits <= 2 * entries"]
    data = json_of(*given, "--set", "flow=weights")
    assert data["trials"][1]["point"]["width"] == 8
    assert data["best"]["accuracy_percent"] >= accuracy_percent(data["trials"][1]["point"])
    assert all(trial["point"]["flow"] == "weights" for trial in data["trials"])


def test_a_killed_search_goes_on_and_asks_nothing_twice(files: list[Any], tmp_path: Path) -> None:
    (tmp_path / "mysource.py").write_text(SOURCE.format(log=str(tmp_path / "log")))
    given = [*map(str, files), "--accuracy", "mysource:accuracy", "--trials", "12"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-m", "bohwsw.cli.app", *given]
    trials = tmp_path / "study" / "trials.jsonl"
    with subprocess.Popen(command, env=environment, stdout=-3, stderr=-3) as process:
        deadline = time.monotonic() + 120
        while not (trials.exists() and trials.read_text().count("\n") >= 2):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    before = trials.read_text().splitlines()
    done = subprocess.run(
        [*command, "--resume", "--json"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert len(data["trials"]) == 12
    assert [json.loads(line)["number"] for line in before] == list(range(len(before)))
    asked = (tmp_path / "log").read_text().splitlines()
    assert len(asked) - len(set(asked)) <= 1  # at most the one that was killed


def test_what_does_not_go_together_is_refused(files: list[Any], tmp_path: Path) -> None:
    assert "--accuracy" in refused(*files, "--constraint", "width <= 2")
    assert "--accuracy" in refused(*files, "--method", "random")
    assert "nearest:  width" in refused(*files, *table(tmp_path), "--knob", "widht=2")
    assert "network-first" in refused(*files, *table(tmp_path), "--method", "network_first")
    assert "nearest:  table" in refused(*files, "--accuracy", "tabel")
    assert "nosuch" in refused(*files, "--accuracy", "nosuch.module:function")
    assert "--accuracy-option" in refused(
        *files, "--accuracy", "table", "--accuracy-option", "path"
    )
    plain = [x for x in files if x != tmp_path / "toy.yaml"]
    plain.insert(plain.index("--model") + 1, "mlp")
    assert "no knobs" in refused(*plain, *table(tmp_path))
    assert "headroom" in refused(*files, *table(tmp_path), "--headroom", "1")

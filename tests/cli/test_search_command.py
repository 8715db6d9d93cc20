"""``bohwsw search``: a table or parameters in a YAML file, measured by a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from test_cli import json_of, refused, run

PROGRAM = """
import json, sys
d = json.load(sys.stdin)
if d["kbytes"] > 200 and d["cores"] < 3:
    sys.exit(3)
print(json.dumps({"edp": abs(d["kbytes"] - 64) + 9 / d["cores"], "area": 2.0 * d["cores"]}))
"""

STUDY = {
    "table": "designs.csv",
    "columns": {"name": "label", "cores": "number", "kbytes": "log"},
    "constraints": ["cores * kbytes <= 1024"],
    "objective": "-edp",
    "limits": ["area <= 7"],
    "command": [sys.executable, "measure.py"],
    "infeasible_codes": [3],
    "options": {"n_initial": 4},
    "trials": 12,
    "name": "designs",
}


def written(folder: Path, **changes: object) -> Path:
    lines = [f"d{k},{1 + k % 4},{16 * 2 ** (k // 4)}" for k in range(24)]
    (folder / "designs.csv").write_text("\n".join(["name,cores,kbytes", *lines]))
    (folder / "measure.py").write_text(PROGRAM)
    study = {key: value for key, value in {**STUDY, **changes}.items() if value is not None}
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    return folder / "study.yaml"


def parameter(**fields: object) -> dict[str, object]:
    return {"table": None, "columns": None, "parameters": [fields]}


def test_rows_are_searched_stored_and_gone_on_with(tmp_path: Path) -> None:
    file, place = written(tmp_path), tmp_path / "trials.jsonl"
    found = json_of("search", file, "--storage", place, "--trials", 8, "--seed", 1)
    assert found["trials"] == 8
    found = json_of("search", file, "--storage", place, "--workers", 2, "--seed", 1)
    (best,) = found["best"]
    assert found["trials"] == found["wanted"] == sum(found["states"].values()) == 12
    assert best["values"] == {"edp": 3.0, "area": 6.0}
    assert {k: best["point"][k] for k in ("cores", "kbytes")} == {"cores": 3, "kbytes": 64}
    assert best["point"]["name"] == "d10"
    shown = run("search", file, "--storage", place, "--seed", 1).stdout
    assert "12 of 12 trials of designs" in shown
    assert "edp 3, area 6" in shown


def test_parameters_and_fidelities_and_an_end(tmp_path: Path) -> None:
    given = [
        {"kind": "Integer", "name": "cores", "low": 1, "high": 2},
        {"kind": "Ordinal", "name": "kbytes", "values": [16, 256]},
    ]
    changes = {"table": None, "columns": None, "parameters": given, "limits": []}
    fidelity = {"targets": {"cores": 2}, "cost": "cores"}
    ended = {"options": {"n_initial": 4, "max_infeasible": 1}}
    found = json_of("search", written(tmp_path, **changes, fidelity=fidelity))
    assert found["states"] == {"completed": 2, "infeasible": 2}
    assert found["best"][0]["point"]["kbytes"] == 16
    found = json_of("search", written(tmp_path, **changes, **ended))
    assert found["states"]["infeasible"] == 1
    assert found["trials"] < 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": None}, "either a table or parameters"),
        ({"table": "absent.csv"}, "absent.csv"),
        ({"columns": {"core": None}}, "nearest:  cores"),
        ({"constraints": ["core * kbytes <= 9"]}, "nearest:  cores"),
        ({"objectiv": "-edp"}, "nearest:  objective"),
        ({"command": ["no-such-program"]}, "no such program"),
        ({"strategy": "baysian"}, "nearest:  bayesian"),
        ({"options": {"n_initia": 3}}, "nearest:  n_initial"),
        ({"table": None, "parameters": [{"kind": "Intege", "name": "x"}]}, "nearest:  Integer"),
        ({"table": None, "parameters": [{"kind": "Integer", "nam": "x"}]}, "nearest:  name"),
        (parameter(kind="Integer", name="x"), "parameters[0].low: a required key is missing"),
        (parameter(kind=["Integer"]), "parameters[0].kind: unknown kind"),
        (parameter(kind="Conditional", parameter=3, when="x"), "parameters[0].parameter: wrong"),
        (parameter(kind="Real", name="x", low=1, high=2, log={}), "x.log: not a truth value"),
        (parameter(kind="Categorical", name="x", values=[1, 2], is_ordered=[]), "is_ordered"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    file = written(tmp_path, **changes)
    told = refused("search", file)
    assert message in told
    assert "study.yaml" in told or "absent.csv" in told or "designs.csv" in told


def test_a_program_that_breaks_says_so(tmp_path: Path) -> None:
    file = written(tmp_path, command=[sys.executable, "-c", "raise SystemExit(4)"])
    assert "exit code 4" in refused("search", file)


def test_a_full_disk_is_no_bad_input(tmp_path: Path) -> None:
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)); "
    code = limited + "from bohwsw.cli.app import main; sys.argv[0] = 'bohwsw'; main()"
    given = ["search", written(tmp_path), "--storage", tmp_path / "trials.jsonl"]
    done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "cannot be written: File too large" in done.stderr

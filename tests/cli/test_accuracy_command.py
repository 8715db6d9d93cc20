"""``bohwsw accuracy``: the sources there are, and what one says."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from bohwsw.accuracy import accuracy_source_names, shipped_tables
from bohwsw.cli.app import app


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["accuracy", *arguments])
    assert done.exit_code == code, done.output
    return done.output


def test_all_sources_and_shipped_tables_are_listed() -> None:
    listed = json.loads(run("--json"))
    assert [source["name"] for source in listed] == accuracy_source_names()
    assert all(source["description"] for source in listed)
    (table,) = (source for source in listed if source["name"] == "table")
    assert table["options"]["missing"] == "refuse"
    page = " ".join(run().split())
    assert all(name in page for name in (*accuracy_source_names(), *shipped_tables()))


def test_a_source_is_asked(tmp_path: Path) -> None:
    mobile = ("table", "--option", "path=mobilenet-v2", "--knob", "width=0.5")
    assert "57.700" in run(*mobile, "--knob", "resolution=128")
    out = tmp_path / "measured.json"
    run(*mobile, "--knob", "resolution=224", "--out", str(out))
    assert json.loads(out.read_text())["figures"] == {"accuracy_percent": 65.4}
    digits = ("table", "--option", "path=digits-cnn", "--json")
    knobs = [
        "width=8",
        "depth=2",
        "kernel=3",
        "operator=conv",
        "weight_bits=4",
        "activation_bits=8",
    ]
    given = [part for knob in knobs for part in ("--knob", knob)]
    cheap = json.loads(run(*digits, *given, "--fidelity", "epochs=2"))
    full = json.loads(run(*digits, *given))
    assert (cheap["fidelity"], full["fidelity"]) == ({"epochs": 2}, {"epochs": 8})
    assert cheap["figures"]["accuracy_percent"] < full["figures"]["accuracy_percent"]
    assert full["trainings"] == 0 < cheap["training_seconds"] < full["training_seconds"]


def test_what_a_source_does_not_have_is_refused() -> None:
    assert "nearest:  table" in run("tables", code=2)
    assert "unknown table" in run("table", "--option", "path=mobilenet", code=2)
    assert "one fidelity only" in run("perplexity", "--fidelity", "epochs=1", code=2)
    assert "for one source" in run("--knob", "width=1", code=2)

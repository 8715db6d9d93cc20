"""``bohwsw import``: figures, what was left out, files, errors."""

from __future__ import annotations

import json
from pathlib import Path

from importers.timeloop_files import ACCEPTED, CONV, NESTS, NODES, written
from typer.testing import CliRunner

from bohwsw.cli.app import app


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["import", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_files_that_timeloop_reads_are_shown() -> None:
    code, out, _ = run(*ACCEPTED)
    assert code == 0
    assert "layer layer: 16384 MACs (K 32, C 32, P 16)" in out
    assert "for C in [0:2) (spatial-X)" in out
    assert "energy 314056 pJ, latency 2048 cycles" in out


def test_json_is_one_object(tmp_path: Path) -> None:
    files = written(tmp_path, nodes=NODES, problem=CONV, nests=NESTS)
    code, out, _ = run(*files, "--json", "--out", tmp_path / "out")
    data = json.loads(out)
    assert code == 0
    assert data["macs"] == data["layers"][0]["macs"] == 8 * 4 * 6 * 6 * 3 * 3
    assert (data["valid"], data["has_energies"], data["not_written"]) == (True, False, [])
    assert data["latency_cycles"] > 0
    assert {"file", "line", "key_path", "what"} == set(data["not_modelled"][0])
    assert [Path(path).name for path in data["written"]] == [
        *("space.yaml", "model.yaml", "design.yaml", "case.jsonl")
    ]
    assert all(Path(path).exists() for path in data["written"])


def test_what_is_not_modelled_is_a_line_each(tmp_path: Path) -> None:
    code, out, _ = run(*written(tmp_path, nodes=NODES))
    assert code == 0
    assert out.count("not modelled: ") == 7
    line = NODES[: NODES.index("adder_width")].count("\n") + 1
    assert f"nodes.yaml: line {line}: architecture.nodes[6].attributes.adder_width: " in out


def test_mistakes_end_in_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments, message in (
        ([tmp_path / "none.yaml"], "no such file"),
        ([tmp_path / "net.xyz"], "not a kind of file"),
        (
            written(tmp_path, wrong=NODES.replace("meshX: 4", "meshX: 0")),
            "nodes[3].spatial.meshX: not a size",
        ),
        ([*ACCEPTED, "--out", tmp_path / "file"], "cannot be a folder"),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert message in err.replace("\n", "")

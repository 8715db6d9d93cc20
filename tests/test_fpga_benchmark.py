"""The command that holds FPGA models to logged cases and brute force; docs/fpga.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.fpga.__main__ import markdown, run
from bohwsw.cli.app import app

PAGE = Path(__file__).parents[1] / "docs/fpga.md"


def test_parts_and_page() -> None:
    found = run(True, lambda _: None)
    logged, cut, long = (found[key] for key in ("logged", "partitions", "long_partitions"))
    assert logged["layers"] == logged["equal"] == logged["cycles"] == 36
    assert cut["equal"] == cut["instances"] == 10
    assert long["equal"] == long["instances"] == 1
    assert all(row["images_30000"] <= row["images_100000"] for row in found["networks"])
    rows = found["resnet18"]
    assert rows[-1]["latency_ms"] == min(row["latency_ms"] for row in rows)
    assert all(row["mhz_for_target"] > row["clock_mhz"] for row in rows)
    assert found["hao_enumerated"]["equal"] == found["hao_enumerated"]["networks"]
    assert all(row["found"] == row["seeds"] for row in found["hao"])
    joint = [row for row in found["modes"] if row["method"] == "joint"]
    assert len(joint) == 2
    assert all(row["valid"] == row["seeds"] for row in joint)
    assert "36 of 36 logged layers equal" in markdown(found)


def test_the_commands_and_the_python_of_the_page_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.S)).replace("\\\n", " ")
    for command in blocks.splitlines():
        shown = CliRunner().invoke(app, command.split()[1:])
        assert shown.exit_code == 0, shown.output
    for code in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(compile(code, str(PAGE), "exec"), {})
    assert "images/s" in capsys.readouterr().out

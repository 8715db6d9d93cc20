"""The command that holds FPGA models to logged cases and brute force; docs/fpga.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.fpga import logged_layers, markdown, partitions, resnet18, whole_networks
from benchmarks.provenance import provenance
from bohwsw.cli.app import app

PAGE = Path(__file__).parents[1] / "docs/fpga.md"


def test_parts_and_page() -> None:
    logged = logged_layers()
    assert logged["layers"] == logged["equal"] == logged["cycles"] == 36
    cut = partitions(4)
    assert cut["equal"] == cut["instances"] == 4
    networks = whole_networks()
    assert all(row["images_30000"] <= row["images_100000"] for row in networks)
    rows = resnet18(True)
    assert rows[3]["latency_ms"] == min(row["latency_ms"] for row in rows)
    made = {"logged": logged, "partitions": cut, "networks": networks, "resnet18": rows}
    page = markdown({"benchmark": "fpga", "quick": True, "provenance": provenance(), **made})
    assert "36 of 36 logged layers equal" in page


def test_the_commands_and_the_python_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for command in re.findall(r"```sh\n(.*?)```", text, re.S)[0].splitlines():
        shown = CliRunner().invoke(app, command.split()[1:])
        assert shown.exit_code == 0, shown.output
    for code in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(compile(code, str(PAGE), "exec"), {})
    assert "images/s" in capsys.readouterr().out

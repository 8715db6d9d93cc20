"""Where figures come from; and that the command makes the same result again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

import bohwsw
from bohwsw.cli.app import app
from bohwsw.codesign import space_on_board
from bohwsw.report import read_source
from bohwsw.report.origins import provenance


def made_again(folder: Path, to: Path) -> tuple[Any, Any]:
    """The trials of a result, and those of what the command in its report makes."""
    command = provenance(read_source(folder), [])["command"]
    name, *words = shlex.split(command)
    assert name == "bohwsw"
    more = ("--threads", "1", "--final-seconds", "0.1", "--out", str(to))
    shown = CliRunner().invoke(app, [*words, *more])
    assert shown.exit_code == 0, shown.output
    return tuple(
        [
            (x["point"], {**x["metrics"], "evaluations": None})  # some are remembered
            for x in map(json.loads, (place / "trials.jsonl").read_text().splitlines())
        ]
        for place in (folder, to)
    )


def test_a_search_with_weights_and_its_own_limit_is_made_again(front: Path, tmp_path: Path) -> None:
    before, again = made_again(front, tmp_path / "again")
    assert [point for point, _ in before] == [point for point, _ in again]


def test_a_joint_search_is_made_again(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "accuracy_options": {"path": "digits-cnn", "missing": "nearest"},
        "joint": bohwsw.Joint(knobs={"depth": 2}, constraints=["weight_bits <= 8"], measurements=3),
        "limits": {"latency_ms": 0.5},
        "trials": 4,
        "evaluations": 20,
        "final_seconds": 0.1,
        "threads": 1,
        "seed": 3,
        "out": tmp_path / "joint",
    }
    bohwsw.codesign_joint("eyeriss-168", "digits-cnn", "table", **options)
    before, again = made_again(tmp_path / "joint", tmp_path / "again")
    assert before == again


def test_a_search_on_a_board_is_made_again(tmp_path: Path) -> None:
    space = space_on_board({"board": "pynq-z1", "engine": "hotnas2020"})
    limits = {"dsps": 100.0}
    bohwsw.codesign_network(
        space, "alexnet", trials=3, limits=limits, threads=1, out=tmp_path / "board"
    )
    before, again = made_again(tmp_path / "board", tmp_path / "again")
    assert before == again


def test_every_figure_has_its_unit_and_origin(data: dict[str, Any]) -> None:
    rows = data["provenance"]["figures"]
    assert [name for name, *_ in rows] == list(data["designs"][0]["figures"])
    told = {name: (unit, origin) for name, unit, origin in rows}
    assert told["energy_pj"][0] == "pJ"
    assert "Timeloop" in told["energy_pj"][1]
    assert "CACTI" in told["area_mm2"][1]
    assert "200 MHz" in told["power_mw"][1]

"""A design on an FPGA board: what it takes of it, and which resource binds first."""

from __future__ import annotations

from typing import Any

import pytest

import bohwsw
from bohwsw.codesign import space_on_board
from bohwsw.report import answer, page_parts, read_source, report_data, report_page


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("results") / "board"
    space = space_on_board({"board": "pynq-z1"})
    bohwsw.codesign_network(space, "alexnet", trials=3, strategy="random", threads=1, out=folder)
    return report_data(read_source(folder))


def test_resources_stand_beside_those_of_the_board(told: Any) -> None:
    design = told["designs"][0]
    taken = {x["resource"]: (x["taken"], x["available"]) for x in design["fpga"]["resources"]}
    assert taken["dsps"] == (design["figures"]["dsps"]["value"], 220)
    assert taken["bram18"] == (design["figures"]["bram18"]["value"], 280)
    assert taken["luts"] == (None, 53_200), "this model says nothing of them"
    share = max(a / b for a, b in taken.values() if a is not None and b)
    assert f"{share:.1%}" in " ".join(answer(told))
    assert design["cores"] == []


def test_the_page_draws_them_and_its_layers(told: Any) -> None:
    parts = page_parts(report_page(told))
    assert {"designs-0-board.svg", "best-cycles.svg"} <= set(parts)
    rows = parts["What-hotnas2020-takes-of-pynq-z1.csv"].splitlines()
    assert sum(row.endswith(",yes") for row in rows) == 1
    layers = told["designs"][0]["fpga"]["layers"]
    assert len(parts["Layers-of-best.csv"].splitlines()) == 1 + len(layers)

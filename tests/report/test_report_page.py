"""The page: whole, escaped, small, the same each time; its parts as files."""

from __future__ import annotations

import copy
import csv
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from bohwsw.report import answer, difference_data, difference_page, page_parts, report_page
from bohwsw.report.alternatives import expected_best
from bohwsw.report.svg import Axis, number

HOSTILE = "<script>document.title='taken'</script>\"'&"


def stored(page: str) -> Any:
    """The data in a page, as a reader of the file gets them."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    return json.loads(found.group(1))


def enlarged(data: dict[str, Any], trials: int, layers: int) -> dict[str, Any]:
    """A result with more trials and layers than anyone has run for these tests."""
    big = copy.deepcopy(data)
    table = big["search"]["trials"]
    rows = table["rows"]
    table["rows"] = [[n, *rows[n % len(rows)][1:]] for n in range(trials)]
    for design in [*big["designs"], *big["references"]]:
        known = design["layers"]
        design["layers"] = [
            {**known[n % len(known)], "name": f"layer{n}.{known[n % len(known)]['name']}"}
            for n in range(layers)
        ]
    return big


def test_it_holds_its_data_and_needs_nothing_else(data: dict[str, Any]) -> None:
    page = report_page(data)
    assert stored(page) == data
    assert page == report_page(json.loads(json.dumps(data)))
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(address.startswith("#") for address in addresses)
    assert "url(" not in page
    assert "@import" not in page
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_the_answer_comes_first(data: dict[str, Any], front_data: dict[str, Any]) -> None:
    page = report_page(data)
    answer = page[page.index('id="answer"') : page.index('id="limits"')]
    value = data["designs"][0]["figures"]["edp_pj_cycles"]["value"]
    assert number(value) in answer
    assert "area_mm2" in answer
    assert "--headroom" in answer
    assert f"A front of {len(front_data['designs'])} designs" in report_page(front_data)


def test_the_answer_says_what_the_bound_leaves_out(data: dict[str, Any]) -> None:
    (design,) = data["designs"]
    assert design["hops_in_bound"]
    assert "energy of hops" not in " ".join(answer(data))
    of_costly_hops = {**data, "designs": [{**design, "hops_in_bound": False}]}
    assert "the energy of hops not in the bound." in " ".join(answer(of_costly_hops))


def test_what_is_hostile_does_nothing(data: dict[str, Any]) -> None:
    bad = copy.deepcopy(data)
    design = bad["designs"][0]
    design["layers"][0]["name"] = design["name"] = bad["title"] = HOSTILE
    design["cores"][0]["levels"][0]["name"] = design["networks"][0]["name"] = HOSTILE
    design["loop_nest"] = [HOSTILE]
    bad["search"]["refused"] = [
        {
            "constraint": HOSTILE,
            "trials": 1,
            "nearest": dict.fromkeys(("value", "limit", "layer", "trial", "ratio")),
        }
    ]
    bad["search"]["failed"] = [[HOSTILE, 1]]
    page = report_page(bad)
    assert stored(page) == bad
    assert page.count("<script") == 2
    assert "<script>document" not in page
    assert all("<script>document" not in x for k, x in page_parts(page).items() if k[-3:] == "svg")


def test_it_stays_small(data: dict[str, Any]) -> None:
    big = enlarged(data, trials=5_000, layers=50)
    page = report_page(big)
    beside = len(page.encode()) - len(json.dumps(big, ensure_ascii=False).encode())
    assert beside <= 1_000_000
    assert page.count("<tr>") < 3_000


def test_tables_and_figures_are_files(data: dict[str, Any]) -> None:
    parts = page_parts(report_page(data))
    drawings = [name for name in parts if name.endswith(".svg")]
    assert {"best-energy.svg", "best-cycles.svg", "best-roofline.svg", "course.svg"} <= {*drawings}
    for name in drawings:
        root = ElementTree.fromstring(parts[name])
        assert root.tag.endswith("svg")
        shapes = {child.tag.rpartition("}")[2] for child in root.iter()}
        assert {"rect", "path", "circle"} & shapes, name
    rows = list(csv.reader(parts["Layers-of-best.csv"].splitlines()))
    layers = data["designs"][0]["layers"]
    assert [row[0] for row in rows[1:]] == [layer["name"] for layer in layers]
    assert [float(row[3]) for row in rows[1:]] == [layer["edp_pj_cycles"] for layer in layers]


def test_a_difference_and_a_running_study(data: dict[str, Any]) -> None:
    page = difference_page(difference_data(data, data))
    assert "Layers that both have" in page
    running = {**data, "designs": [], "references": [], "alternatives": None, "running": True}
    page = report_page(running)
    assert "still runs" in page
    assert 'http-equiv="refresh"' in page
    assert 'http-equiv="refresh"' not in report_page(data)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1234, "1,234"),
        (0.98765, "0.9877"),
        (3.8961e16, "3.896·10¹⁶"),
        (-2.5e-7, "-2.5·10⁻⁷"),
        (None, "-"),
        (True, "True"),
    ],
)
def test_numbers_for_people(value: Any, shown: str) -> None:
    assert number(value) == shown


def test_axes_have_round_ticks_inside() -> None:
    for values, logarithmic in [([1.0, 1e9], True), ([3.0, 3.1], False), ([2.0, 5.0], True)]:
        axis = Axis(values, 0.0, 100.0, logarithmic=logarithmic)
        ticks = axis.ticks()
        assert len(ticks) >= 2
        assert all(0.0 <= axis.at(tick) <= 100.0 for tick in ticks)
        assert axis.at(values[0]) < axis.at(values[1])
    assert Axis([5.0], 0.0, 10.0).at(5.0) == pytest.approx(5.0)


def test_the_expected_best_of_some_of_all() -> None:
    assert expected_best([3.0, 1.0, 2.0], maximised=False) == pytest.approx([2.0, 4 / 3, 1.0])
    assert expected_best([3.0, 1.0, 2.0], maximised=True) == pytest.approx([2.0, 8 / 3, 3.0])

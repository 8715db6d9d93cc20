"""The page in a real browser: no errors, nothing empty, and what a click does."""

from __future__ import annotations

import copy
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_report_page import HOSTILE, enlarged

from bohwsw.report import read_source, report_data, report_page

CHROMIUM = shutil.which("chromium")
IS_REQUIRED = bool(os.environ.get("BOHWSW_BROWSER_REQUIRED"))

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not IS_REQUIRED, reason="no chromium: apt-get install chromium"
)

SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Opened:
    """A page in a tab, with what its console says and what it asks the network for."""

    def __init__(self, browser: Any, file: Path, page: str, **context: Any) -> None:
        file.write_text(page, encoding="utf-8")
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.tab = browser.new_context(**context).new_page()
        self.tab.on("console", self._hear)
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        begin = time.monotonic()
        self.tab.goto(file.as_uri())
        self.seconds = time.monotonic() - begin

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def faults(self) -> list[str]:
        """What axe-core finds that is serious."""
        import axe_playwright_python

        script = Path(axe_playwright_python.__file__).parent / "axe.min.js"
        self.tab.evaluate(script.read_text(encoding="utf-8"))
        found = self.tab.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [x["id"] for x in found if x["impact"] in SERIOUS]

    def all(self, query: str, script: str) -> list[Any]:
        return list(self.tab.eval_on_selector_all(query, f"all => all.map({script})"))


def thinned(data: dict[str, Any]) -> dict[str, Any]:
    """Some of each kind of element: axe-core looks at every cell of a table."""
    few = copy.deepcopy(data)
    few["designs"], few["references"] = few["designs"][:2], few["references"][:1]
    for design in [*few["designs"], *few["references"]]:
        design["layers"] = design["layers"][:2]
    few["search"]["trials"]["rows"] = few["search"]["trials"]["rows"][:3]
    return few


@pytest.mark.parametrize(("scheme", "kind"), [("light", "data"), ("dark", "front_data")])
def test_no_errors_and_no_serious_faults(
    browser: Any, tmp_path: Path, request: pytest.FixtureRequest, scheme: str, kind: str
) -> None:
    told = request.getfixturevalue(kind)
    opened = Opened(browser, tmp_path / "r.html", report_page(told), color_scheme=scheme)
    assert opened.errors == []
    assert len(opened.requests) == 1
    short = Opened(browser, tmp_path / "s.html", report_page(thinned(told)), color_scheme=scheme)
    assert short.faults() == []


def test_charts_are_there_and_not_empty(
    browser: Any, tmp_path: Path, data: dict[str, Any], scheduled: Path
) -> None:
    opened = Opened(browser, tmp_path / "r.html", report_page(data))
    sizes = opened.all(
        "figure.drawing",
        "x => [x.dataset.name, x.querySelectorAll('rect,path,circle').length,"
        " x.querySelector('svg').getBBox().width, x.offsetParent !== null]",
    )
    names = {name for name, *_ in sizes}
    assert {"best-energy", "best-cycles", "best-roofline", "course", "steps"} <= names
    for name, shapes, width, is_shown in sizes:
        if is_shown:
            assert shapes >= 3, name
            assert width > 100, name
    told = report_data(read_source(scheduled))
    opened = Opened(browser, tmp_path / "g.html", report_page(told))
    bars = opened.all("figure[data-name=gantt] rect", "x => x.getBBox().width")
    assert len(bars) >= len(told["designs"][0]["schedule"]["nodes"])
    assert opened.errors == []


def test_a_design_of_the_front_is_chosen(
    browser: Any, tmp_path: Path, front_data: dict[str, Any]
) -> None:
    opened = Opened(browser, tmp_path / "r.html", report_page(front_data))

    def shown() -> list[str]:
        return opened.all(".design:not([hidden])", "x => x.dataset.design")

    assert shown() == ["designs-0"]
    last = f"designs-{len(front_data['designs']) - 1}"
    opened.tab.click(f"#front button[data-choose={last}]")
    assert shown() == [last]
    opened.tab.focus("svg [data-choose=references-0]")
    opened.tab.keyboard.press("Enter")
    assert shown() == ["references-0"]
    assert opened.errors == []


def test_sorting_filter_theme_and_csv(browser: Any, tmp_path: Path, data: dict[str, Any]) -> None:
    opened = Opened(browser, tmp_path / "r.html", report_page(data), accept_downloads=True)
    tab = opened.tab
    head = "#designs-0 table.sortable thead th:nth-child(4)"
    tab.click(f"{head} button")
    cells = opened.all("#designs-0 table.sortable tbody td:nth-child(4)", "x => +x.dataset.value")
    assert cells == sorted(cells)
    tab.click(f"{head} button")
    assert tab.get_attribute(head, "aria-sort") == "descending"
    tab.fill("#filter", "completed")
    done = data["search"]["states"]["completed"]
    assert tab.inner_text("[role=status]") == f"{done} of {len(data['search']['trials']['rows'])}"
    plain = Opened(browser, tmp_path / "p.html", report_page(data), java_script_enabled=False)
    cells = "#trials-table tbody tr:first-child > *"
    row = int(plain.tab.inner_text("#trials-table tbody tr:first-child th"))
    tab.fill("#filter", "")
    shown = opened.all("#trials-table tbody tr", "x => [...x.cells].map(y => y.textContent)")
    same = next(x for x in shown if x[0] == str(row))
    assert same == plain.tab.locator(cells).all_inner_texts(), "numbers as without scripts"
    before = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.click("#theme")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != before
    with tab.expect_download() as waiting:
        tab.click("[aria-label='Save Trials as CSV']")
    lines = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(data["search"]["trials"]["rows"])
    with tab.expect_download() as waiting:
        tab.click("[aria-label='Save course as SVG']")
    assert Path(waiting.value.path()).read_text(encoding="utf-8").startswith("<svg")
    assert opened.errors == []


def test_without_scripts_on_paper_and_on_a_phone(
    browser: Any, tmp_path: Path, front_data: dict[str, Any]
) -> None:
    page = report_page(front_data)
    count = len(front_data["designs"]) + len(front_data["references"])
    plain = Opened(browser, tmp_path / "r.html", page, java_script_enabled=False)
    assert plain.tab.locator(".design:visible").count() == count
    phone = Opened(browser, tmp_path / "p.html", page, viewport={"width": 360, "height": 700})
    assert phone.tab.evaluate("document.documentElement.scrollWidth") <= 360
    phone.tab.emulate_media(media="print")
    assert phone.tab.locator(".design:visible").count() == count
    assert not phone.tab.is_visible("nav")


def test_what_is_hostile_does_nothing(browser: Any, tmp_path: Path, data: dict[str, Any]) -> None:
    bad = copy.deepcopy(data)
    bad["designs"][0]["layers"][0]["name"] = HOSTILE
    bad["search"]["trials"]["rows"][0][1] = HOSTILE
    opened = Opened(browser, tmp_path / "r.html", report_page(bad))
    assert opened.tab.title() != "taken"
    assert HOSTILE in opened.tab.inner_text("#trials-table")
    assert opened.errors == []


def test_a_large_study_opens_soon(browser: Any, tmp_path: Path, data: dict[str, Any]) -> None:
    opened = Opened(browser, tmp_path / "r.html", report_page(enlarged(data, 5_000, 50)))
    assert opened.tab.inner_text("[role=status]").startswith("5000 of 5000")
    print(f"opened in {opened.seconds:.2f} s")

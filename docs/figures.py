"""Makes the pictures of the documents: ``python docs/figures.py [FOLDER]``.

The screenshot of the README needs Chromium and playwright, and a report: ``--report FILE``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import bohwsw
from bohwsw.atomicfile import atomic_write
from bohwsw.report import page_parts, report_data, report_page
from bohwsw.report.sources import Source

HERE = Path(__file__).parent
MAPPINGS = 20_000


def drawings() -> dict[str, str]:
    """The figures by the names of their files."""
    design = bohwsw.map_network(
        "eyeriss-168", "dqn", mapper="annealing", evaluations=MAPPINGS, threads=1
    )
    parts = page_parts(report_page(report_data(Source("dqn", designs={"dqn": design}))))
    return {
        "hierarchy.svg": parts["designs-0-core-0.svg"],
        "energy.svg": parts["dqn-energy.svg"],
    }


def screenshot(report: Path, to: Path) -> None:
    """The first screen of a report as a browser shows it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1180, "height": 640}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.screenshot(path=to)
        browser.close()


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documents.")
    parser.add_argument("folder", nargs="?", type=Path, default=HERE / "images")
    parser.add_argument("--report", type=Path, help="make report.png of this report, too")
    chosen = parser.parse_args()
    for name, drawing in drawings().items():
        atomic_write(chosen.folder / name, drawing)
    if chosen.report is not None:
        screenshot(chosen.report, chosen.folder / "report.png")


if __name__ == "__main__":
    main()

"""Makes the pictures and the tables of the documents: ``python docs/figures.py [FOLDER]``.

Tables are written into the pages, or, of pages that change, into the folder.

``--reports`` makes the three reports of ``docs/reports``, too, in a few minutes, and the screenshot
of the README of the first of them, which needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from formats import with_machines, with_tables

import bohwsw
from bohwsw.atomicfile import atomic_write
from bohwsw.cli.app import app
from bohwsw.report import page_parts, read_source, report_data, report_page
from bohwsw.report.sources import Source
from bohwsw.shipped import shipped_folder

HERE = Path(__file__).parent
MAPPINGS = 20_000
CORES = "--space eyeriss-168 --space eyeriss-256 --model mlp --model dqn --moves 500"


def drawings() -> dict[str, str]:
    """The figures by the names of their files."""
    design = bohwsw.map_network(
        "eyeriss-168", "dqn", mapper="annealing", evaluations=MAPPINGS, threads=1
    )
    parts = _parts("dqn", design)
    with TemporaryDirectory() as place:
        file = Path(place) / "two.yaml"
        cores = [*CORES.split(), "--evaluations", "300", "--threads", "1", "--out", str(file)]
        with redirect_stdout(io.StringIO()):
            app(["schedule", *cores], standalone_mode=False)
        both = _parts("two", bohwsw.load_design(file))
    return {
        "hierarchy.svg": parts["designs-0-core-0.svg"],
        "energy.svg": parts["dqn-energy.svg"],
        "cycles.svg": parts["dqn-cycles.svg"],
        "gantt.svg": both["gantt.svg"],
    }


def _parts(name: str, design: bohwsw.Design) -> dict[str, str]:
    return page_parts(report_page(report_data(Source(name, designs={name: design}))))


def reports(folder: Path) -> Iterator[Path]:
    """A machine on Eyeriss's area, a network searched with its machine, a chip of several cores."""
    plain: dict[str, Any] = {"seed": 0, "threads": 1}
    with TemporaryDirectory() as place:
        stored = {x: Path(place) / x for x in ("equal-area", "joint", "cores")}
        bohwsw.codesign_network(
            "eyeriss-equal-area", "resnet18", trials=20, out=stored["equal-area"], **plain
        )
        bohwsw.codesign_joint(
            "eyeriss-equal-area",
            "digits-cnn",
            "train",
            joint=bohwsw.Joint(measurements=24),
            trials=40,
            out=stored["joint"],
            **plain,
        )
        chips = shipped_folder("spaces") / "chips" / "three-cores.yaml"
        bohwsw.codesign_chip(chips, ["resnet18", "mlp", "dqn"], trials=20, out=stored["cores"])
        for name, result in stored.items():
            folder.mkdir(exist_ok=True)
            file = folder / f"{name}.html"
            asked = "train" if name == "joint" else None
            atomic_write(file, report_page(report_data(read_source(result), accuracy=asked)))
            yield file


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
    parser.add_argument("--reports", action="store_true", help="make the three reports, too")
    chosen = parser.parse_args()
    for name, drawing in drawings().items():
        atomic_write(chosen.folder / name, drawing)
    if chosen.reports:
        first, *_ = list(reports(HERE / "reports"))
        screenshot(first, chosen.folder / "report.png")
    for page in (HERE.parent / "README.md", *HERE.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        made = with_machines(with_tables(text), HERE.parent)
        if made != text:
            atomic_write(
                page if chosen.folder == HERE / "images" else chosen.folder / page.name, made
            )


if __name__ == "__main__":
    main()

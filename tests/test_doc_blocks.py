"""Every code block of every page of the documents runs; where one cannot, its page says why."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doc_blocks import DOCS, LANGUAGES, PAGES, ROOT, blocks_of, check_block, options, run_page
from importers.onnx_models import save_open_network
from importers.test_accelforge_files import ARCH, MAPPING, WORKLOAD
from importers.timeloop_files import ACCEPTED, written

import bohwsw
from bohwsw.execution import WorkerPool

OWN = {
    "chips": ("chips/test_chip_search.py", ["sh", "yaml"]),
    "index": ("test_docs.py", ["sh"]),
    "models": ("workload/test_models_doc.py", ["python", "yaml", "yml"]),
    "spaces": ("codesign/test_spaces_doc.py", ["python", "yaml"]),
}
"""Pages of which a test of their room runs all blocks of these languages, and looks at more."""

SHOWN = {
    "accuracy": ["0.17 points off on rows left out", "{'epochs': (1, 8), 'seeds': (1, 3)}"],
    "botorch": ["best {'x': ", "pending [{'a': ", "'epochs': 27}"],
    "fidelities": ["'epochs': 27}"],
    "fpga": ["images/s"],
    "imports": [f"{32 * 32 * 8 * 3 * 9 + 30 * 30 * 8 * 8 * 9} ["],
    "joint-search": ["'width'", "'trainings'", "'kernel': 'k5'", "({'angle': 0}, {'angle': "],
    "optimiser": ["'x': ", "about ", "'name': ", "area_mm2 <= 12", "error_ratio="],
    "searches": ["'pes': "],
    "studies": ["trial_status", "FidelityExplanation(cost=", "'kbytes': 64", "15 {'pes':"],
}
"""What Python of a page prints, in this order."""


def files_to_import(folder: Path) -> None:
    """Those of other tools that the page of imports speaks of."""
    save_open_network(folder / "model.onnx", width="sequence")
    architecture, energies, problem, mapping = ACCEPTED
    names = {"arch": architecture, "problem": problem, "mapping": mapping, "ERT": energies}
    for name, path in names.items():
        shutil.copy(path, folder / f"{name}.yaml")
    (folder / "constraints.yaml").write_text("constraints: {targets: []}\n")
    (folder / "accelforge").mkdir()
    written(folder / "accelforge", architecture=ARCH, workload=WORKLOAD, mapping=MAPPING)


def results_to_report(folder: Path) -> None:
    """One small result in the place of each that the page of reports speaks of."""
    quick = {"evaluations": 30, "final_seconds": 0.1, "threads": 1, "trials": 2}
    first = folder / "results" / "demo"
    bohwsw.codesign_network("eyeriss-168", "mlp", out=first, **quick)
    for name in ("eyeriss-168-resnet18", "joint", "sequential", "a", "b", "running"):
        shutil.copytree(first, folder / "results" / name)
    shutil.copy(first / "best.yaml", folder / "best.yaml")
    bohwsw.codesign_network(
        "eyeriss-168", "mlp", storage=folder / "studies.db", study="mine", **quick
    )


PREPARED: dict[str, Callable[[Path], None]] = {
    "../README": lambda folder: save_open_network(folder / "my.onnx"),
    "imports": files_to_import,
    "report": results_to_report,
}


@pytest.fixture
def fresh_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Processes that ask for accuracies are new ones, which know of modules that a page writes."""
    pools: dict[float, WorkerPool] = {}
    monkeypatch.setattr("bohwsw.joint.accuracies._POOLS", pools)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (tmp_path, ROOT))))
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield
    for pool in pools.values():
        pool.kill_workers()
    for name in {*sys.modules} - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", [*PAGES, "../README"])
def test_every_block_of_a_page_runs(
    page: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    if page == "recipes":
        request.getfixturevalue("fresh_workers")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for folder in ("spaces", "models", "examples"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    PREPARED.get(page, lambda _: None)(tmp_path)
    _, languages = OWN.get(page, ("", []))
    run_page(DOCS / f"{page}.md", but=languages)
    told, at = capsys.readouterr().out, 0
    for text in SHOWN.get(page, []):
        assert text in told[at:]
        at = told.index(text, at)


@pytest.mark.parametrize("page", OWN)
def test_own_tests_run_the_other_pages(page: str) -> None:
    file, languages = OWN[page]
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert f"{page}.md" in text or f'"{page}"' in text
    assert all(f'"{language}"' in text or f"```{language}" in text for language in languages)


@pytest.mark.parametrize("page", [*PAGES, "../README"])
def test_languages_are_known_and_options_in_the_text_exist(page: str) -> None:
    path = DOCS / f"{page}.md"
    assert {block.language for block in blocks_of(path)} <= set(LANGUAGES)
    for name, rest in re.findall(r"`bohwsw ([a-z]+)([^`]*)`", path.read_text(encoding="utf-8")):
        named = re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)
        assert set(named) <= options(name, page), f"bohwsw {name}{rest}"


def test_a_block_that_is_not_run_is_still_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for language, text in (("sh", "bohwsw map --spaec x"), ("python", "from bohwsw import Clinet")):
        page.write_text(f"<!-- not run: why -->\n\n```{language}\n{text}\n```\n")
        (block,) = blocks_of(page)
        assert block.not_run == "why"
        with pytest.raises(Exception, match=r"spaec|Clinet"):
            check_block(block, "page")

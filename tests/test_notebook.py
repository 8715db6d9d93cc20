"""Bars in notebooks, with an IPython that keeps what it is shown."""

from __future__ import annotations

import sys
from html.parser import HTMLParser

import pytest

import bohwsw
from bohwsw import notebook as module
from bohwsw.notebook import NotebookBars, notebook_bars

Shown = list[dict[str, str]]


def test_without_a_kernel_there_is_none(monkeypatch: pytest.MonkeyPatch, notebook: Shown) -> None:
    assert isinstance(notebook_bars(), NotebookBars)
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", object)  # a terminal has no kernel
    assert notebook_bars() is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert notebook_bars() is None
    assert notebook == []


def test_one_bar_a_piece_of_work_escaped(notebook: Shown) -> None:
    bars = notebook_bars()
    assert bars is not None
    bars.show("a <b>", 0, 4)
    bars.show("a <b>", 4, 4, "best 'x'")
    bars.show("c", 1, 2)
    last = notebook[-1]
    assert last["text/plain"].splitlines()[0].startswith("a <b>: 4 of 4, best 'x', 0 s")
    assert last["text/plain"].splitlines()[1].endswith("left")
    found: list[tuple[str, dict[str, str | None]]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, pairs: found.append((tag, dict(pairs)))  # type: ignore[method-assign]
    reader.feed(last["text/html"])
    assert [tag for tag, _ in found] == ["div", "progress", "div", "progress"]
    assert found[1][1]["value"] == found[1][1]["max"] == "4"


def test_few_updates_and_always_the_last(monkeypatch: pytest.MonkeyPatch, notebook: Shown) -> None:
    monkeypatch.setattr(module, "LEAST_SECONDS", 1e9)
    bars = notebook_bars()
    assert bars is not None
    for done in range(1001):
        bars.show("work", done, 1000)
    assert len(notebook) == 2


def test_mapping_shows_a_bar(notebook: Shown) -> None:
    bohwsw.map_network("eyeriss-168", "mlp", seconds=0.2, gap=0.5, threads=1)
    assert notebook[0]["text/plain"].startswith("mapping: 0 of 3")
    assert notebook[-1]["text/plain"].startswith("mapping: 3 of 3")

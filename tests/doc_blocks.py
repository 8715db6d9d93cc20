"""The code blocks of the documents: read from a page, run, or held to what there is.

A block runs unless a comment before it, ``<!-- not run: why -->``, says why it cannot; then its
commands are parsed, its Python compiled and its imports of ours looked up. A YAML block whose first
line names a file, ``# mine.yaml``, is that file for the commands after it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from bohwsw.cli.app import app
from bohwsw.yamlfile import parse_yaml

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.stem for path in DOCS.glob("*.md"))
LANGUAGES = ("sh", "python", "yaml", "yml", "text")
_BLOCK = re.compile(r"^(?:<!-- not run: (.+?) -->\n\n)?```(\w*)\n(.*?)^```$", re.S | re.M)
_SMALL = {
    "codesign": [
        "--trials",
        "2",
        "--evaluations",
        "30",
        "--final-seconds",
        "0.1",
        "--threads",
        "1",
    ],
    "map": ["--evaluations", "300", "--gap", "0.5", "--threads", "1"],
    "report": ["--no-alternatives"],
    "schedule": ["--evaluations", "30", "--moves", "50"],
    "table": ["--mapper", "random", "--evaluations", "300"],
}
_ONCE = ["--measurements", "1"]
"""Of networks whose accuracy is asked for, where a search asks."""


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        line: where it begins.
        not_run: why it is not run; empty if it is.
        language: as its fence says.
        text: what stands between the fences.
    """

    line: int
    not_run: str
    language: str
    text: str

    def commands(self) -> list[list[str]]:
        """Its lines of a shell as words."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def blocks_of(path: Path) -> list[Block]:
    """All blocks of a page in their order."""
    text = path.read_text(encoding="utf-8")
    found = [
        Block(text[: m.start()].count("\n") + 1, m[1] or "", m[2], m[3])
        for m in _BLOCK.finditer(text)
    ]
    assert len(found) == text.count("```") / 2, path
    return found


def blocks(page: str, language: str) -> list[str]:
    """The texts of a page of the documents in one language."""
    return [x.text for x in blocks_of(DOCS / f"{page}.md") if x.language == language]


def small(words: list[str]) -> list[str]:
    """A command of ours with smaller budgets; the last of equal options counts."""
    added = list(_SMALL.get(words[0], []))
    if words[0] == "codesign":
        asks = "--accuracy" in words or "--problem" in words
        added += _ONCE if asks else []
        added += [] if "--out" in words or "--storage" in words else ["--overwrite"]
    return [*words, *added]


def run_page(path: Path, but: Collection[str] = ()) -> None:
    """Everything on a page but some languages, in its order, in the folder where we are."""
    for block in blocks_of(path):
        where = f"{path.name}:{block.line}"
        if block.language in but:
            continue
        if block.not_run:
            check_block(block, where)
        elif block.language == "python":
            exec(compile(block.text, where, "exec"), {"__name__": "__main__"})
        elif block.language == "sh":
            for words in block.commands():
                _run(words, where)
        elif block.language != "text":
            assert parse_yaml(block.text, file=where)
            if name := re.match(r"# (\S+\.yaml)\n", block.text):
                Path(name[1]).write_text(block.text, encoding="utf-8")


def check_block(block: Block, where: str) -> None:
    """A block that is not run: its options exist, its Python compiles, what it imports is there."""
    if block.language == "sh":
        for words in block.commands():
            if words[0] == "bohwsw":
                parsed(words[1:], where)
    if block.language == "python":
        for node in ast.walk(ast.parse(block.text, where)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bohwsw"):
                module = importlib.import_module(node.module or "")
                for name in node.names:
                    assert hasattr(module, name.name), f"{where}: {name.name}"


def parsed(words: list[str], where: str) -> dict[str, Any]:
    """The options that the command line would see; fails as it would for a user."""
    found: dict[str, Any] = command(words[0], where).make_context(words[0], words[1:]).params
    return found


def options(name: str, where: str) -> set[str]:
    """Every option that a command of ours has."""
    own = command(name, where).params
    return {x for option in own for x in (*option.opts, *option.secondary_opts)} | {"--help"}


def command(name: str, where: str) -> Any:
    """A command of ours as its parser sees it."""
    known: Any = typer.main.get_command(app)
    assert name in known.commands, f"{where}: there is no command {name}"
    return known.commands[name]


def _run(words: list[str], where: str) -> None:
    """One command: ours runs; of others we see that what they start is there."""
    if words[0] == "bohwsw":
        result = CliRunner().invoke(app, small(words[1:]))
        assert result.exit_code == 0, f"{where}: {shlex.join(words)}\n{result.output}"
    elif words[:2] == ["python", "-m"]:
        assert importlib.util.find_spec(words[2]), where
    elif words[0] == "python":
        assert (ROOT / words[1]).is_file(), where
    else:
        assert words[0] == "make", f"{where}: {words[0]} is not run, and no comment says why"
        targets = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[1]}:", targets, re.MULTILINE), where

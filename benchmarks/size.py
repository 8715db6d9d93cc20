"""How large the package is: ``python -m benchmarks.size``; exit code 1 if a limit is broken.

Lines of each room by kind, files and functions that are too long, and cycles of imports, with those
inside functions and those of names that a face loads when they are first used.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

from benchmarks.command import Log, Results, heading, run_command, table
from benchmarks.provenance import head

PACKAGE = Path(__file__).resolve().parents[1] / "bohwsw"
MOST_LINES, MOST_ROOM_LINES, MOST_FILE_LINES, MOST_FUNCTION_LINES = 29_000, 4_000, 350, 60
HALLS = ("importers", "mapper", "strategies")
KINDS = ("code", "docstrings", "comments", "blank")


@dataclass(frozen=True)
class Module:
    """A file of a package.

    Attributes:
        name: such as ``bohwsw.space.syntax``; a room's ``__init__`` has the room's name.
        path: of the file.
        text: what is in it.
        tree: the same, parsed.
    """

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The room it is in; a file beside the rooms is one of its own, as are rooms in `HALLS`."""
        parts = self.name.split(".")[1:] or [""]
        inner = parts[0] in HALLS and PACKAGE.joinpath(*parts[:2]).is_dir() and len(parts) > 1
        return ".".join(parts[: 2 if inner else 1]) or "__init__"

    @property
    def is_kernel(self) -> bool:
        """Whether it is compiled code."""
        return self.path.name.endswith("_kernel.py")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree."""
        return list(ast.walk(self.tree))

    def lines(self) -> dict[str, int]:
        """How many lines there are of each kind."""
        docstrings, texts = set[int](), set[int]()
        for node in self.nodes:
            if isinstance(node, ast.Expr) and _is_text(node.value):
                docstrings |= _rows(node)
            elif isinstance(node, ast.JoinedStr) or _is_text(node):
                texts |= _rows(node)  # in which a number sign begins no comment
        counts = Counter(
            "docstrings"
            if row in docstrings
            else "comments"
            if text.lstrip().startswith("#") and row not in texts
            else "code"
            if text.strip()
            else "blank"
            for row, text in enumerate(self.text.splitlines(), 1)
        )
        return {kind: counts[kind] for kind in KINDS}

    def functions(self) -> Iterator[tuple[str, int]]:
        """Each function with its lines, from ``def`` to its end."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1

    def imports(self, names: frozenset[str]) -> set[str]:
        """The modules among ``names`` that it imports, wherever in the file it says so."""
        found = set()
        stub = self.path.with_suffix(".pyi")  # of a face that loads its names when they are used
        late = ast.parse(stub.read_text(encoding="utf-8")) if stub.exists() else ast.Module([], [])
        for node in (*self.nodes, *ast.walk(late)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    found.add(inner if inner in names else node.module)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and self.is_face:
                found.add(node.value)
        return found & names - {self.name}

    @property
    def is_face(self) -> bool:
        """Whether it says what a room, or the package, has to offer."""
        return self.path.name == "__init__.py"


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _rows(node: ast.expr | ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def modules(package: Path = PACKAGE) -> list[Module]:
    """All files of a package."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, text, ast.parse(text)))
    return found


def cycles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """Sets of names that import each other, perhaps by way of others (R. E. Tarjan, 1972)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = lowest[name] = len(index)
        stack.append(name)
        for other in sorted(imports[name]):
            if other not in index:
                visit(other)
            if other in stack:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == index[name]:
            together = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(together) > 1:
                found.append(sorted(together))

    for name in imports:
        if name not in index:
            visit(name)
    return found


def measured(package: Path = PACKAGE) -> Results:
    """The figures of a package, and what is beyond its limits."""
    files = modules(package)
    names = frozenset(module.name for module in files)
    # Names of the package itself are loaded on first use and may come from any room.
    imports = {m.name: m.imports(names) - {package.name} for m in files if m.name != package.name}
    rooms: dict[str, Counter[str]] = {}
    for module in files:
        lines = module.lines()
        counts = rooms.setdefault(module.room, Counter())
        counts.update(lines, lines=sum(lines.values()), files=1)
    between: dict[str, set[str]] = {room: set() for room in rooms}
    for module in files:
        reached = {name.split(".")[1] for name in imports.get(module.name, ())}
        between[module.room] |= reached - {module.room}
    sizes = [(m.path.relative_to(package).as_posix(), len(m.text.splitlines())) for m in files]
    functions = [
        (f"{m.path.relative_to(package).as_posix()}: {name}", length)
        for m in files
        if not m.is_kernel
        for name, length in m.functions()
    ]
    return {
        "lines": sum(counts["lines"] for counts in rooms.values()),
        "rooms": [
            {"room": room, **{key: counts[key] for key in ("files", "lines", *KINDS)}}
            for room, counts in sorted(rooms.items(), key=lambda item: -item[1]["lines"])
        ],
        "long_files": _above(sizes, MOST_FILE_LINES),
        "long_functions": _above(functions, MOST_FUNCTION_LINES),
        "cycles": cycles(imports),
        "room_cycles": cycles(between),
    }


def _above(sizes: Sequence[tuple[str, int]], most: int) -> list[Results]:
    longest_first = sorted(sizes, key=lambda item: (-item[1], item[0]))
    return [{"name": name, "lines": lines} for name, lines in longest_first if lines > most]


def broken(results: Results) -> list[str]:
    """The limits that are not kept, as sentences."""
    found = []
    if results["lines"] > MOST_LINES:
        found.append(f"the package has {results['lines']} lines, more than {MOST_LINES}")
    for room in results["rooms"]:
        if room["lines"] > MOST_ROOM_LINES:
            found.append(f"{room['room']} has {room['lines']} lines, more than {MOST_ROOM_LINES}")
    for key, most in (("long_files", MOST_FILE_LINES), ("long_functions", MOST_FUNCTION_LINES)):
        found += [f"{x['name']} has {x['lines']} lines, more than {most}" for x in results[key]]
    for key in ("cycles", "room_cycles"):
        found += [f"these import each other: {', '.join(names)}" for names in results[key]]
    return found


def run(quick: bool, log: Log) -> Results:
    """Measure this package."""
    results = measured()
    results |= head("size", quick)
    return {**results, "broken": broken(results)}


def markdown(results: Results) -> str:
    """The results as a page."""
    total = {"room": "all", **{k: sum(r[k] for r in results["rooms"]) for k in ("files", "lines")}}
    total |= {kind: sum(room[kind] for room in results["rooms"]) for kind in KINDS}
    columns = {key: key for key in ("room", "files", "lines", *KINDS)}
    limits = "".join(f"- {line}\n" for line in results["broken"]) or "None.\n"
    return (
        heading("Size of the package", results)
        + f"\n{table([*results['rooms'], total], columns)}\n## Limits that are broken\n\n{limits}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 if a limit is broken."""
    last: list[Results] = []

    def kept(quick: bool, log: Log) -> Results:
        last.append(run(quick, log))
        return last[0]

    code = run_command(
        "size", "Lines, long functions and cycles of imports.", kept, markdown, arguments
    )
    return code or int(bool(last[0]["broken"]))


if __name__ == "__main__":
    sys.exit(main())

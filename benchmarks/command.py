"""What the commands of all benchmarks share: arguments, tables, files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bohwsw.atomicfile import atomic_write
from bohwsw.errors import MissingExtraError

Results = dict[str, Any]
Row = dict[str, Any]
Log = Callable[[str], None]


def run_command(
    name: str,
    description: str,
    run: Callable[[bool, Log], Results],
    markdown: Callable[[Results], str],
    arguments: Sequence[str] | None = None,
    *,
    plot: Callable[[Results, Path], None] | None = None,
) -> int:
    """Parse the arguments, run a benchmark, print its results and store them if asked to.

    Args:
        name: the benchmark's name, also that of its result files.
        description: for ``--help``.
        run: the benchmark; takes whether to be quick, and where to report progress.
        markdown: the results as a page.
        arguments: instead of those of the process.
        plot: writes curves as an SVG file.

    Returns:
        The exit code: 2 if a library for plots is missing, after all else is written.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--quick", action="store_true", help="fewer repeats: under a minute")
    parser.add_argument("--json", action="store_true", help="print JSON, nothing else")
    files = "NAME.json and NAME.md" + (" and NAME.svg" if plot is not None else "")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"write {files}")
    chosen = parser.parse_args(arguments)
    results = run(chosen.quick, lambda line: print(line, file=sys.stderr, flush=True))
    text = json.dumps(results, indent=2, allow_nan=False)
    page = markdown(results)
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
        atomic_write(chosen.out / f"{name}.json", text + "\n")
        atomic_write(chosen.out / f"{name}.md", page)
    print(text if chosen.json else page, end="\n" if chosen.json else "")
    if chosen.out is not None and plot is not None:
        try:
            plot(results, chosen.out / f"{name}.svg")
            atomic_write(chosen.out / f"{name}.md", f"{page}\n![{description}]({name}.svg)\n")
        except MissingExtraError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


def heading(title: str, results: Results) -> str:
    """The head of a page: title, command, conditions."""
    conditions = results["provenance"]
    libraries = ("python", "numpy", "numba", "torch")
    versions = ", ".join(f"{key} {conditions[key]}" for key in libraries if conditions.get(key))
    quick = " --quick" if results["quick"] else ""
    return (
        f"# {title}\n\n"
        f"Written by `python -m benchmarks.{results['benchmark']}{quick} --out FOLDER`.\n\n"
        f"- machine: {conditions['machine']}\n"
        f"- date: {conditions['date']}\n"
        f"- commit: {conditions['commit']}\n"
        f"- versions: {versions}\n"
    )


def runs_made(results: Results) -> str:
    """Where and when the runs were made that a page was put together from."""
    return "Runs, kept in `benchmarks/runs`:\n\n" + "".join(f"- {x}\n" for x in results["made"])


def table(rows: Sequence[Row], columns: dict[str, str]) -> str:
    """Rows as a Markdown table.

    Args:
        rows: what to show.
        columns: for each key shown, its heading; a format may follow after a bar, ``seconds|.2f``.
    """
    titles = [title.partition("|")[0] for title in columns.values()]
    formats = [title.partition("|")[2] for title in columns.values()]
    lines = [titles, ["---"] * len(titles)]
    for row in rows:
        cells = zip((row[key] for key in columns), formats, strict=True)
        lines.append(["-" if value is None else format(value, spec) for value, spec in cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

"""What ``report`` does: read results, write one HTML file, or compare two."""

from __future__ import annotations

from pathlib import Path
from time import sleep
from typing import Annotated, Any

from rich.progress import Progress
from typer import Argument, Option

from bohwsw.cli import arguments, console, options


def report(
    results: Annotated[
        list[Path] | None,
        Argument(
            help="A folder of codesign or a design file; of several the others stand beside the"
            " first."
        ),
    ] = None,
    out: Annotated[
        Path | None, Option(help="File to write; by default report.html in or beside the result.")
    ] = None,
    diff: Annotated[bool, Option("--diff", help="Only how two results differ.")] = False,
    alternatives: Annotated[
        bool,
        Option(help="Simulate the best machine's neighbours and random machines: some seconds."),
    ] = True,
    parts: Annotated[
        Path | None, Option(help="Folder, new or empty, for tables as CSV and figures as SVG.")
    ] = None,
    watch: Annotated[
        float | None,
        Option(
            min=1.0,
            help="Write it anew after so many seconds, until the study has ended; until Ctrl-C if"
            " it does not say how many trials it is to have.",
        ),
    ] = None,
    accuracy: options.AskedAccuracy = None,
    storage: options.Storage = None,
    study: options.StudyName = None,
    json: options.Json = False,
) -> None:
    """Write a report of a result: one HTML file that needs nothing else."""
    _report_and_show(dict(locals()))


def _report_and_show(given: dict[str, Any]) -> None:
    from bohwsw.errors import SpecError
    from bohwsw.report import difference_data, difference_page

    results, storage = given["results"] or [], given["storage"]
    if bool(results) == (storage is not None):
        expected = "a RESULT, or --storage with a study"
        raise SpecError("nothing to report, or too much", expected=expected)
    if given["diff"]:
        if len(results) != 2:
            expected = "two results"
            raise SpecError("a difference is one of two", key_path="--diff", expected=expected)
        data = difference_data(*(_data(given, [result], False) for result in results))
        _write(given, data, difference_page(data))
        return
    from bohwsw.report import report_page

    while True:
        data = _data(given, results, given["alternatives"] and given["watch"] is None)
        is_watched = given["watch"] is not None and (data["running"] or _is_open(data))
        _write(given, data, report_page({**data, "running": data["running"] or is_watched}))
        if not is_watched:
            return
        sleep(given["watch"])


def _is_open(data: dict[str, Any]) -> bool:
    """Whether it is a study that does not say how many trials it is to have, such as a Client's."""
    search = data["search"]
    return not data["designs"] and (search is None or search["asked"] is None)


def _data(given: dict[str, Any], results: list[Path], alternatives: bool) -> dict[str, Any]:
    from bohwsw.report import read_source, read_stored, report_data, with_others

    sources = [read_source(result) for result in results]
    sources = sources or [read_stored(given["storage"], given["study"])]
    asked = None if given["accuracy"] is None else arguments.accuracy(given["accuracy"])
    with Progress(console=console.err, transient=True) as shown:
        task = shown.add_task("simulating alternatives", total=None, visible=alternatives)
        data = report_data(
            sources[0],
            alternatives=alternatives,
            accuracy=asked,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )
    return with_others(data, sources[1:]) if sources[1:] else data


def _write(given: dict[str, Any], data: dict[str, Any], page: str) -> None:
    from bohwsw.atomicfile import atomic_write
    from bohwsw.errors import ResultFolderError
    from bohwsw.report import page_parts

    if given["json"]:
        console.print_json(data)
    out = given["out"] or _beside(given["results"])
    atomic_write(out, page)
    folder = given["parts"]
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultFolderError(f"{folder}: cannot be used: {error.strerror}") from error
        for name, content in page_parts(page).items():
            atomic_write(folder / name, content)
    if not given["json"]:
        size = len(page.encode()) / 1e6
        console.show([f"report: {out} ({size:.2f} MB)"])


def _beside(results: list[Path] | None) -> Path:
    if not results:
        return Path("report.html")
    first = results[0]
    return first / "report.html" if first.is_dir() else first.with_suffix(".html")

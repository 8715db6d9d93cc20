"""What ``export`` does: read a design, write it for another tool."""

from __future__ import annotations

from pathlib import Path

from bohwsw.cli import console
from bohwsw.codesign import load_design
from bohwsw.errors import SpecError
from bohwsw.exporters import export_design

BEST = "best.yaml"
"""The design in a folder that ``codesign`` has written."""


def export_and_show(result: Path, to: str, out: Path | None, as_json: bool) -> None:
    """Write a design, or the best one of a folder of ``codesign``, for a target.

    The folder is by default beside the design, with the name of the target added.
    """
    file = result
    if result.is_dir():
        file = result / BEST
        if not file.exists():
            raise SpecError("no design is there", file=str(result), expected=f"a file {BEST}")
    design = load_design(file)
    folder = export_design(design, to, out or file.with_name(f"{file.stem}-{to}"))
    files = sorted(str(x.relative_to(folder)) for x in folder.rglob("*") if x.is_file())
    if as_json:
        console.print_json({"folder": str(folder), "to": to, "files": files})
        return
    console.show([f"{len(files)} files in {folder}", (folder / "README.md").read_text("utf-8")])

"""A design as a folder of files that another tool, a compiler or a person reads.

Each target is one function from a design to an ``Export``; ``EXPORTERS`` has them by name. What a
target cannot say stands in the folder's README.md under "Lost in translation", and so does how to
run the tool.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bohwsw.codesign import Design, MappedLayer
from bohwsw.errors import ResultFolderError, SpecError, unknown_name


@dataclass(frozen=True)
class Export:
    """What is written of a design.

    Attributes:
        target: the tool with its version, or the format.
        files: texts or bytes by their paths in the folder.
        how_to_run: lines of Markdown.
        lost: what the target cannot say, or counts otherwise; lines of Markdown.
    """

    target: str
    files: Mapping[str, str | bytes]
    how_to_run: tuple[str, ...]
    lost: tuple[str, ...] = ()

    def readme(self, design: Design) -> str:
        """The README.md of the folder."""
        lost = [f"- {line}" for line in self.lost] or ["Nothing."]
        return "\n".join(
            [
                f"# {design.network} on {design.hardware.chip.name}, for {self.target}",
                "",
                *self.how_to_run,
                "",
                "## Lost in translation",
                "",
                *lost,
                "",
            ]
        )


Exporter = Callable[[Design], Export]

EXPORTERS: dict[str, Exporter] = {}
"""All targets by name."""


def exporter(name: str) -> Callable[[Exporter], Exporter]:
    """Make a target known."""

    def known(function: Exporter) -> Exporter:
        EXPORTERS[name] = function
        return function

    return known


def export_design(design: Design, to: str, folder: str | Path) -> Path:
    """Write a design for a target into a new folder; it is there whole or not at all.

    Args:
        design: every layer with a mapping is written, others are named in the README.md.
        to: one of ``EXPORTERS``.
        folder: where to; new or empty.

    Returns:
        The folder.

    Raises:
        SpecError: an unknown target, or one that cannot hold the design.
        ResultFolderError: the folder has something in it or cannot be written.
    """
    if to not in EXPORTERS:
        raise unknown_name("format to export to", to, sorted(EXPORTERS)).within(key_path="--to")
    if not design.layers:
        raise SpecError("no layer of the design has a mapping", got=design.network)
    made = EXPORTERS[to](design)
    unmapped = tuple(f"{x.entry.name} has no mapping: {x.reason}" for x in design.unmapped)
    made = Export(made.target, made.files, made.how_to_run, (*unmapped, *made.lost))
    return _write(Path(folder), {**made.files, "README.md": made.readme(design)})


def layer_folders(design: Design) -> Iterator[tuple[str, MappedLayer]]:
    """Each mapped layer with a name of its own that any file system takes."""
    digits = len(str(len(design.layers)))
    for number, mapped in enumerate(design.layers, 1):
        plain = re.sub(r"[^\w.-]+", "_", mapped.entry.layer.name, flags=re.ASCII)[:60].strip("._")
        yield f"{number:0{digits}d}-{plain or 'layer'}", mapped


def counts_line(design: Design) -> str:
    """How often each layer occurs, for people who add the figures of layers up."""
    counts = ", ".join(f"{name} {m.entry.count}" for name, m in layer_folders(design))
    return f"Each layer is here once; the network has them this often: {counts}."


def _write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ResultFolderError(f"{folder}: is there already; export to a new or empty folder")
        if not folder.absolute().parent.is_dir():
            raise ResultFolderError(f"{folder}: there is no folder {folder.absolute().parent}")
        part = folder.absolute().with_name(f".{secrets.token_hex(8)}.part")
        try:
            for name, content in files.items():
                place = part / PurePosixPath(name)
                place.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, str):
                    content = content.encode("utf-8", errors="backslashreplace")
                place.write_bytes(content)
            part.replace(folder)
        finally:
            with suppress(OSError):
                shutil.rmtree(part)
    except (OSError, ValueError) as error:
        raise ResultFolderError(f"{folder}: cannot be written: {error}") from error
    return folder


def text_lines(lines: Iterable[str]) -> str:
    """Lines as the text of a file."""
    return "".join(f"{line}\n" for line in lines)

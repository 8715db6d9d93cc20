"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from bohwsw.errors import ResultFolderError


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step: a reader sees the old contents or the new, never half of them.

    Raises:
        ResultFolderError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ResultFolderError(f"{path}: cannot be written: {error.strerror}") from error

"""Files that are written atomically: the one place from which bohwsw writes to disk."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from bohwsw.errors import ResultFolderError


def atomic_write(path: Path, content: str | bytes) -> None:
    """Replace a file in one step: a reader sees the old contents or the new, never half of them.

    A symbolic link is followed. Permissions and, where that is allowed, the owner stay as they are;
    a new file has those of the umask.

    Raises:
        ResultFolderError: it cannot be written; then nothing has changed.
    """
    target, now = _target(path)
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
            if now is not None:
                with suppress(PermissionError):
                    os.fchown(stream.fileno(), now.st_uid, now.st_gid)
                os.fchmod(stream.fileno(), stat.S_IMODE(now.st_mode))
            stream.write(_encoded(content) if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as error:
        raise _cannot_be_written(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def require_writable(path: Path | None, *inputs: str | Path | None) -> None:
    """Refuse at once what `atomic_write` would refuse after all the work is done, if anything.

    That is a folder that is missing or read-only, no regular file, or one of the inputs.
    """
    if path is None:
        return
    _, now = _target(path)
    for given in inputs:
        with suppress(OSError, ValueError):  # a name of something that is no file
            if given and now is not None and os.path.samestat(now, Path(given).stat()):
                raise ResultFolderError(f"{path}: is an input of this, and is not replaced")


def append_line(path: Path, line: str) -> None:
    """Add a line to a file; it is on the disk when this returns.

    What a kill has left of a line before it is ended first, so that it spoils no other.
    """
    target, _ = _target(path)
    try:
        with target.open("a+b") as stream:
            if stream.seek(0, os.SEEK_END):
                stream.seek(-1, os.SEEK_END)
                line = line if stream.read(1) == b"\n" else "\n" + line
            stream.write(_encoded(line + "\n"))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise _cannot_be_written(path, error) from error


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """Where a path leads to, and what is known of the file there; None if there is none yet."""
    try:
        target = path.resolve()
        now = path.stat() if path.exists() else None
    except OSError as error:
        raise _cannot_be_written(path, error) from error
    except (RuntimeError, ValueError) as error:  # a loop of links, a name that is none
        raise ResultFolderError(f"{path}: cannot be written: {error}") from error
    if now is not None and not stat.S_ISREG(now.st_mode):
        raise ResultFolderError(f"{path}: is no regular file, and is not replaced")
    if not target.parent.is_dir():
        raise ResultFolderError(f"{path}: cannot be written: there is no folder {target.parent}")
    for place in (target.parent, target):
        if place.exists() and not os.access(place, os.W_OK):
            raise ResultFolderError(f"{path}: cannot be written: {place} is read-only")
    return target, now


def _encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which that cannot express, is written as its escape."""
    return text.encode(errors="backslashreplace")


def _cannot_be_written(path: Path, error: OSError) -> ResultFolderError:
    return ResultFolderError(f"{path}: cannot be written: {error.strerror}")

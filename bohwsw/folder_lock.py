"""A lock on a folder: one process at a time, and it says which.

The lock is the kernel's (flock), held by an open file: it ends with its process however that ends,
and no reused process number can keep it. On a shared disk it holds between machines as far as the
file system passes locks on. The file itself only says who holds it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from bohwsw.errors import ResultFolderError

LOCK = ".lock"

WAIT_SECONDS = 0.05
"""Between two tries."""

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
"""What a file system answers that knows no locks: there nobody is kept out."""


class FolderLock:
    """Holds an existing folder until it is released, or the process ends.

    A ResultFolderError says who holds it, if that goes on for longer than ``wait_seconds``.
    """

    def __init__(self, folder: Path, wait_seconds: float = 0.0) -> None:
        self._path = folder / LOCK
        self._deadline = time.monotonic() + wait_seconds
        try:
            while not self._is_taken(folder):
                pass
            since = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
            holder = {"host": socket.gethostname(), "process": os.getpid(), "since": since}
            self._stream.truncate(0)
            self._stream.write(json.dumps(holder))
            self._stream.flush()
        except OSError as error:
            raise ResultFolderError(f"{folder}: cannot be used: {error.strerror}") from error

    def release(self) -> None:
        """Let others have the folder; the file goes, unless the folder is gone already."""
        if not self._stream.closed:
            with suppress(OSError):
                self._path.unlink()
            self._stream.close()

    def _is_taken(self, folder: Path) -> bool:
        """Whether the lock is ours; if the file has just been removed with its lock, it is not."""
        self._stream: TextIO = self._path.open("a+", encoding="utf-8")
        try:
            with suppress_missing_locks():
                fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._stream.seek(0)
            holder = _holder_text(self._stream.read())
            self._stream.close()
            if time.monotonic() < self._deadline:
                time.sleep(WAIT_SECONDS)
                return False
            raise ResultFolderError(
                f"{folder}: is in use by {holder}; wait until it ends or choose another folder"
            ) from None
        try:
            return os.path.samestat(os.fstat(self._stream.fileno()), self._path.stat())
        except FileNotFoundError:
            return False


@contextmanager
def suppress_missing_locks() -> Iterator[None]:
    """Bear with a file system that knows no locks."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise


def _holder_text(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {holder['process']} on {holder['host']} since {holder['since']}"
    except (ValueError, KeyError, TypeError):  # it has not written it yet
        return "another process"

"""Standard output and standard error of the program: what happens where they cannot be written."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

EXIT_NOT_WRITTEN = 1
EXIT_PIPE_CLOSED = 141
"""That of a program that SIGPIPE ends."""


class OutputError(Exception):
    """Standard output cannot be written: a full device, or a pipe that nobody reads any more."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(f"standard output cannot be written: {cause.strerror}")
        is_pipe = cause.errno == errno.EPIPE
        self.exit_code = EXIT_PIPE_CLOSED if is_pipe else EXIT_NOT_WRITTEN


class Output:
    """A stream that says `OutputError` where it cannot be written.

    An OSError would be taken for one of another file, or be dropped on the way.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As of any stream."""
        try:
            return int(self._stream.write(text))
        except OSError as error:
            raise OutputError(error) from None

    def flush(self) -> None:
        """As of any stream."""
        try:
            self._stream.flush()
        except OSError as error:
            raise OutputError(error) from None


class Messages(Output):
    """A stream for messages: where it cannot be written, the work goes on without them."""

    def write(self, text: str) -> int:
        """As of any stream."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As of any stream."""
        with suppress(OSError):
            self._stream.flush()


@contextmanager
def program_streams() -> Iterator[None]:
    """Put these in the place of those that Python opens, for a whole run of the program.

    Where standard output cannot be written, the program ends with one line on standard error.
    """
    try:
        sys.stderr = Messages(sys.stderr or io.StringIO())
        if sys.stdout is None:
            raise OutputError(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        sys.stdout = Output(sys.stdout)
        try:
            yield
        finally:
            sys.stdout.flush()
    except OutputError as error:
        print(f"error: {error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python tries again at its end
        raise SystemExit(error.exit_code) from None

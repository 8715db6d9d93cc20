"""What every command shares: two consoles, errors as messages, exit codes, and JSON.

Exit codes: 0 all went well; 1 the result could not be written; 2 bad input; 3 a layer has no valid
mapping, the others are mapped; as other programs, 130 after Ctrl-C, 141 if nobody reads the output
any more, 143 after an order to end.
"""

from __future__ import annotations

import errno
import functools
import json
import math
import signal
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console, RenderableType

from bohwsw.cli.streams import EXIT_NOT_WRITTEN
from bohwsw.errors import BohwswError, BohwswWarning

out = Console(highlight=False, soft_wrap=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

EXIT_BAD_INPUT = 2
EXIT_NOT_MAPPED = 3

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk answers where nothing is wrong with the input."""

Command = TypeVar("Command", bound=Callable[..., Any])


def command(function: Command) -> Command:
    """Turn what bohwsw raises and warns of on purpose into messages and exit codes."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", BohwswWarning)
                warnings.showwarning = functools.partial(_warn, warnings.showwarning)
                return function(*args, **kwargs)
        except BohwswError as error:
            err.print("error: ", style="bold red", end="")
            say(str(error))
            raise typer.Exit(EXIT_NOT_WRITTEN if _is_disk(error) else EXIT_BAD_INPUT) from None
        except KeyboardInterrupt as stop:
            interrupted("interrupted", stop)

    return wrapped  # type: ignore[return-value]


def _is_disk(error: BaseException | None) -> bool:
    """Whether a disk is behind it: what went wrong is not the input."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            return True
        if getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR"):
            return True
        error = error.__cause__ or error.__context__
    return False


def _warn(
    otherwise: Callable[..., None], message: Warning | str, category: type[Warning], *place: Any
) -> None:
    """A warning of ours as a line on standard error; others as Python shows them."""
    if not issubclass(category, BohwswWarning):
        otherwise(message, category, *place)
        return
    err.print("warning: ", style="bold yellow", end="")
    say(str(message))


class Terminated(KeyboardInterrupt):
    """An order to end, SIGTERM: what Ctrl-C does, with an exit code of its own."""


def end_on_sigterm() -> None:
    """Have an order to end treated like Ctrl-C, unless whoever started the program ignores it."""

    def end(*_: object) -> NoReturn:
        raise Terminated

    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)


def interrupted(message: str, stop: BaseException | None) -> NoReturn:
    """End with a message and the exit code of a program that the signal has ended."""
    while stop is not None and not isinstance(stop, Terminated):
        stop = stop.__context__
    number = signal.SIGINT if stop is None else signal.SIGTERM
    say(message)
    raise typer.Exit(128 + number) from None


def say(message: str) -> None:
    """Print a message on standard error."""
    err.print(message, soft_wrap=True)


def show(views: Iterable[RenderableType]) -> None:
    """Print tables and texts; texts on lines as long as they are."""
    for view in views:
        out.print(view, soft_wrap=isinstance(view, str))


def print_json(data: object, *, indent: int | None = 2) -> None:
    """Plain data as JSON on standard output; numbers that JSON cannot hold become null."""
    print(json.dumps(_finite(data), indent=indent, allow_nan=False))


def write_json(data: object, path: Path) -> None:
    """Plain data as a JSON file, whole or not at all."""
    from bohwsw.atomicfile import atomic_write

    atomic_write(path, json.dumps(_finite(data), indent=2, allow_nan=False) + "\n")


def give(
    data: Any, views: Callable[[Any], Iterable[RenderableType]], path: Path | None, as_json: bool
) -> None:
    """Write plain data to a file if there is one, and print them: as JSON, or for people."""
    if path is not None:
        write_json(data, path)
    if as_json:
        print_json(data)
    else:
        show(views(data))


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data

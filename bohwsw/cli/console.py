"""What every command shares: two consoles, errors as messages, JSON on standard output."""

from __future__ import annotations

import functools
import json
import math
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.console import Console

from bohwsw.errors import BohwswError, ResultFolderError, SpecWarning

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

Command = TypeVar("Command", bound=Callable[..., Any])


def command(function: Command) -> Command:
    """Turn what bohwsw raises and warns of on purpose into messages, errors into exit code 2."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", SpecWarning)
                warnings.showwarning = functools.partial(_warn, warnings.showwarning)
                return function(*args, **kwargs)
        except BohwswError as error:
            err.print("error: ", style="bold red", end="")
            err.print(str(error), markup=False, soft_wrap=True)
            raise typer.Exit(EXIT_BAD_INPUT) from None
        except KeyboardInterrupt:
            err.print("interrupted; finished trials are stored, --resume goes on from there")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:  # the reader, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None

    return wrapped  # type: ignore[return-value]


def _warn(
    otherwise: Callable[..., None], message: Warning | str, category: type[Warning], *place: Any
) -> None:
    """A warning of ours as a line on standard error; others as Python shows them."""
    if not issubclass(category, SpecWarning):
        otherwise(message, category, *place)
        return
    err.print("warning: ", style="bold yellow", end="")
    err.print(str(message), markup=False, soft_wrap=True)


def print_json(data: object, *, indent: int | None = 2) -> None:
    """Plain data as JSON on standard output; numbers that JSON cannot hold become null."""
    print(json.dumps(_finite(data), indent=indent, allow_nan=False))


def write_json(data: object, path: Path) -> None:
    """Plain data as a JSON file, whole or not at all."""
    from bohwsw.wholefile import write_whole

    if not path.parent.is_dir():
        raise ResultFolderError(f"{path}: there is no folder {path.parent}")
    write_whole(path, json.dumps(_finite(data), indent=2, allow_nan=False) + "\n")


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data

"""Options of a command from a YAML file: a problem that can be kept, shared and run again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from bohwsw.errors import BohwswError, SpecError, unknown_name


def options_from(context: typer.Context, path: Path | None) -> Path | None:
    """Make the options of a file the defaults of the command that is being read.

    Options that may be repeated are lists there, or mappings where they are assignments.

    Raises:
        typer.BadParameter: the file is not there, or has an option that the command does not have.
    """
    if path is None or context.resilient_parsing:
        return path
    try:
        context.default_map = {**(context.default_map or {}), **_defaults(context, path)}
    except BohwswError as error:
        raise typer.BadParameter(str(error)) from error
    return path


def _defaults(context: typer.Context, path: Path) -> dict[str, Any]:
    from bohwsw.yamlfile import read_yaml

    data = read_yaml(path)
    if not isinstance(data, Mapping):
        raise SpecError("not options", file=str(path), got=data, expected="options by name")
    known = {x.opts[0].lstrip("-").replace("-", "_"): x for x in context.command.params if x.opts}
    found: dict[str, Any] = {}
    for key, value in data.items():
        name = str(key).replace("-", "_")
        if name not in known or name in ("problem", "help"):
            raise unknown_name("option", str(key), known).within(file=str(path))
        option: Any = known[name]
        if option.multiple:
            found[option.name] = _texts(name, value)
        elif isinstance(value, list):
            found[option.name] = ",".join(map(str, value))
        elif isinstance(value, Mapping):
            expected = "one value"
            raise SpecError("not an option", file=str(path), key_path=name, expected=expected)
        else:
            found[option.name] = value
    return found


def _texts(name: str, value: Any) -> list[str]:
    """What stands after an option, once for each time."""
    if isinstance(value, Mapping):
        return [f"{key}={_text(each, commas=name == 'each')}" for key, each in value.items()]
    each = value if isinstance(value, list) else [value]
    return [
        ",".join(f"{k}={_text(x)}" for k, x in one.items())
        if isinstance(one, Mapping)
        else str(one)
        for one in each
    ]


def _text(value: Any, *, commas: bool = False) -> str:
    if commas and isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)

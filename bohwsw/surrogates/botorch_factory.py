"""Parts of other people's, named or given as they are, and called with what they take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from bohwsw.errors import BohwswError, SpecError

PLACE = "package.module:Name, or the class or function itself"


def imported(given: Any, what: str) -> Callable[..., Any]:
    """A class or function: itself, or where it stands, as ``package.module:Name``.

    Raises:
        SpecError: there is none; ``what`` says of what.
    """
    found: Any = given
    if isinstance(given, str):
        module, _, name = given.partition(":")
        try:
            found = import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError, ValueError) as error:
            problem = f"the {what} cannot be imported: {error}"
            raise SpecError(problem, key_path=what, got=given, expected=PLACE) from error
    if not callable(found):
        raise SpecError(f"not a {what}", key_path=what, got=given, expected=PLACE)
    factory: Callable[..., Any] = found
    return factory


def arguments(factory: Callable[..., Any]) -> dict[str, bool]:
    """Its arguments by name, and whether each must be given."""
    kinds = inspect.Parameter
    named = (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
    return {
        name: details.default is kinds.empty
        for name, details in inspect.signature(factory).parameters.items()
        if details.kind in named
    }


def name_of(factory: Any) -> str:
    """What messages call it."""
    inner = getattr(factory, "func", factory)  # of a functools.partial
    return str(getattr(inner, "__name__", type(inner).__name__))


def called(
    factory: Callable[..., Any],
    what: str,
    offers: Mapping[str, Callable[[], Any]],
    *positional: Any,
) -> Any:
    """Call it with positional arguments, and with those offers whose names it takes.

    An offer is made when it is taken. One that comes to None is not given.

    Raises:
        SpecError: it needs something that is not offered, or does not work.
    """
    takes = arguments(factory)
    fixed = getattr(factory, "keywords", {})  # of a functools.partial
    rest = [name for name in list(takes)[len(positional) :] if name not in fixed]
    given = {}
    for name in rest:
        value = offers[name]() if name in offers else None
        if value is not None:
            given[name] = value
        elif takes[name]:
            raise SpecError(
                f"the {what} {name_of(factory)} needs {name}, which there is none of here",
                key_path=what,
                got=name,
                expected="a function that gives it itself; there are " + ", ".join(offers),
            )
    try:
        return factory(*positional, **given)
    except BohwswError:
        raise
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
        raise SpecError(f"the {what} cannot be made", key_path=name_of(factory), got=got) from error

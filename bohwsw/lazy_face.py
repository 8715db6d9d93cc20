"""The face of a room whose modules are slow to load: each name is loaded when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_face(
    room: str, names: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """What a package needs to load its names late (PEP 562); its stub says their types.

    Args:
        room: the package's ``__name__``.
        names: for each module of the room, the names that others may use, with spaces between.

    Returns:
        The package's ``__getattr__``, ``__dir__`` and ``__all__``.
    """
    homes = {name: home for home, listed in names.items() for name in listed.split()}

    def load(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"{room}.{homes[name]}"), name)
        raise AttributeError(f"module {room!r} has no attribute {name!r}")

    return load, lambda: sorted(homes), sorted(homes)

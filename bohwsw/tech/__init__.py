"""Energy and area per action, as a function of size, width and node; each table cites its source.

``pat``, ``eyeriss65`` and ``cacti`` are the models; docs/technology.md compares them.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "catalogue": "register_technology technology_names",
    "technology": "MacCost StorageCost StorageKind StorageShape Technology check_amount",
    "technology_file": "TechnologySpec technology_of",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__

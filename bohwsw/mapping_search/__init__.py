"""Mappings as a design space, searched by strategies: the co-design paper's inner loop.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "mapping_codec": "MappingCodec",
    "mapping_space": "ENCODINGS Encoding MappingSpace",
    "sequential_mapper": "SequentialMapper",
    "warm_starts": "NO_STARTS LayerMappings LayerStarts MappingMemory "
    "NetworkMappings WarmStarts most_similar",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__

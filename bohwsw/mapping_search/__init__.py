"""Mappings as a design space, searched by strategies: the co-design paper's inner loop.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

_NAMES = {
    "mapping_codec": "MappingCodec",
    "mapping_space": "ENCODINGS Encoding MappingSpace",
    "sequential_mapper": "SequentialMapper",
    "warm_starts": "NO_STARTS LayerMappings LayerStarts MappingMemory "
    "NetworkMappings WarmStarts most_similar",
}

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)

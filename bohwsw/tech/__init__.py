"""Energy and area per action, as a function of size, width and node; each table cites its source.

``pat``, ``eyeriss65`` and ``cacti`` are the models; docs/technology.md compares them.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

_NAMES = {
    "catalogue": "register_technology technology_names",
    "technology": "MacCost StorageCost StorageKind StorageShape Technology check_amount",
    "technology_file": "TechnologySpec technology_of",
}

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)

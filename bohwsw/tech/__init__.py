"""Energy and area per action, as a function of size, width and node; each table cites its source.

``pat``, ``eyeriss65`` and ``cacti`` are the models; docs/technology.md compares them.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()

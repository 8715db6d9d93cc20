"""Mappings whose loops in time are open: what transfers cost, and bounds that none of them beats.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()

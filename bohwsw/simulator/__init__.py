"""A layer, a machine and a mapping give counts, and these give energy, latency and their reasons.

A scalar reference and a compiled batch; tests hold the two together.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()

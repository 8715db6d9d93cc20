"""Ask-and-tell strategies over a space; they know nothing of hardware.

Each name is loaded when it is first used (some need torch); `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()

"""What no machine of a space can beat: branch and bound over boxes of machines.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()

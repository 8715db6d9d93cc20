"""bohwsw designs neural-network accelerators and the mappings that run on them, together.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from bohwsw.lazy_face import lazy_face

__version__ = "0.1.0"

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = ["__version__", *__dir__()]

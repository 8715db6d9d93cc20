"""Chips of several cores: schedules of networks on them, and the search for the chip itself."""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()

"""Acquisition functions: what evaluating a point promises, by a model's prediction of it.

Each name is loaded when it is first used (those of BoTorch need torch).
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()

"""What a machine is: storage levels, meshes, multiply-accumulate units; chips of several cores."""

from bohwsw.arch.architecture import Architecture, MacArray, StorageLevel
from bohwsw.arch.chip import Chip, one_core

__all__ = ["Architecture", "Chip", "MacArray", "StorageLevel", "one_core"]

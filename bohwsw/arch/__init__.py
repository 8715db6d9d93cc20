"""What a machine is: storage levels, meshes, multiply-accumulate units."""

from bohwsw.arch.architecture import Architecture, MacArray, StorageLevel

__all__ = ["Architecture", "MacArray", "StorageLevel"]

"""What a machine is, and what a space file says of it: levels, meshes, units; chips of cores."""

from bohwsw.arch.architecture import MAX_INSTANCES, Architecture, MacArray, StorageLevel
from bohwsw.arch.chip import Chip
from bohwsw.arch.machine_file import Amount, ArchitectureSpec, DataSpace, Name, architecture_data
from bohwsw.arch.machine_sizes import SHAPE, Columns, MachineSizes, Memory, Prices

__all__ = [
    "MAX_INSTANCES",
    "SHAPE",
    "Amount",
    "Architecture",
    "ArchitectureSpec",
    "Chip",
    "Columns",
    "DataSpace",
    "MacArray",
    "MachineSizes",
    "Memory",
    "Name",
    "Prices",
    "StorageLevel",
    "architecture_data",
]

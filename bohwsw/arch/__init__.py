"""What a machine is, and what a space file says of it: levels, meshes, units; chips of cores."""

from bohwsw.arch.architecture import MAX_INSTANCES as MAX_INSTANCES
from bohwsw.arch.architecture import Architecture as Architecture
from bohwsw.arch.architecture import Chip as Chip
from bohwsw.arch.architecture import MacArray as MacArray
from bohwsw.arch.architecture import StorageLevel as StorageLevel
from bohwsw.arch.machine_file import Amount as Amount
from bohwsw.arch.machine_file import ArchitectureSpec as ArchitectureSpec
from bohwsw.arch.machine_file import DataSpace as DataSpace
from bohwsw.arch.machine_file import Name as Name
from bohwsw.arch.machine_file import architecture_data as architecture_data
from bohwsw.arch.machine_sizes import SHAPE as SHAPE
from bohwsw.arch.machine_sizes import Columns as Columns
from bohwsw.arch.machine_sizes import MachineSizes as MachineSizes
from bohwsw.arch.machine_sizes import Memory as Memory
from bohwsw.arch.machine_sizes import Prices as Prices

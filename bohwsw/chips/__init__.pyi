from bohwsw.chips.chip_mapper import ChipMapper as ChipMapper
from bohwsw.chips.chip_mapper import chip_of as chip_of
from bohwsw.chips.chip_mapper import schedule_networks as schedule_networks
from bohwsw.chips.chip_problem import ChipProblem as ChipProblem
from bohwsw.chips.chip_search import codesign_chip as codesign_chip
from bohwsw.chips.chip_space import ChipSpace as ChipSpace
from bohwsw.chips.chip_space import load_chip_space as load_chip_space
from bohwsw.chips.chip_task import Task as Task

from bohwsw.api import codesign_network as codesign_network
from bohwsw.api import explain_design as explain_design
from bohwsw.api import map_layer as map_layer
from bohwsw.api import map_network as map_network
from bohwsw.chips import codesign_chip as codesign_chip
from bohwsw.chips import schedule_networks as schedule_networks
from bohwsw.codesign import load_design as load_design
from bohwsw.codesign import load_space as load_space
from bohwsw.errors import BohwswError as BohwswError
from bohwsw.execution import IMetric as IMetric
from bohwsw.execution import Infeasible as Infeasible
from bohwsw.execution import IRunner as IRunner
from bohwsw.execution import TrialStatus as TrialStatus
from bohwsw.importers import from_sizes as from_sizes
from bohwsw.importers import from_torch as from_torch
from bohwsw.joint import Joint as Joint
from bohwsw.joint import Reward as Reward
from bohwsw.joint import codesign_joint as codesign_joint
from bohwsw.simulator.reference import simulate as simulate
from bohwsw.study import ChoiceParameterConfig as ChoiceParameterConfig
from bohwsw.study import Client as Client
from bohwsw.study import RangeParameterConfig as RangeParameterConfig
from bohwsw.study import StorageConfig as StorageConfig
from bohwsw.workload import Layer as Layer
from bohwsw.workload import load_model as load_model
from bohwsw.workload import load_network as load_network

__version__: str

"""Nodes of one or several networks on the cores of a chip: when each runs, and what all cost."""

from bohwsw.scheduling.node_cost import NodeCost, layer_cost, operator_cost, schedule_costs
from bohwsw.scheduling.schedule import Schedule, Step, schedule_by_core
from bohwsw.scheduling.timeline import ScheduledNode, Timeline, evaluate_schedule

__all__ = [
    "NodeCost",
    "Schedule",
    "ScheduledNode",
    "Step",
    "Timeline",
    "evaluate_schedule",
    "layer_cost",
    "operator_cost",
    "schedule_by_core",
    "schedule_costs",
]

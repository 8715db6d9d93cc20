"""Small studies in the real Ax that the tests of our node share."""

import logging
import math

from ax.api.client import Client
from ax.api.configs import (
    ChoiceParameterConfig,
    RangeParameterConfig,
)
from ax.utils.common.logger import set_ax_logger_levels

from bohwsw.plugins.ax_node import generation_strategy

set_ax_logger_levels(logging.ERROR)

DIVISORS = [1, 2, 3, 4, 6, 8, 12, 24]
MESH = [
    ChoiceParameterConfig("x", DIVISORS, "int", is_ordered=True),
    ChoiceParameterConfig("y", DIVISORS, "int", is_ordered=True),
    RangeParameterConfig("share", (1, 40), "int"),
]
KNOWN = ["x * y == 24", "share <= 10 * x"]
TREE = [
    ChoiceParameterConfig(
        "cache",
        ["none", "banked", "big"],
        "str",
        dependent_parameters={"banked": ["banks", "fancy"], "big": ["size"]},
    ),
    RangeParameterConfig("banks", (1, 16), "int"),
    ChoiceParameterConfig("fancy", [True, False], "bool", dependent_parameters={True: ["depth"]}),
    RangeParameterConfig("depth", (1.0, 16.0), "float"),
    RangeParameterConfig("size", (1, 16), "int"),
    RangeParameterConfig("width", (1, 16), "int"),
]
QUICK = {"n_initial": 4, "pool": 200}


def client_of(parameters=MESH, objective="-cost", outcomes=(), linear=(), storage=None, **node):
    client = Client(storage_config=storage)
    client.configure_experiment(parameters, parameter_constraints=linear, name="study")
    client.configure_optimization(objective, outcome_constraints=outcomes)
    client.set_generation_strategy(generation_strategy(**node))
    return client


def mesh_client(strategy="random", **node):
    return client_of(constraints=KNOWN, strategy=strategy, **node)


def strategy_of(client):
    """What the node last asked."""
    (node,) = client._generation_strategy._nodes
    return list(node._searches.values())[-1].strategy


def told_by(client):
    """The outcomes that the strategy knows, after one more suggestion."""
    client.get_next_trials(1)
    return [told.outcome for told in strategy_of(client).history]


def cost(point):
    return math.sqrt(point["x"]) + abs(point["share"] - 17) / 3


def complete_some(client, count):
    for _ in range(count):
        ((index, point),) = client.get_next_trials(1).items()
        if index % 4 == 3:
            client.mark_trial_failed(index)
        elif index % 4 == 2:
            client.mark_trial_abandoned(index)
        else:
            client.complete_trial(index, {"cost": cost(point)})

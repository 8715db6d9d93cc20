"""Search for a machine within Ax: its trials and storage, our constraints and optimiser.

The constraints of this space are products and divisions, which Ax refuses and the node meets.
"""

import logging

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from ax.utils.common.logger import set_ax_logger_levels

import bohwsw
from bohwsw.codesign import Problem
from bohwsw.plugins.ax_node import generation_strategy
from bohwsw.space import Integer, Ordinal

set_ax_logger_levels(logging.ERROR)
machines = bohwsw.load_space("eyeriss-168")
problem = Problem(machines, bohwsw.load_network("mlp"))
space = machines.search_space()

parameters = []
for parameter in space:
    name, values = parameter.name, list(parameter.values)
    if isinstance(parameter, Integer):
        parameters.append(RangeParameterConfig(name, (values[0], values[-1]), "int"))
    elif isinstance(parameter, Ordinal):
        parameters.append(ChoiceParameterConfig(name, values, "int", is_ordered=True))
    else:
        kind = "bool" if isinstance(values[0], bool) else "str"
        parameters.append(ChoiceParameterConfig(name, values, kind, is_ordered=False))
known = [constraint.text for constraint in space.constraints]

client = Client()
client.configure_experiment(parameters, name=machines.name)
client.configure_optimization("-ln_edp")
client.set_generation_strategy(generation_strategy(seed=0, constraints=known))


def run(index: int, point: dict) -> None:
    outcome, _ = problem.evaluate(point)
    if outcome.objective is None:
        client.mark_trial_abandoned(index)
    else:
        client.complete_trial(index, {"ln_edp": outcome.objective})


baseline = dict(machines.baseline().point)
run(client.attach_baseline(baseline), baseline)
for _ in range(12):
    for index, point in client.get_next_trials(max_trials=1).items():
        run(index, point)

best, values, index, _ = client.get_best_parameterization(use_model_predictions=False)
first = client.summarize()["ln_edp"][0]
print(f"ln EDP of the baseline: {first:.3f}, of trial {index}: {values['ln_edp'][0]:.3f}")
for name, value in best.items():
    print(f"{name:>20} {value}")

"""Hardware outside, mappings inside, in a loop of your own: a client, and any way to evaluate.

The client proposes machines under the known constraints of a hardware space, products among them;
each is evaluated by mapping a network onto it. Put your own simulator in the place of ``evaluate``.
"""

import bohwsw
from bohwsw.codesign import Problem

machines = bohwsw.load_space("eyeriss-168")
problem = Problem(machines, bohwsw.load_network("mlp"))
space = machines.search_space()


def evaluate(point: dict) -> dict:
    outcome, design = problem.evaluate(point)
    if outcome.objective is None:
        raise bohwsw.Infeasible(outcome.reason)
    return {"edp": design.edp_pj_cycles, "area_mm2": design.area_mm2}


client = bohwsw.Client()
client.configure_experiment(
    list(space), [constraint.text for constraint in space.constraints], name="machines"
)
client.configure_optimization("-edp", outcome_constraints=["area_mm2 <= 8"])
baseline = client.attach_trial(machines.baseline().point, arm_name="Eyeriss")
client.complete_trial(baseline, evaluate(machines.baseline().point))
client.run_trials(12, evaluator=evaluate)

table = client.summarize()
print(table[["arm_name", "trial_status", "edp", "area_mm2"]])
best, values, index, name = client.get_best_parameterization()
print(f"trial {index}: EDP {values['edp'][0]:.4g}, Eyeriss {table.edp[0]:.4g}")

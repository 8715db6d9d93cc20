"""One script, run with Ax's imports and with ours: the verbs do the same."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

OURS = """
from bohwsw import ChoiceParameterConfig, Client, RangeParameterConfig
from bohwsw import IMetric, IRunner, TrialStatus
"""
AX = """
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from ax.api.protocols.metric import IMetric
from ax.api.protocols.runner import IRunner
from ax.core.trial_status import TrialStatus
"""

SCRIPT = """
client = Client(random_seed=3)
client.configure_experiment(
    name="toy",
    description="a script that stays within the verbs",
    parameters=[
        RangeParameterConfig("share", (0.0, 1.0), parameter_type="float"),
        RangeParameterConfig("pes", (1, 64), parameter_type="int", scaling="log"),
        RangeParameterConfig("banks", (2, 8), parameter_type="int", step_size=2),
        ChoiceParameterConfig("flow", ["row", "weight", "output"], "str", is_ordered=False),
        ChoiceParameterConfig("width", [8, 16, 32], "int", is_ordered=True),
    ],
    parameter_constraints=["share + 0.1 * banks <= 1.5"],
)
client.configure_optimization("-edp", outcome_constraints=["area <= 40"])
client.configure_generation_strategy(method="random_search")


def measure(p):
    edp = (p["share"] - 0.5) ** 2 + abs(p["pes"] - 32) / 32 + (p["flow"] == "row")
    return {"edp": edp, "area": p["pes"] * p["width"] / 32.0}


for _ in range(5):
    for index, p in client.get_next_trials(max_trials=2).items():
        points.append(p)
        if index == 3:
            client.mark_trial_failed(index, failed_reason="crashed")
        elif index == 4:
            client.mark_trial_abandoned(index)
        elif index == 5:
            client.complete_trial(index, {"edp": (measure(p)["edp"], 0.1), "area": 1.0})
        else:
            client.complete_trial(trial_index=index, raw_data=measure(p))
mine = {"share": 0.5, "pes": 32, "banks": 4, "flow": "output", "width": 8}
index = client.attach_trial(mine, arm_name="mine")
client.complete_trial(index, raw_data=measure(mine))
fixed = client.get_next_trials(1, fixed_parameters={"flow": "output"})
best = client.get_best_parameterization(use_model_predictions=False)
table = client.summarize()
client.save_to_json_file(file)
again = Client.load_from_json_file(file)
loaded = again.summarize()

front_client = Client(random_seed=3)
front_client.configure_experiment([RangeParameterConfig("x", (0, 10), "int")])
front_client.configure_optimization("-cost, gain")
front_client.configure_generation_strategy(method="random_search")
for x, cost, gain in [(1, 1.0, 1.0), (2, 2.0, 2.0), (3, 3.0, 1.5)]:
    front_client.complete_trial(front_client.attach_trial({"x": x}), {"cost": cost, "gain": gain})
front = front_client.get_pareto_frontier(use_model_predictions=False)


class Machine(IRunner):
    def run_trial(self, trial_index, parameterization):
        return {"x": parameterization["x"], "polls": [0]}

    def poll_trial(self, trial_index, trial_metadata):
        trial_metadata["polls"][0] += 1
        polled.append(trial_index)
        if trial_index == 1:
            return TrialStatus.FAILED
        if trial_index == 2:
            return TrialStatus.ABANDONED
        return TrialStatus.COMPLETED if trial_metadata["polls"][0] > 1 else TrialStatus.RUNNING

    def stop_trial(self, trial_index, trial_metadata):
        return {}


class Squared(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, (trial_metadata["x"] - 5.0) ** 2


run_client = Client(random_seed=3)
run_client.configure_experiment([RangeParameterConfig("x", (0, 100), "int")])
run_client.configure_optimization("-cost")
run_client.configure_generation_strategy(method="random_search")
run_client.configure_runner(Machine())
run_client.configure_metrics([Squared("cost")])
run_client.run_trials(6, 2, 0.5, initial_seconds_between_polls=0)
run = run_client.summarize()
"""


@pytest.mark.parametrize("imports", [OURS, AX], ids=["ours", "ax"])
def test_the_same_script(imports: str, tmp_path: Path) -> None:
    logging.getLogger("ax").setLevel(logging.ERROR)
    found: dict[str, Any] = {"points": [], "polled": [], "file": str(tmp_path / "study.json")}
    exec(imports + SCRIPT, found)
    assert found["best"][0] == found["mine"]
    assert found["best"][2:] == (10, "mine")
    assert found["best"][1]["area"][0] == 8.0
    table = found["table"]
    statuses = ["COMPLETED"] * 3 + ["FAILED", "ABANDONED"] + ["COMPLETED"] * 6 + ["RUNNING"]
    assert [str(status) for status in table.trial_status] == statuses
    assert list(table.trial_index) == list(range(12))
    assert table.arm_name[10] == "mine"
    assert table.status_reason[3] == "crashed"
    for name in ("edp", "area", "share", "pes", "banks", "flow", "width", "generation_node"):
        assert name in table.columns
    ((_, parameters),) = found["fixed"].items()
    assert parameters["flow"] == "output"
    assert list(found["loaded"].trial_status) == list(table.trial_status)
    assert [number for _, _, number, _ in sorted(found["front"], key=lambda b: b[2])] == [0, 1]
    run = found["run"]
    statuses = ["COMPLETED", "FAILED", "ABANDONED", *["COMPLETED"] * 3]
    assert [str(status) for status in run.trial_status] == statuses
    ended = run[run.trial_status == "COMPLETED"]
    assert list(ended.cost) == list((ended.x - 5.0) ** 2)
    assert {found["polled"].count(number) for number in (0, 3, 4, 5)} == {2}
    for p in found["points"]:
        if imports is OURS:  # Ax rounds to the step afterwards, and may leave the space
            assert p["share"] + 0.1 * p["banks"] <= 1.5 + 1e-9
        assert p["banks"] in (2, 4, 6, 8)
        assert 1 <= p["pes"] <= 64
        assert isinstance(p["pes"], int)
        assert p["width"] in (8, 16, 32)

"""The problems: digits with real training, digits from a whole table, NAHAS's space."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bohwsw.accuracy import AccuracySource, accuracy_source
from bohwsw.codesign import Recipe, joint_recipe, limited, load_space
from bohwsw.joint import JointProblem, JointSpace
from bohwsw.workload import load_model

EYERISS: dict[str, Any] = {
    "filter_width_whole": False,
    "filter_height_whole": False,
    "glb_block_size": 4,
    "glb_cluster_size": 1,
}
"""What is fixed of Eyeriss-168 for digits: what small layers hardly feel."""

FEW_MACHINES: dict[str, Any] = {
    **EYERISS,
    "glb_instances": 1,
    "glb_mesh_x": 1,
    "glb_mesh_y": 1,
    "input_entries": 12,
    "output_entries": 24,
}
"""The same for the table: shapes of the array and a scratchpad are left."""

FEW_INITIAL = 5
"""Points before a model is used where few networks may be trained; alike for all methods."""

MESHES = (3, 8, 14, 21)
ENTRIES = (48, 96, 184)


@dataclass(frozen=True)
class Budget:
    """What every method may spend.

    Attributes:
        trials: points whose hardware figures are worked out.
        measurements: networks whose accuracy is asked for.
        seeds: repeats.
    """

    trials: int
    measurements: int | None
    seeds: int


def recipe(trials: int, evaluations: int = 1_000) -> Recipe:
    """The joint recipe; found designs keep the mappings of the search, baselines too."""
    changed = joint_recipe().changed(trials=trials, evaluations=evaluations)
    return replace(changed, final_gap=None)


def trained_digits(source: AccuracySource, budget: Budget, seed: int) -> JointProblem:
    """digits-cnn on Eyeriss-168 within a latency, each network trained."""
    joint = JointSpace(load_model("digits-cnn"), load_space("eyeriss-168"), {}, EYERISS)
    few = {"n_initial": FEW_INITIAL}
    return JointProblem(
        joint,
        source,
        "accuracy,edp",
        replace(recipe(budget.trials), options=few),
        seed,
        limits={"latency_ms": 0.02},
        measurements=budget.measurements,
    )


def tabled_digits(source: AccuracySource, budget: Budget, seed: int) -> JointProblem:
    """digits-cnn on a few machines, accuracies from the table of all its networks."""
    meshes = " or ".join(f"mesh_x == {mesh}" for mesh in MESHES)
    entries = " or ".join(f"weight_entries == {number}" for number in ENTRIES)
    space = load_space("eyeriss-168")
    joint = JointSpace(load_model("digits-cnn"), space, {}, FEW_MACHINES, (meshes, entries))
    return JointProblem(
        joint,
        source,
        "accuracy,edp",
        recipe(budget.trials),
        seed,
        measurements=budget.measurements,
    )


def nahas(budget: Budget, seed: int, objectives: str = "accuracy,edp") -> JointProblem:
    """Once-for-All's MobileNetV3 at 224 pixels on NAHAS's machines, within area and latency."""
    space = limited(load_space("edge-accelerator"), {"latency_ms": 2.0})
    joint = JointSpace(load_model("ofa-mobilenet-v3"), space, {"resolution": 224})
    source = accuracy_source("table", path="ofa-mobilenet-v3", missing="predict")
    return JointProblem(joint, source, objectives, recipe(budget.trials, 500), seed)

"""A tiny model with knobs, and accuracies by formula, for tests of joint searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from small_space import changed_space

from bohwsw.codesign import Recipe, joint_recipe, space_from_dict
from bohwsw.joint import JointProblem, JointSpace
from bohwsw.workload import ModelFile, model_from_dict

TOY: dict[str, Any] = {
    "name": "toy",
    "knobs": {
        "width": {"values": [2, 4, 8]},
        "depth": {"range": [0, 2]},
        "weight_bits": {"values": [4, 8]},
    },
    "constraints": ["width * depth <= 8"],
    "default": {"width": 4, "depth": 1, "weight_bits": 8},
    "chain": True,
    "layers": [
        {"name": "image", "op": "input", "K": 1, "P": 6, "Q": 6},
        {"name": "stem", "K": "width", "C": 1, "P": 6, "Q": 6, "R": 3, "S": 3},
        {
            "block": "stage",
            "repeat": "depth",
            "layers": [
                {
                    "name": "conv",
                    "K": "width",
                    "C": "width",
                    "P": 6,
                    "Q": 6,
                    "R": 3,
                    "S": 3,
                    "bits": {"Weights": "weight_bits"},
                }
            ],
        },
    ],
}


def toy_model() -> ModelFile:
    """The model."""
    return model_from_dict(TOY)


def accuracy_percent(knobs: Mapping[str, Any]) -> float:
    """More of everything is better."""
    bits = 8.0 if knobs["weight_bits"] == 4 else 0.0
    return 100.0 - 40.0 / knobs["width"] - 10.0 / (1 + knobs["depth"]) - bits


@dataclass
class Asked:
    """A source that keeps what it was asked; breaks where it is told to."""

    error: BaseException | None = None
    value: Any = None
    knobs: list[dict[str, Any]] = field(default_factory=list)
    name: str = "asked"
    figures: tuple[str, ...] = ("accuracy_percent",)

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any]:
        self.knobs.append(dict(knobs))
        if self.error is not None:
            raise self.error
        return {"accuracy_percent": self.value or (accuracy_percent(knobs), 0.5)}


def quick_recipe(trials: int = 6, strategy: str = "random") -> Recipe:
    """A search that takes no time."""
    from dataclasses import replace

    recipe = joint_recipe().changed(trials=trials, evaluations=20, strategy=strategy)
    return replace(recipe, final_gap=None)


def toy_problem(source: Any, trials: int = 6, **options: Any) -> JointProblem:
    """The toy on the machines of the small space."""
    space = space_from_dict(changed_space("architecture.levels.2.keeps", ["Weights"]))
    constraints = options.pop("constraints", ())
    joint = JointSpace(toy_model(), space, options.pop("knobs", {}), {}, constraints)
    recipe = options.pop("recipe", None) or quick_recipe(trials)
    return JointProblem(
        joint, source, options.pop("objectives", "accuracy,edp"), recipe, 0, 1, **options
    )

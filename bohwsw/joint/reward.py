"""Rewards: accuracy and what it costs in one figure, as reinforcement-learning searches have it.

    reward = accuracy_percent * product of (figure / target) ** w over the targets
    w = within if figure <= target, else beyond

Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le, "MnasNet: Platform-Aware Neural Architecture Search
for Mobile" (CVPR 2019, arXiv:1807.11626), equations 2 and 3, for the latency; Zhou et al.,
"Rethinking Co-design of Neural Architectures and Hardware Accelerators" (NAHAS, arXiv:2102.08619)
multiply by the same of the area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf, isfinite

from bohwsw.checks import finite_number
from bohwsw.codesign import FIGURES, Design, checked_limits
from bohwsw.errors import SpecError, unknown_name
from bohwsw.joint.accuracies import Accuracy, measured_design

REWARD, ACCURACY = "reward", "accuracy_percent"
KINDS = {"hard": (0.0, 1.0), "soft": (0.07, 0.07), "zero": (0.0, inf)}
"""By name minus the exponents, within a target and beyond it. Hard and soft are MnasNet's; with
``zero`` nothing is left of the accuracy beyond a target."""


@dataclass(frozen=True)
class Reward:
    """A reward; unlike a limit a target may be missed, at a price.

    Attributes:
        kind: one of ``KINDS``.
        targets: by the names of figures, which are to be as small as these: ``latency_ms``.
        weight: minus the exponent, of hard beyond a target, of soft on both sides; the paper's 1
            and 0.07 if absent.

    Raises:
        SpecError: an unknown kind or figure, no target, a target or a weight that is none.
    """

    kind: str = "hard"
    targets: Mapping[str, float] = field(default_factory=dict)
    weight: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("reward", self.kind, KINDS)
        for name in self.targets:
            known = [x for x, f in FIGURES.items() if not (f.measured or f.maximised)]
            if name not in known:
                raise unknown_name("figure to be a target", name, known)
        if not self.targets:
            raise SpecError(
                "a reward without a target", key_path="targets", expected="such as latency_ms=1"
            )
        object.__setattr__(self, "targets", checked_limits(self.targets))
        if self.weight is not None and ((finite_number(self.weight) or 0) <= 0):
            expected = "a number above 0"
            raise SpecError("not a weight", key_path="weight", got=self.weight, expected=expected)

    def factor(self, design: Design) -> float:
        """What a design's accuracy is multiplied by.

        Raises:
            SpecError: a figure is unknown on this machine.
        """
        within, beyond = KINDS[self.kind]
        if self.weight is not None:
            within = self.weight if within else 0.0
            beyond = self.weight if isfinite(beyond) else inf
        reached = 1.0
        for name, target in self.targets.items():
            ratio = design.objective(name) / target
            reached *= float(ratio ** -(within if ratio <= 1.0 else beyond))
        return reached

    def of(self, design: Design, accuracy: Accuracy) -> tuple[Design, dict[str, float]]:
        """A design with its reward among what is measured; and all standard errors."""
        factor = self.factor(design)
        figures = {**accuracy.figures, REWARD: factor * accuracy.figures[ACCURACY]}
        errors = dict(accuracy.standard_errors)
        if ACCURACY in errors:
            errors[REWARD] = factor * errors[ACCURACY]
        return measured_design(design, replace(accuracy, figures=figures)), errors

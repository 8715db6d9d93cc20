"""An accuracy source of one's own: a formula in place of training."""

import math
from dataclasses import dataclass

from bohwsw.accuracy import NotMeasurableError, register_accuracy_source


@dataclass(frozen=True)
class Saturating:
    """Accuracy that approaches a ceiling as a network becomes wider; made up."""

    ceiling_percent: float = 95.0
    name: str = "saturating"
    figures: tuple[str, ...] = ("accuracy_percent",)

    def measure(self, knobs):
        if knobs["width"] <= 0:
            raise NotMeasurableError("a network without channels")
        return {"accuracy_percent": (self.ceiling_percent * (1 - math.exp(-knobs["width"])), 0.1)}


register_accuracy_source("saturating", Saturating)

"""What a joint study found, and what hardware figures and accuracies have cost, apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bohwsw.study import CodesignResult


@dataclass(frozen=True)
class JointResult(CodesignResult):
    """A `CodesignResult` whose designs have a network of their own each.

    The baseline is the model's default network on the baseline machine; its accuracy is told where
    the search has measured it.
    """

    @property
    def costs(self) -> dict[str, dict[str, float]]:
        """What was spent on hardware figures, and what on accuracies: how often, and seconds.

        ``measurements`` are networks that the source was asked about, ``reused`` trials of a
        network that was known by then, ``trainings`` the runs that the source says it has started.
        With several fidelities ``partial`` are measurements below the full one.
        """
        partial = {"partial": sum(not trial.is_full for trial in self.trials)}
        asked = [trial.artifacts.get("accuracy") for trial in self.trials]
        told = [data for data in asked if data is not None]
        seconds = sum(data["seconds"] for data in told)
        return {
            "hardware": {
                "evaluations": len(self.trials),
                "seconds": round(sum(trial.seconds for trial in self.trials) - seconds, 3),
            },
            "accuracy": {
                "measurements": sum(not data["reused"] for data in told),
                "reused": sum(data["reused"] for data in told),
                "trainings": sum(data["trainings"] for data in told),
                "seconds": round(seconds, 3),
                **(partial if partial["partial"] else {}),
            },
        }

    def to_data(self) -> dict[str, Any]:
        """The result as plain data, see `CodesignResult.to_data`, with the costs apart."""
        return {**super().to_data(), "costs": self.costs}

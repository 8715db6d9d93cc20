"""AccelForge's model as simulator, run by the interpreter that has it.

AccelForge (the Accelergy project; ``pip install accelforge``, Python 3.12) does not go into one
environment with bohwsw, so it runs in its own: a short script reads three YAML files and answers
with energy and cycles. Written against version 1.0.467.
"""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.arch import Architecture
from bohwsw.execution import METRICS, PARAMETERS, CommandEvaluator, checked_command
from bohwsw.exporters import accelforge_files
from bohwsw.mapping import Mapping as Nest
from bohwsw.plugins.other_simulator import LayerFigures, RejectedMappingError, SimulatorError
from bohwsw.simulator import Costs
from bohwsw.strategies import TrialState
from bohwsw.workload import Layer

HOW_TO_GET_IT = (
    "the interpreter of a Python environment of its own, made with: pip install accelforge"
)
DRIVER = """
import contextlib, json, sys
from pathlib import Path
import accelforge

given = json.loads(Path(sys.argv[1]).read_text())
for name, text in given.items():
    Path(name).write_text(text)
accelforge.set_n_parallel_jobs(1)
try:
    with contextlib.redirect_stdout(sys.stderr):
        found = accelforge.Spec.from_yaml(*[Path(name) for name in given]).evaluate_mapping()
    answer = {"energy_pj": 1e12 * found.energy(), "latency_cycles": float(found.latency())}
except Exception as error:
    if type(error).__name__ != "InvalidMappingError":
        raise
    answer = {"state": "infeasible", "reason": str(error)}
Path(sys.argv[2]).write_text(json.dumps(answer))
"""


@dataclass(frozen=True)
class AccelForge:
    """An installed AccelForge: the interpreter that has it, and the time-out of one mapping."""

    python: str
    seconds: float = 600.0

    def __post_init__(self) -> None:
        checked_command([self.python], HOW_TO_GET_IT)

    def evaluate(
        self, layer: Layer, architecture: Architecture, mapping: Nest, costs: Costs
    ) -> LayerFigures:
        """Evaluate one mapping; see `Simulator.evaluate` for the errors."""
        command = [self.python, "-c", DRIVER, PARAMETERS, METRICS]
        files = accelforge_files(layer, architecture, mapping, costs)
        found = CommandEvaluator(command, self.seconds)(files)
        if found.state is TrialState.INFEASIBLE:
            raise RejectedMappingError(found.reason)
        if found.state is not TrialState.COMPLETED:
            raise SimulatorError(found.reason)
        return LayerFigures(found.metrics["energy_pj"], found.metrics["latency_cycles"])

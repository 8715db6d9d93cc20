"""An installed Timeloop as simulator: our mappings in its files, its answer in our terms.

Timeloop (Parashar et al., ISPASS 2019; NVlabs/timeloop) is no Python package: ``timeloop-model``
has to be built and on PATH, or its path be given. Energies per action are ours and link transfers
are switched off: under these settings version 3.0.3 counts as ``docs/counting-rules.md`` says, and
`relative_differences` should be rounding.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bohwsw.arch import Architecture
from bohwsw.codesign.design import Design, Rejection
from bohwsw.mapping.nest import Mapping as Nest
from bohwsw.plugins.timeloop_files import (
    STATS_FILE,
    TimeloopError,
    TimeloopResult,
    input_files,
    read_stats,
)
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.evaluation import Evaluation
from bohwsw.study.command_evaluator import CommandError, check_seconds, checked_command, run
from bohwsw.study.evaluator import Infeasible
from bohwsw.workload import Layer

ENVIRONMENT = {"TIMELOOP_DISABLE_LINK_TRANSFERS": "1"}
HOW_TO_GET_IT = (
    "timeloop-model, built from github.com/NVlabs/timeloop (it is no Python package): on PATH, or"
    " its path as `command`"
)


class RejectedMappingError(TimeloopError):
    """Timeloop says that a mapping does not fit the machine."""


@dataclass(frozen=True)
class Timeloop:
    """An installed Timeloop.

    Attributes:
        command: the program, perhaps with arguments; the names of the input files come after it.
        seconds: time-out of one mapping.

    Raises:
        SpecError: there is no such program.
    """

    command: str | Sequence[str] = "timeloop-model"
    seconds: float = 600.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "command", checked_command(self.command, HOW_TO_GET_IT))
        check_seconds(self.seconds)

    def evaluate(
        self, layer: Layer, architecture: Architecture, mapping: Nest, costs: Costs
    ) -> TimeloopResult:
        """Evaluate one mapping.

        Raises:
            SpecError: Timeloop's files cannot express the mapping; see `input_files`.
            RejectedMappingError: it does not fit the machine.
            TimeloopError: anything else went wrong.
        """
        files = input_files(layer, architecture, mapping, costs)
        with tempfile.TemporaryDirectory(prefix="bohwsw-") as folder:
            for name, data in files.items():
                text = yaml.safe_dump(data, sort_keys=False)
                Path(folder, name).write_text(text, encoding="utf-8")
            try:
                command = [*self.command, *files]
                ended = run(command, folder, seconds=self.seconds, environment=ENVIRONMENT)
            except CommandError as error:
                raise TimeloopError(str(error)) from error
            if ended.code != 0:
                rejected = re.search(r"couldn't map level .*", ended.stderr)
                if rejected:
                    raise RejectedMappingError(f"layer {layer.name!r}: Timeloop {rejected[0]}")
                raise TimeloopError(f"layer {layer.name!r}: Timeloop {ended.complaint}")
            try:
                stats = Path(folder, STATS_FILE).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise TimeloopError(f"{STATS_FILE} cannot be read: {error}") from error
        return read_stats(stats, architecture.depth)

    def evaluate_design(self, design: Design) -> dict[str, float]:
        """Energy, cycles and their product of a whole network, every layer evaluated by Timeloop.

        Raises:
            SpecError, RejectedMappingError, TimeloopError: see `evaluate`.
        """
        hardware, energy_pj, latency_cycles = design.hardware, 0.0, 0
        for mapped in design.layers:
            entry = mapped.entry
            result = self.evaluate(
                entry.layer, hardware.architecture, mapped.mapping, hardware.costs
            )
            energy_pj += entry.count * result.energy_pj
            latency_cycles += entry.count * result.latency_cycles
        return {
            "energy_pj": energy_pj,
            "latency_cycles": float(latency_cycles),
            "edp_pj_cycles": energy_pj * latency_cycles,
        }


@dataclass(frozen=True)
class TimeloopEvaluator:
    """An evaluator: parameters become a mapped design, Timeloop says what it costs.

    It measures ``energy_pj``, ``latency_cycles``, ``edp_pj_cycles`` and, where the technology
    knows it, ``area_mm2``. It can be pickled if ``designer`` can.

    Attributes:
        designer: parameters to a design, or to why there is none; such as
            ``lambda point: problem.map_network(space.hardware(point))``.
        timeloop: what evaluates the layers.
    """

    designer: Callable[[Mapping[str, Any]], Design | Rejection]
    timeloop: Timeloop

    def __call__(self, parameters: Mapping[str, Any]) -> dict[str, float]:
        """The measured values.

        Raises:
            Infeasible: there is no design, or Timeloop says that a mapping does not fit.
            TimeloopError: it broke.
        """
        design = self.designer(parameters)
        if isinstance(design, Rejection):
            raise Infeasible(design.reason)
        try:
            measured = self.timeloop.evaluate_design(design)
        except RejectedMappingError as error:
            raise Infeasible(str(error)) from error
        return measured if design.area_mm2 is None else {**measured, "area_mm2": design.area_mm2}


def relative_differences(result: TimeloopResult, evaluation: Evaluation) -> dict[str, float]:
    """How far Timeloop's answer is from our simulator's, as shares of ours; 0 is equal.

    Args:
        result: Timeloop's answer.
        evaluation: ours for the same mapping; valid.

    Returns:
        ``energy_pj``, ``latency_cycles``, ``edp_pj_cycles`` and the energy of each level by name.
    """
    pairs = {
        key: (getattr(result, key), getattr(evaluation, key) or 0.0)
        for key in ("energy_pj", "latency_cycles", "edp_pj_cycles")
    }
    for level, theirs in zip(evaluation.levels, result.level_energy_pj, strict=True):
        pairs[level.name] = (theirs, level.energy_pj)
    return {
        name: 0.0 if theirs == ours else (theirs - ours) / ours if ours else math.inf
        for name, (theirs, ours) in pairs.items()
    }

"""The co-design problem for one network and one objective, the simplest case of `ChipProblem`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bohwsw.checks import MOST_THREADS, set_whole
from bohwsw.codesign.chip_problem import ChipProblem
from bohwsw.codesign.design import Design, Rejection
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.network_task import NetworkTask
from bohwsw.codesign.recipe import Recipe, best_recipe
from bohwsw.codesign.suite import Suite
from bohwsw.codesign.warm_starts import NONE, WarmStarts
from bohwsw.mapper.mapper import Objective
from bohwsw.mapper.network_mapper import NetworkProgress
from bohwsw.space import Value
from bohwsw.strategies.outcome import Outcome
from bohwsw.workload import Network

__all__ = ["CodesignProblem", "Rejection"]


@dataclass(frozen=True)
class CodesignProblem:
    """Maps a network onto any machine of a space and scores the result.

    The same mapper with the same budget and the same seeds serves every machine, the baseline
    included, so that differences are differences of machines; but for those of an opening, see
    ``at``, and those that promise too little, see ``FirstLook``.

    Attributes:
        hardware_space: the machines.
        network: the layers.
        objective: what to minimise, over the whole network.
        recipe: the inner search, its budget, and how the best machines are mapped at the end.
        seed: of the inner searches.
        threads: how many; the results do not depend on it.
    """

    hardware_space: HardwareSpace
    network: Network
    objective: Objective = "edp"
    recipe: Recipe = field(default_factory=best_recipe)
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        set_whole(self, ("seed",), least=0, problem="not a seed")
        set_whole(self, ("threads",), MOST_THREADS, problem="not a number of threads")

    @property
    def chip_problem(self) -> ChipProblem:
        """The same problem, as one with a single network and a single objective."""
        return ChipProblem(
            self.hardware_space,
            Suite((self.network,)),
            (self.objective,),
            self.recipe,
            self.seed,
            self.threads,
        )

    def at(self, trial: int) -> CodesignProblem:
        """The problem with the inner search that serves a machine, counted from 0."""
        return replace(self, recipe=self.recipe.at(trial))

    def evaluate(
        self,
        point: Mapping[str, Value],
        warm_starts: WarmStarts = NONE,
        best: float = math.inf,
    ) -> tuple[Outcome, Design | Rejection]:
        """Score one machine; what it cannot do is an outcome, not an error.

        Args:
            point: the machine.
            warm_starts: mappings to start from, see ``MappingMemory``.
            best: least objective, as outcomes have it, of the machines before; see ``FirstLook``.

        Returns:
            The outcome, its objective the natural logarithm of the network's, and the design, or
            why there is none.
        """
        outcome, found = self.chip_problem.evaluate(point, warm_starts, best)
        return outcome, found if isinstance(found, Rejection) else found.designs[0]

    def map_finally(self, hardware: Hardware) -> Design | Rejection:
        """Map the network as the recipe maps the best machines, and the baseline, at the end."""
        return self._task.map_finally(hardware)

    def map_network(self, hardware: Hardware) -> Design | Rejection:
        """Map every unique layer onto a machine by the recipe's inner search."""
        return self._task.map_network(hardware)

    def map_together(
        self,
        hardware: Hardware,
        *,
        gap: float,
        seconds: float = math.inf,
        imperfect: bool = False,
        progress: NetworkProgress | None = None,
    ) -> Design | Rejection:
        """Map the network as a whole; see ``NetworkTask.map_together``."""
        return self._task.map_together(
            hardware, gap=gap, seconds=seconds, imperfect=imperfect, progress=progress
        )

    @property
    def _task(self) -> NetworkTask:
        return NetworkTask(self.network, self.objective, self.recipe, self.seed, self.threads)

"""What a search over hardware and mappings looks like to the benchmarks, and the nested ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.edp.case import Case
from bohwsw.codesign import Design, Problem, Recipe, best_recipe, paper_recipe
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.mapping_search import NO_STARTS
from bohwsw.strategies import SpaceExhaustedError

TRIALS, MAPPINGS = 50, 250
"""The paper's budget: machines, and mappings for each layer on each machine."""


@dataclass(frozen=True)
class Step:
    """A machine tried.

    Attributes:
        edp_pj_cycles: of the network on it, as mapped; None where it could not be mapped.
        evaluations: layers simulated under some mapping so far, in the whole search.
        cpu_seconds: so far.
    """

    edp_pj_cycles: float | None
    evaluations: int
    cpu_seconds: float


Contender = Callable[[Case, int, int], list[Step]]
"""A search: takes a case, a seed and how many machines to try; nested searches get ``MAPPINGS``
mappings a layer and machine unless they need fewer."""


def nested(recipe: Recipe) -> Contender:
    """A recipe's search, without the mappings at its end."""

    def search(case: Case, seed: int, trials: int) -> list[Step]:
        space = case.hardware_space()
        problem = Problem(space, case.network(), recipe=recipe, seed=seed)
        proposals = problem.searcher()
        memory = problem.mapping_memory()
        steps: list[Step] = []
        evaluations = 0
        started = time.process_time()
        while len(steps) < trials:
            try:
                point = proposals.ask()[0]
            except SpaceExhaustedError:
                break
            starts = memory.warm_starts(point) if recipe.warm_starts else NO_STARTS
            outcome, found = problem.at(len(steps)).evaluate(point, starts)
            proposals.tell(point, outcome)
            if isinstance(found, Design):
                memory.add(point, found.mappings(), outcome.objective)
            edp = found.edp_pj_cycles if isinstance(found, Design) else None
            evaluations += found.evaluations if isinstance(found, Design) else 0
            steps.append(Step(edp, evaluations, time.process_time() - started))
        return steps

    return search


def random_recipe() -> Recipe:
    """Random machines, random mappings."""
    mapper = RandomMapper()
    return replace(
        paper_recipe(), name="random", strategy="random", mapper=mapper, options={}, features=False
    )


NESTED: dict[str, Contender] = {
    "best": nested(best_recipe()),
    "paper": nested(paper_recipe()),
    "random": nested(random_recipe()),
}

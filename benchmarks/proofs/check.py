"""What a mapper claims of a problem, against the least of all its mappings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.proofs.brute_force import Point, best, pareto
from benchmarks.proofs.problems import Problem
from benchmarks.proofs.rules import cost, violations
from benchmarks.proofs.translation import costs, map_space, plain_mapping
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.mapper import Objective

ROUNDING = 1e-9


@dataclass(frozen=True)
class Failure:
    """A claim that does not hold.

    Attributes:
        kind: ``bound`` (above the optimum), ``value`` (a result worse than the optimum that is
            called optimal), ``cost`` (the package prices the mapping otherwise), ``invalid`` (its
            mapping breaks a rule), ``below`` (it beats all mappings) or ``empty`` (one of both
            finds no valid mapping).
        excess: by which share.
        details: all that is needed to look into it.
    """

    kind: str
    excess: float
    details: dict[str, Any]


def check_mapper(problem: Problem, objective: Objective, exact: bool = True) -> Failure | None:
    """Search from one random mapping and compare.

    Args:
        problem: what to map.
        objective: what to make least.
        exact: whether the result has to be optimal, not the bound valid alone.
    """
    return compare(
        problem, objective, pareto(problem.layer, problem.machine, problem.limits), exact
    )


def compare(
    problem: Problem, objective: Objective, front: list[Point], exact: bool = True
) -> Failure | None:
    """The same against a Pareto front that is known."""
    details: dict[str, Any] = {"problem": problem, "objective": objective}
    try:
        mapper = BranchAndBoundMapper(gap=0.0, start_evaluations=1)
        space = map_space(problem)
        found = mapper.search(space, costs(problem.machine), objective=objective)
    except (NoValidMappingError, SpecError) as error:
        if not front:
            return None
        return Failure("empty", 0.0, details | {"error": str(error), "optimum": front[0]})
    mapping, bound = plain_mapping(found.mapping), found.lower_bound
    broken = violations(problem.layer, problem.machine, mapping)
    details |= {"mapping": mapping, "bound": bound, "gap": found.gap, "violations": broken}
    if broken:
        return Failure("invalid", 0.0, details)
    if not front:
        return Failure("empty", 0.0, details)
    energy, cycles, _ = cost(problem.layer, problem.machine, mapping)
    value, theirs = Point(energy, cycles, mapping).value(objective), float(found.trace[-1])
    optimum = best(front, objective)
    least = optimum.value(objective)
    details |= {"value": value, "least": least, "optimum": optimum.mapping}
    margin = ROUNDING * least
    if abs(theirs - value) > margin:
        return Failure("cost", theirs / value - 1.0, details)
    if value < least - margin:
        return Failure("below", value / least - 1.0, details)
    if bound > least + margin:
        return Failure("bound", bound / least - 1.0, details)
    if exact and value > least + margin:
        return Failure("value", value / least - 1.0, details)
    return None

"""All checks on many seeds, and what failed, in full, so that it can be run again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, get_args

from benchmarks.command import Log, Results, heading, table
from benchmarks.proofs.brute_force import pareto
from benchmarks.proofs.check import Failure, compare
from benchmarks.proofs.machine_spaces import (
    check_machine_space,
    least_of_machines,
    random_machine_space,
)
from benchmarks.proofs.networks import check_network, random_network
from benchmarks.proofs.problems import random_problem, sequential_problem
from benchmarks.proofs.wide_spaces import wide_claims
from benchmarks.provenance import head
from bohwsw.mapper.mapper import Objective

OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
HOPS_EVERY, LARGE_EVERY = 10, 4
"""One problem in so many has networks that cost something; one in so many is not tiny."""


def mapper_claims(seed: int) -> Iterator[Failure | None]:
    """One problem. Where hops cost something only the bound is claimed, not the optimum."""
    hops = seed % HOPS_EVERY == HOPS_EVERY - 1
    problem = random_problem(seed, hops=hops, tiny=seed % LARGE_EVERY > 0)
    front = pareto(problem.layer, problem.machine, problem.limits)
    return (compare(problem, objective, front, exact=not hops) for objective in OBJECTIVES)


def sequential_claims(seed: int) -> Iterator[Failure | None]:
    """One problem in which the steps of a dimension wait for one another."""
    problem = sequential_problem(seed)
    front = pareto(problem.layer, problem.machine, problem.limits)
    return (compare(problem, objective, front) for objective in OBJECTIVES)


def padded_claims(seed: int) -> Iterator[Failure | None]:
    """One problem in which the layer says the true extents of its Inputs."""
    problem = random_problem(seed, tiny=seed % LARGE_EVERY > 0, padded=True)
    front = pareto(problem.layer, problem.machine, problem.limits)
    return (compare(problem, objective, front) for objective in OBJECTIVES)


def network_claims(seed: int) -> Iterator[Failure | None]:
    """One network."""
    network = random_network(seed)
    return (check_network(network, objective) for objective in OBJECTIVES)


def machine_space_claims(seed: int) -> Iterator[Failure | None]:
    """One space of machines."""
    space = random_machine_space(seed)
    reached = least_of_machines(space)
    return (check_machine_space(space, objective, reached) for objective in OBJECTIVES)


CHECKS: dict[str, tuple[Callable[[int], Iterator[Failure | None]], int]] = {
    "mapper": (mapper_claims, 1),
    "sequential": (sequential_claims, 1),
    "padded": (padded_claims, 1),
    "networks": (network_claims, 10),
    "machine-spaces": (machine_space_claims, 10),
    "wide-spaces": (wide_claims, 10),
}
"""Each check, and how many times fewer cases it has than the first."""


def run(
    quick: bool, log: Log, *, cases: int, seed: int, checks: Sequence[str] = tuple(CHECKS)
) -> Results:
    """Run the checks on as many seeds as there are cases."""
    rows, failures = [], []
    for name in checks:
        claims_of, rarer = CHECKS[name]
        claims, excess = 0, []
        seeds = range(seed, seed + max(1, cases // rarer))
        for number in seeds:
            for failure in claims_of(number):
                claims += 1
                if failure is not None:
                    case = {"check": name, "seed": number, **plain(failure)}
                    failures.append(case)
                    excess.append(abs(failure.excess))
                    log(f"{name}, seed {number}: {failure.kind}, {failure.excess:+.3%}\n  {case}")
            if (number - seed + 1) % 100 == 0:
                log(f"{name}: {number - seed + 1} of {len(seeds)} cases, {len(excess)} failures")
        rows.append(
            {
                "check": name,
                "cases": len(seeds),
                "claims": claims,
                "failures": len(excess),
                "worst_percent": 100.0 * max(excess, default=0.0),
            }
        )
    return {
        **head("proofs", quick),
        "seed": seed,
        "rows": rows,
        "failures": failures,
    }


def plain(value: Any) -> Any:
    """Data that JSON can hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        return value.item()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "check": "Check",
        "cases": "Cases",
        "claims": "Claims",
        "failures": "Failures",
        "worst_percent": "Worst, %|.3g",
    }
    page = heading("Proofs against a brute force", results) + f"- first seed: {results['seed']}\n\n"
    page += (
        "A claim is a bound, an optimum and a price of one objective. Searches start from one\n"
        "random mapping. A case runs again with `--checks CHECK --seed SEED --cases 1`.\n\n"
    )
    page += table(results["rows"], columns)
    for case in results["failures"]:
        page += f"\n- {case}\n"
    return page

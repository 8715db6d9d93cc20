"""Every machine of the reduced space, mapped: the optimum that regret is measured against.

In two passes. First each machine's network is mapped until it is proven to be within 5 % of its
optimum there. Then every machine that is not proven to be 5 % worse than the best is mapped to
within 0.2 %. So the best machine is known, and so is the distance of those near it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.command import Log
from benchmarks.edp.reduced_space import machines, network, reduced_space
from benchmarks.processes import run_each
from bohwsw.codesign.design import Design
from bohwsw.codesign.problem import CodesignProblem
from bohwsw.codesign.recipe import best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper

COARSE, FINE, WORSE = 0.05, 0.002, 0.05
"""Gaps of the two passes, and what must be proven of a machine that the second leaves out."""

START_EVALUATIONS = 50


@dataclass(frozen=True)
class Machine:
    """A machine to map a network onto.

    Attributes:
        network: the network's name.
        number: position of the machine among all points of the space.
        gap: to prove for each layer.
    """

    network: str
    number: int
    gap: float


@dataclass(frozen=True)
class Solved:
    """What it came to.

    Attributes:
        machine: which one.
        edp_pj_cycles: of the network; None where it cannot be mapped.
        bound_edp_pj_cycles: no mappings on this machine give less; None where there are none.
        reason: why it cannot be mapped.
    """

    machine: Machine
    edp_pj_cycles: float | None
    bound_edp_pj_cycles: float | None
    reason: str | None


def solve(machine: Machine) -> Solved:
    """Map the network onto one machine."""
    mapper = BranchAndBoundMapper(gap=machine.gap, start_evaluations=START_EVALUATIONS)
    recipe = replace(best_recipe(), mapper=mapper)
    problem = CodesignProblem(reduced_space(), network(machine.network), recipe=recipe)
    result = problem.map_network(reduced_space().hardware(machines()[machine.number]))
    if isinstance(result, Design):
        return Solved(machine, result.edp_pj_cycles, result.lower_bound, None)
    return Solved(machine, None, None, result.reason)


def enumerate_space(name: str, path: Path, log: Log) -> list[Solved]:
    """All machines of the space, in their order; those that a file holds are not mapped again.

    Args:
        name: the network.
        path: JSON lines, one a machine and pass.
        log: told how far it is.
    """
    count = len(machines())
    _solve_all([Machine(name, number, COARSE) for number in range(count)], path, log)
    found = best_of_each(name, path)
    best = min(x.edp_pj_cycles for x in found.values() if x.edp_pj_cycles is not None)
    near = [
        Machine(name, number, FINE)
        for number, x in found.items()
        if (x.bound_edp_pj_cycles or math.inf) < best * (1 + WORSE)
    ]
    log(f"{name}: {len(near)} of {count} machines may be within {WORSE:.0%} of the best")
    _solve_all(near, path, log)
    return [x for _, x in sorted(best_of_each(name, path).items())]


def best_of_each(name: str, path: Path) -> dict[int, Solved]:
    """By number of the machine, what was found with the smallest gap."""
    found: dict[int, Solved] = {}
    for solved in sorted(_stored(path), key=lambda x: -x.machine.gap):
        if solved.machine.network == name:
            found[solved.machine.number] = solved
    return found


def _solve_all(tasks: list[Machine], path: Path, log: Log) -> None:
    known = {solved.machine for solved in _stored(path)}
    left = [task for task in tasks if task not in known]
    for done, solved in enumerate(run_each(solve, left), 1):
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(solved)) + "\n")
        if done % 100 == 0 or done == len(left):
            log(f"{solved.machine.network}: {done} of {len(left)} machines")


def _stored(path: Path) -> Iterator[Solved]:
    """The machines in a file; a line that was cut off when the run was killed is passed over."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield Solved(**{**entry, "machine": Machine(**entry["machine"])})

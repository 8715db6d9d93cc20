"""``python -m benchmarks.edp.enumeration``: every machine of the reduced space, mapped.

In two passes. First each layer is mapped onto each machine until it is proven to be within 5 % of
its optimum there. Then the machines that may be better than the best so far are mapped to within
1 %. The result, ``machines.csv``, is kept beside this file; it takes an hour on two cores.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.command import Log
from benchmarks.edp.reduced_space import machines, network, reduced_space
from benchmarks.processes import run_each
from benchmarks.records import append_record, read_records
from bohwsw.atomicfile import atomic_write
from bohwsw.codesign import Design, Problem, best_recipe
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper

COARSE, FINE = 0.05, 0.01
"""Gaps of the two passes."""

TABLE = Path(__file__).with_name("machines.csv")
NETWORKS = ("dqn", "resnet18")

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
    """

    machine: Machine
    edp_pj_cycles: float | None
    bound_edp_pj_cycles: float | None


def solve(machine: Machine) -> Solved:
    """Map the network onto one machine."""
    mapper = BranchAndBoundMapper(gap=machine.gap, start_evaluations=START_EVALUATIONS)
    recipe = replace(best_recipe(), mapper=mapper)
    problem = Problem(reduced_space(), network(machine.network), recipe=recipe)
    result = problem.map_networks(reduced_space().hardware(machines()[machine.number]))
    if isinstance(result, Design):
        return Solved(machine, result.edp_pj_cycles, result.lower_bound)
    return Solved(machine, None, None)


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
        if (x.bound_edp_pj_cycles or math.inf) < best and x.machine.gap > FINE
    ]
    log(f"{name}: {len(near)} of {count} machines may be better than the best so far")
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
        append_record(path, asdict(solved))
        if done % 100 == 0 or done == len(left):
            log(f"{solved.machine.network}: {done} of {len(left)} machines")


def _stored(path: Path) -> Iterator[Solved]:
    """The machines in a file."""
    for entry in read_records(path):
        machine = Machine(**entry["machine"])
        yield Solved(machine, entry["edp_pj_cycles"], entry["bound_edp_pj_cycles"])


def write_table(solved: Iterable[Solved], path: Path = TABLE) -> None:
    """The machines as CSV; empty figures where a machine cannot run the network."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["network", "machine", "gap", "edp_pj_cycles", "bound_edp_pj_cycles"])
    for x in solved:
        figures = [x.edp_pj_cycles, x.bound_edp_pj_cycles]
        rows.writerow(
            [*asdict(x.machine).values()] + ["" if v is None else f"{v:.8g}" for v in figures]
        )
    atomic_write(path, text.getvalue())


def read_table(name: str, path: Path = TABLE) -> list[Solved]:
    """The machines of one network, in the order of the space."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Solved(
                Machine(name, int(row["machine"]), float(row["gap"])),
                float(row["edp_pj_cycles"]) if row["edp_pj_cycles"] else None,
                float(row["bound_edp_pj_cycles"]) if row["bound_edp_pj_cycles"] else None,
            )
            for row in csv.DictReader(file)
            if row["network"] == name
        ]


def main() -> int:
    """Solve what is not in ``results/edp-machines.jsonl`` yet, and write the table."""
    store = Path("results/edp-machines.jsonl")
    store.parent.mkdir(parents=True, exist_ok=True)
    write_table(x for name in NETWORKS for x in enumerate_space(name, store, print))
    return 0


if __name__ == "__main__":
    sys.exit(main())

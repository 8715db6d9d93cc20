"""The command that puts proofs to the test: what it reports, and its exit code."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.proofs import command, runner
from benchmarks.proofs.brute_force import Point, best, pareto
from benchmarks.proofs.check import Failure, compare
from benchmarks.proofs.machine_spaces import check_machine_space, random_machine_space
from benchmarks.proofs.networks import Network, check_network, random_network
from benchmarks.proofs.problems import random_problem
from benchmarks.proofs.rules import DIMS, cost, violations


def test_claims_that_hold(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--json", "--cases", "2", "--seed", "3", "--checks", "mapper"]
    assert command.main(arguments) == 0
    results = json.loads(capsys.readouterr().out)
    assert results["failures"] == []
    (row,) = results["rows"]
    assert (row["cases"], row["claims"], row["failures"]) == (2, 6, 0)


def test_a_claim_that_fails_is_told_in_full(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_problem(1, hops=True)

    def claims(seed: int) -> Iterator[Failure | None]:
        details = {"problem": problem, "bound": np.float64(2.5), "gap": math.inf}
        yield None
        yield Failure("bound", 0.25, details)

    monkeypatch.setitem(runner.CHECKS, "mapper", (claims, 1))
    arguments = ["--cases", "1", "--seed", "7", "--checks", "mapper"]
    assert command.main([*arguments, "--json"]) == 1
    shown = capsys.readouterr()
    (case,) = json.loads(shown.out)["failures"]
    assert (case["check"], case["seed"], case["kind"]) == ("mapper", 7, "bound")
    assert case["details"]["problem"]["layer"] == problem.layer
    assert (case["details"]["bound"], case["details"]["gap"]) == (2.5, "inf")
    assert "mapper, seed 7: bound, +25.000%" in shown.err
    assert command.main(arguments) == 1
    assert "| mapper | 1 | 2 | 1 | 25 |" in capsys.readouterr().out


def shifted(front: list[Point], by: float) -> list[Point]:
    return [Point(p.energy * by, math.floor(p.cycles * by), p.mapping) for p in front]


def test_checks_see_a_wrong_optimum() -> None:
    """An optimum moved a little either way is a bound above it, or a result that misses it."""
    problem = random_problem(2, "coincidence", tiny=True)
    front = pareto(problem.layer, problem.machine, problem.limits)
    kinds = []
    for by in (0.999, 1.001):
        failure = compare(problem, "energy", shifted(front, by))
        assert failure is not None
        kinds.append(failure.kind)
    assert kinds == ["bound", "below"]
    given = random_network(1)
    network = Network(given.machine, given.layers, given.counts, shifted(given.front, 0.999))
    failure = check_network(network, "energy")
    assert failure is not None
    assert failure.kind == "bound"
    failure = check_machine_space(random_machine_space(1), "energy", [Point(1e-3, 1, [])])
    assert failure is not None
    assert failure.kind == "bound"


@pytest.mark.parametrize("seed", range(12))
def test_orders_of_the_innermost_level_move_nothing(seed: int) -> None:
    """The one short cut of the brute force; and each point is what its mapping costs."""
    problem = random_problem(seed, "coincidence", hops=seed % 2 == 0, tiny=True)
    given = problem.layer, problem.machine
    points = pareto(*given, problem.limits)
    if math.prod(problem.layer[dim] for dim in DIMS) <= 12:
        every = pareto(*given, problem.limits, fully=True)
        assert [point[:2] for point in every] == [point[:2] for point in points]
    for point in points:
        energy, cycles, _ = cost(*given, point.mapping, plainly=True)
        assert not violations(*given, point.mapping)
        assert (energy, cycles) == (pytest.approx(point.energy), point.cycles)
    assert best(points, "latency").cycles == min(point.cycles for point in points)

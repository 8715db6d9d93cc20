"""What branch and bound proves, against a brute force that shares no code with the package.

``python -m benchmarks.proofs`` does the same on thousands of cases.
"""

from __future__ import annotations

import pytest

from benchmarks.proofs.brute_force import OBJECTIVES, Restrictions, best, pareto
from benchmarks.proofs.check import compare
from benchmarks.proofs.networks import check_network, random_network
from benchmarks.proofs.problems import KINDS, Problem, random_problem, sequential_problem
from benchmarks.proofs.rules import DIMS, SPACES, Machine

CASES = {"coincidence": 50, "slide": 25, "general": 25}
BLOCK = 5


def window(sizes: dict[str, int], **steps: int) -> dict[str, int]:
    single = dict.fromkeys(("stride_w", "stride_h", "dilation_w", "dilation_h"), 1)
    return dict.fromkeys(DIMS, 1) | single | sizes | steps


def storage(
    entries: int | None, read: float, fill: float, update: float, **other: object
) -> dict[str, object]:
    plain = {"block": 1, "read_bw": None, "write_bw": None, "fan_x": 1, "fan_y": 1, "hop": 0.0}
    prices = {"read": read, "fill": fill, "update": update}
    return {"entries": entries, "keeps": frozenset(SPACES), **plain, **prices, **other}


def machine(mac: float, *levels: dict[str, object]) -> Machine:
    return {"levels": list(levels), "mac": mac}


SMALLEST = (
    window({"K": 2, "P": 2, "R": 2}),
    machine(0.5, storage(None, 10.0, 1.0, 1.0), storage(1, 1.0, 0.0, 0.0)),
)
KNOWN = {
    "outputs return as the filter advances": SMALLEST,
    "the other axis, the filter outside": (
        window({"K": 2, "Q": 2, "S": 3}),
        machine(0.0, storage(None, 1.0, 0.0, 0.0), storage(1, 0.0, 0.0, 1.0)),
    ),
    "cycles, by the write bandwidth": (
        window({"K": 2, "Q": 2, "S": 4}, stride_h=3, dilation_h=3),
        machine(
            0.5,
            storage(None, 1.0, 0.0, 1.0),
            storage(1, 0.3, 0.03, 0.3, write_bw=0.3, keeps=frozenset({"Inputs", "Outputs"})),
        ),
    ),
    "a filter of one, most of what it reaches over is padding": (
        window({"C": 2, "P": 4}, input_width=2),
        machine(
            0.5,
            storage(None, 10.0, 1.0, 1.0),
            storage(1, 1.0, 0.0, 0.0, keeps=frozenset({"Inputs"})),
        ),
    ),
    "as high as wide, but for the padding": (
        window({"K": 2, "P": 2, "Q": 2, "R": 2, "S": 2}, input_width=1),
        machine(0.5, storage(None, 10.0, 1.0, 1.0, fan_x=2), storage(2, 1.0, 0.0, 0.0)),
    ),
    "part of what reuses the tile is spatial": (
        window({"K": 4, "P": 2, "R": 3}, stride_w=3, dilation_w=3),
        machine(0.5, storage(None, 10.0, 1.0, 1.0), storage(1, 0.1, 0.01, 0.25, fan_x=2)),
    ),
}


def check(problem: Problem, exact: bool = True) -> None:
    front = pareto(problem.layer, problem.machine, problem.limits)
    failures = [compare(problem, objective, front, exact) for objective in OBJECTIVES]
    assert failures == [None] * len(OBJECTIVES)


def test_the_least_of_the_smallest_coincidence() -> None:
    """By hand: DRAM loops P, R, K outermost first; the buffer keeps Inputs."""
    optimum = best(pareto(*SMALLEST), "energy")
    assert optimum.energy == pytest.approx(170.0)
    assert [dim for dim, _ in optimum.mapping[0]["temporal"]] == ["P", "R", "K"]


@pytest.mark.parametrize("name", KNOWN)
def test_steps_that_cancel(name: str) -> None:
    layer, plain = KNOWN[name]
    free: Restrictions = [{} for _ in plain["levels"]]
    check(Problem(name, layer, plain, list(free)))


@pytest.mark.parametrize(
    ("kind", "first"), [(kind, n) for kind, cases in CASES.items() for n in range(0, cases, BLOCK)]
)
def test_bound_and_optimum(kind: str, first: int) -> None:
    for seed in range(first, first + BLOCK):
        check(random_problem(seed, kind, tiny=True))


@pytest.mark.parametrize("kind", KINDS)
def test_bound_and_optimum_where_layers_say_their_bits(kind: str) -> None:
    for seed in range(12):
        check(random_problem(seed, kind, tiny=True, says_bits=True))


@pytest.mark.parametrize("kind", KINDS)
def test_bound_and_optimum_where_layers_say_what_is_no_padding(kind: str) -> None:
    for seed in range(8):
        check(random_problem(seed, kind, tiny=True, padded=True))


def test_bound_and_optimum_where_steps_wait_for_one_another() -> None:
    for seed in range(16):
        check(sequential_problem(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_bound_where_hops_cost_something(kind: str) -> None:
    for seed in range(5):
        check(random_problem(seed, kind, tiny=True, hops=True), exact=False)


@pytest.mark.parametrize("seed", [*range(4), 12])
def test_networks(seed: int) -> None:
    """Bounds and optima over all combinations of mappings of two or three layers."""
    network = random_network(seed)
    assert len(network.front) >= 10
    assert [check_network(network, objective) for objective in OBJECTIVES] == [None] * 3

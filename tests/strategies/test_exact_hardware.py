"""Networks by rank, each on the hardware that is solved for it."""

from __future__ import annotations

import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Space
from bohwsw.strategies import Outcome, TrialState, strategy
from bohwsw.strategies.published.exact_hardware import ExactHardwareStrategy
from bohwsw.testing import StrategyConformance

SPACE = Space(
    [*(Categorical(f"layer_{k}", ["a", "b", "c"]) for k in range(5)), Integer("pes", 1, 40)]
)


class TestExactHardware(StrategyConformance):
    name = "exact_hardware"
    options = {"n_initial": 4}  # noqa: RUF012


def cost(network: dict[str, object]) -> int:
    return sum({"a": 1, "b": 2, "c": 9}[str(x)] for name, x in network.items() if name != "pes")


def solve(network: dict[str, object]) -> dict[str, int] | None:
    """As many PEs as it costs; none for more than 25."""
    return {"pes": cost(network)} if cost(network) <= 25 else None


def test_only_solved_hardware_is_suggested_and_good_networks_come_first() -> None:
    search = ExactHardwareStrategy(SPACE, 0, hardware=["pes"], solve=solve, n_initial=10)
    seen = []
    for _ in range(30):
        (point,) = search.ask()
        assert point["pes"] == cost(point) <= 25
        error = sum({"a": 5, "b": 2, "c": 0}[point[f"layer_{k}"]] * (k + 1) for k in range(5))
        seen.append(error)
        search.tell(point, Outcome(TrialState.COMPLETED, float(error)))
    # Two layers may be c; the last two, the others b.
    assert min(seen) == 2 * (1 + 2 + 3)
    assert sum(seen[10:]) / 20 < sum(seen[:10]) / 10
    assert len({tuple(told.point.values()) for told in search.history}) == 30
    assert search.solved < 3**5


def test_hardware_without_what_solves_it_is_refused() -> None:
    with pytest.raises(SpecError, match="nothing solves the hardware"):
        strategy("exact_hardware", SPACE, hardware=["pes"])
    with pytest.raises(SpecError, match="unknown parameter"):
        strategy("exact_hardware", SPACE, hardware=["pe"], solve=solve)

"""Where a budget went, by fidelity."""

import numpy as np
import pytest

from bohwsw.space import Ordinal, Real, Space
from bohwsw.strategies import BayesianStrategy, Fidelity, Outcome, explain_run
from bohwsw.strategies.fidelity import SpaceFidelity
from bohwsw.strategies.fidelity_budget import spending


def test_a_run_says_what_it_spent_and_what_tells_of_the_target():
    space = Space([Real("x", 0, 1), Ordinal("s", [1, 2, 4])])
    search = BayesianStrategy(space, fidelity=Fidelity({"s": 4}, "s"))
    for k, x in enumerate(np.linspace(0, 1, 12)):
        s = (1, 2, 4)[k % 3]
        search.tell({"x": float(x), "s": s}, Outcome("completed", np.sin(4 * x) + 3 / s))
    found = explain_run(search).fidelity
    assert [(level.fidelity["s"], level.trials, level.cost) for level in found.levels] == [
        (1, 4, 4.0),
        (2, 4, 8.0),
        (4, 4, 16.0),
    ]
    assert found.cost == 28.0
    far, near, same = (level.correlation for level in found.levels)
    assert 0.0 < far < near < same == pytest.approx(1.0)


def test_many_different_fidelities_are_counted_together():
    space = Space([Real("s", 0, 1)])
    bound = SpaceFidelity(Fidelity({"s": 1.0}, "1 + s"), space)
    found = spending(bound, [{"s": k / 99} for k in range(100)])
    assert len(found.levels) == 12
    assert sum(level.trials for level in found.levels) == 100
    assert found.levels[-1].fidelity == {"s": 1.0}
    assert spending(bound, []).levels == ()

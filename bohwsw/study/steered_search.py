"""A co-design search steered by a certificate: machines that cannot be the best are not tried."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from bohwsw.certificate import SpaceBound, require_boundable
from bohwsw.codesign import Problem
from bohwsw.errors import SpecError
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.codesign_search import CodesignSearch
from bohwsw.study.trial import Trial


class SteeredSearch(CodesignSearch):
    """Before a machine is mapped, it is asked what no mapping onto it can be below.

    Where that is above the best design so far, the trial ends as infeasible, with the reason, and
    takes milliseconds. After each trial the bound over the space is tightened by one step, and what
    is proven for a box of machines serves all of them.

    Raises:
        SpecError: there are several networks, or objectives, or no bound is known; see
            ``require_boundable``.
    """

    def __init__(self, problem: Problem, *others: Any) -> None:
        require_boundable(problem.hardware_space, problem.objectives)
        if not problem.networks.is_single:
            raise SpecError("only a search for one network can be steered by a bound")
        (network,) = problem.networks.networks
        space, objective = problem.hardware_space, problem.mapped_for
        self.bound = SpaceBound(space, network, objective=objective, maps=False)
        self.left_out = 0
        super().__init__(problem, *others)

    def _suggested(self, worker: str) -> Trial | None:
        while (trial := super()._suggested(worker)) is not None:
            if (best := self._best()) == math.inf:
                break
            self.bound.reached = math.exp(best)
            self.bound.advance()
            least = self.bound.least_at(trial.point)
            if least < self.bound.reached:
                break
            self.left_out += 1
            reason = f"no mapping is below {least:.4g}, and {self.bound.reached:.4g} is reached"
            outcome = Outcome(TrialState.INFEASIBLE, reason=reason)
            self._finish(trial, (replace(trial, outcome=outcome), None))
        return trial

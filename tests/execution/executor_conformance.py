"""What every executor must do for `run_asynchronously`: classes that the tests of each subclass."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from bohwsw.execution import Infeasible, RunStatistics, evaluate, failure, run_asynchronously
from bohwsw.strategies import Outcome, TrialState


def misbehave(parameters: dict[str, Any]) -> Any:
    """An evaluator that does what it is told."""
    match parameters["how"]:
        case "raises":
            raise ZeroDivisionError("by zero")
        case "exits":
            raise SystemExit("enough")
        case "infeasible":
            raise Infeasible("area: 9 > 4")
        case "nan":
            return math.nan
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)
    return {"objective": parameters.get("x", 0.0), "at_ns": time.perf_counter_ns()}


class ExecutorConformance:
    """Subclass it and override ``executor``."""

    def executor(self) -> AbstractContextManager[Executor | Callable[[], Executor]]:
        """An executor of at least two workers, or what makes it, for the length of a test."""
        raise NotImplementedError

    def outcomes(self, *inputs: dict[str, Any]) -> tuple[list[Outcome], RunStatistics]:
        """What comes of some inputs, evaluated two at a time."""
        proposals, found = iter(enumerate(inputs)), {}

        def finish(number: int, outcome: Outcome, seconds: float) -> None:
            assert number not in found, "an input has two outcomes"
            assert seconds >= 0.0
            found[number] = outcome

        with self.executor() as executor:
            statistics = run_asynchronously(
                executor,
                partial(evaluate, misbehave),
                lambda: next(proposals, None),
                finish,
                failure,
                parallelism=2,
            )
        assert sorted(found) == list(range(len(inputs))), "an input has no outcome"
        return [found[number] for number in sorted(found)], statistics

    def test_each_input_has_an_outcome_of_its_own_if_it_equals_another_as_well(self) -> None:
        outcomes, statistics = self.outcomes(*({"how": "works", "x": x // 2} for x in range(8)))
        assert [outcome.objective for outcome in outcomes] == [0, 0, 1, 1, 2, 2, 3, 3]
        assert len({outcome.metrics["at_ns"] for outcome in outcomes}) == 8
        assert (statistics.evaluations, statistics.parallelism) == (8, 2)
        assert statistics.utilisation > 0.0

    def test_what_an_evaluator_does_wrong_is_the_outcome_of_that_input(self) -> None:
        ways = ("raises", "exits", "infeasible", "nan", "works")
        outcomes, _ = self.outcomes(*({"how": how} for how in ways))
        states = [str(outcome.state) for outcome in outcomes]
        assert states == ["failed", "failed", "infeasible", "failed", "completed"]
        reasons = [outcome.reason or "" for outcome in outcomes]
        assert reasons[:3] == ["ZeroDivisionError: by zero", "SystemExit: enough", "area: 9 > 4"]
        assert "not finite" in reasons[3]


class ProcessExecutorConformance(ExecutorConformance):
    """The same for executors whose workers are other processes, which may die."""

    reason = ""
    """How the reason of an evaluation begins that no worker survives."""

    def test_an_evaluation_that_kills_its_worker_fails_alone(self) -> None:
        outcomes, _ = self.outcomes(
            *({"how": "dies" if x == 3 else "works", "x": x} for x in range(8))
        )
        lost = outcomes.pop(3)
        assert lost.state is TrialState.FAILED
        assert (lost.reason or "").startswith(self.reason)
        assert [outcome.objective for outcome in outcomes] == [0, 1, 2, 4, 5, 6, 7]

"""Sources that break, each in its way, are FAILED with their reason; the next is measured."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from bohwsw.accuracy import CallableSource, NotMeasurableError, measure
from bohwsw.execution import Infeasible, WorkerPool, evaluate, failure, run_asynchronously
from bohwsw.strategies import Outcome, TrialState

REASONS = {
    "raises": "ZeroDivisionError: division by zero",
    "hangs": "took longer than 2 s and was killed",
    "dies": "its worker was killed by SIGKILL",
    "nan": "got: nan expected: a finite number from 0 to 100",
    "too much": "got: 101.0 expected: a finite number from 0 to 100",
    "shape": "got: [1, 2, 3]",
    "nothing": "gave no valid figure",
    "other name": "expected: a value for this figure, too",
}


def broken(knobs: Mapping[str, Any]) -> Any:
    match knobs["how"]:
        case "raises":
            return 1 / 0
        case "hangs":
            time.sleep(60)
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        case "other name":
            return {"accuracy": 90.0}
    answers = {"nan": float("nan"), "too much": 101.0, "shape": [1, 2, 3], "well": 90.0}
    return answers.get(knobs["how"])


def measured(knobs: dict[str, Any]) -> dict[str, float]:
    if knobs["how"] == "cannot be built":
        raise Infeasible(str(NotMeasurableError("no channels")))
    return dict(measure(CallableSource(broken), knobs).figures)


def evaluated(knobs: dict[str, Any]) -> Outcome:
    return evaluate(measured, knobs)


def test_every_way_to_break_fails_with_its_reason_and_the_next_network_is_measured() -> None:
    ways = [*REASONS, "cannot be built", "well"]
    waiting, outcomes = list(ways), dict[str, Outcome]()
    run_asynchronously(
        lambda: WorkerPool(2, timeout_seconds=2.0),
        evaluated,
        lambda: ((way := waiting.pop(0)), {"how": way}) if waiting else None,
        lambda way, outcome, _: outcomes.update({str(way): outcome}),
        failure,
        parallelism=2,
    )
    for way, reason in REASONS.items():
        assert outcomes[way].state is TrialState.FAILED, way
        assert reason in str(outcomes[way].reason)
    assert outcomes["cannot be built"].state is TrialState.INFEASIBLE
    assert outcomes["well"].state is TrialState.COMPLETED
    assert outcomes["well"].metrics == {"accuracy_percent": 90.0}

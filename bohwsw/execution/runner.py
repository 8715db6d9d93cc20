"""Runners and metrics, as Ax has them: trials that run somewhere else and are asked how they are.

A runner starts a trial and says from time to time whether it has ended; metrics then fetch what it
measured. Those written for Ax work as they are.
"""

from __future__ import annotations

import math
import threading
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from bohwsw.checks import require_time_out, whole_number
from bohwsw.errors import SpecError
from bohwsw.execution.evaluator import failure
from bohwsw.strategies import Outcome, TrialState

POLL_BACKOFF = 1.5
"""How much longer the wait for the next poll is than the last one; as Ax has it."""
SHORTEST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.01, 60.0
"""Between two polls; the longest unless the first wait is longer."""


class TrialStatus(Enum):
    """What a runner may say of a trial; Ax's enum of that name does as well."""

    CANDIDATE = "candidate"
    STAGED = "staged"
    RUNNING = "running"
    COMPLETED = "completed"
    INFEASIBLE = "infeasible"
    FAILED = "failed"
    ABANDONED = "abandoned"
    EARLY_STOPPED = "early_stopped"


@runtime_checkable
class IRunner(Protocol):
    """Runs trials somewhere. Its methods are called one at a time, but not in the main thread.

    Whatever they raise makes the trial failed, except ``Infeasible``.
    """

    @abstractmethod
    def run_trial(self, trial_index: int, parameterization: Mapping[str, Any]) -> dict[str, Any]:
        """Start a trial; returns what the other methods and the metrics need to find it again."""

    @abstractmethod
    def poll_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> TrialStatus:
        """How the trial is."""

    def stop_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> dict[str, Any]:
        """End a trial that nobody waits for any more: time-out, or Ctrl-C."""
        return {}


@runtime_checkable
class IMetric(Protocol):
    """Fetches one measured value, by name, of a trial that has ended."""

    name: str

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def fetch(
        self, trial_index: int, trial_metadata: Mapping[str, Any]
    ) -> tuple[int, float | tuple[float, float]]:
        """A progression, which is not used, and the value: a number, or mean and standard error."""


class RunnerExecutor(ThreadPoolExecutor):
    """A thread for each trial that runs; `run_asynchronously` tells it when to stop them.

    A trial that takes longer than the time-out is stopped, and failed.
    """

    def __init__(
        self,
        runner: Any,
        metrics: Sequence[Any],
        parallelism: int,
        poll_seconds: float = 1.0,
        timeout_seconds: float | None = None,
    ) -> None:
        if not isinstance(poll_seconds, int | float) or not poll_seconds >= 0:
            raise SpecError(
                "not a time", key_path="initial_seconds_between_polls", got=poll_seconds
            )
        require_time_out("timeout_seconds", timeout_seconds)
        workers = whole_number("parallelism", parallelism, 1, 10_000)
        super().__init__(workers, thread_name_prefix="bohwsw-runner")
        self._runner, self._metrics = runner, list(metrics)
        self._poll_seconds = max(float(poll_seconds), SHORTEST_POLL_SECONDS)
        self._timeout_seconds = timeout_seconds or math.inf
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    def kill_workers(self) -> None:
        """Stop the trials that run, and start no more."""
        self._stopped.set()
        self.shutdown(wait=True, cancel_futures=True)

    def evaluate(self, trial: Mapping[str, Any]) -> Any:
        """An evaluator: runs a trial, with its number, to its end and fetches its values."""
        index = trial["trial_index"]
        with self._lock:
            metadata = self._runner.run_trial(index, dict(trial["parameterization"]))
        ended = self._wait_for_end(index, metadata)
        if isinstance(ended, Outcome):
            return ended
        with self._lock:
            return {metric.name: metric.fetch(index, metadata)[1] for metric in self._metrics}

    def _wait_for_end(self, index: int, metadata: Mapping[str, Any]) -> Outcome | None:
        """Wait until a trial has ended; its outcome, or None if it is in the metrics."""
        start, wait_seconds = time.monotonic(), self._poll_seconds
        while True:
            with self._lock:
                reported = self._runner.poll_trial(index, metadata)
            match status := getattr(reported, "name", None):
                case "COMPLETED":
                    return None
                case "INFEASIBLE" | "FAILED":
                    return Outcome(TrialState[status], reason=f"the runner says: {status}")
                case "ABANDONED" | "EARLY_STOPPED":
                    return Outcome(TrialState.ABANDONED, reason=f"the runner says: {status}")
                case "CANDIDATE" | "STAGED" | "RUNNING":
                    pass
                case _:
                    return failure(f"the runner says {reported!r}, which is not a TrialStatus")
            left = start + self._timeout_seconds - time.monotonic()
            if left <= 0 or self._stopped.wait(min(wait_seconds, left)):
                with self._lock, suppress(Exception):
                    self._runner.stop_trial(index, metadata)
                return failure(f"no end within {time.monotonic() - start:.3g} s; stopped")
            wait_seconds = min(
                wait_seconds * POLL_BACKOFF, max(LONGEST_POLL_SECONDS, self._poll_seconds)
            )


def require_runner(runner: Any) -> None:
    """Raise a SpecError unless this has the methods of an `IRunner`."""
    if not isinstance(runner, IRunner):
        raise SpecError(
            "not a runner",
            key_path="runner",
            got=runner,
            expected="run_trial(), poll_trial() and stop_trial()",
        )


def require_metrics(metrics: Any) -> None:
    """Raise a SpecError unless this is a list of what has name and method of an `IMetric`."""
    if not isinstance(metrics, Sequence):
        raise SpecError("not a list of metrics", key_path="metrics", got=metrics)
    for metric in metrics:
        if not isinstance(metric, IMetric) or not isinstance(metric.name, str):
            raise SpecError(
                "not a metric", key_path="metrics", got=metric, expected="a name and a fetch()"
            )

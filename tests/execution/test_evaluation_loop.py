"""Evaluations on executors of all kinds: free workers get work at once, deaths cost no result."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from executor_conformance import ExecutorConformance, ProcessExecutorConformance
from workers_work import parabola, wait_for_file, wait_until

from bohwsw.errors import SpecError
from bohwsw.execution.evaluation_loop import (
    ExecutorError,
    InProcessExecutor,
    RunStatistics,
    run_asynchronously,
)
from bohwsw.execution.evaluator import evaluate, failure
from bohwsw.execution.worker_pool import WorkerPool
from bohwsw.strategies import Outcome, TrialState

COMPLETED, FAILED = TrialState.COMPLETED, TrialState.FAILED


class Caller:
    """Proposes inputs in turn, numbered from 0, and keeps what comes back."""

    def __init__(self, inputs: Iterable[dict[str, Any]], parallelism: int = 2) -> None:
        self.inputs = enumerate(inputs)
        self.parallelism = parallelism
        self.proposed: list[int] = []
        self.outcomes: dict[int, Outcome] = {}
        self.seconds: dict[int, float] = {}
        self.then: Callable[[int, Outcome], None] = lambda key, outcome: None

    def propose(self) -> tuple[int, dict[str, Any]] | None:
        proposal = next(self.inputs, None)
        if proposal is not None:
            self.proposed.append(proposal[0])
        return proposal

    def finish(self, key: int, outcome: Outcome, seconds: float) -> None:
        assert key not in self.outcomes
        self.outcomes[key], self.seconds[key] = outcome, seconds
        self.then(key, outcome)

    def run(self, executor: Any, evaluator: Any = parabola, **options: Any) -> RunStatistics:
        return run_asynchronously(
            executor,
            partial(evaluate, evaluator),
            self.propose,
            self.finish,
            failure,
            parallelism=self.parallelism,
            **options,
        )

    def failures(self) -> dict[int, str | None]:
        return {k: o.reason for k, o in self.outcomes.items() if o.state is FAILED}


def points(n: int, deadly: int | None = None) -> list[dict[str, Any]]:
    return [{"x": x, "deadly": x == deadly} for x in range(n)]


def kill_after(caller: Caller, n: int) -> None:
    """Have the worker killed that gave the n-th result."""

    def then(key: int, outcome: Outcome) -> None:
        if len(caller.outcomes) == n:
            os.kill(int(outcome.metrics["pid"]), signal.SIGKILL)

    caller.then = then


def new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


# -- the loop ----------------------------------------------------------------------------------


def test_in_process_each_proposal_sees_all_results_before_it() -> None:
    caller = Caller(points(9), parallelism=4)
    known = []

    def propose() -> tuple[int, dict[str, Any]] | None:
        known.append(len(caller.outcomes))
        return caller.propose()

    statistics = run_asynchronously(
        InProcessExecutor(),
        partial(evaluate, parabola),
        propose,
        caller.finish,
        failure,
        parallelism=4,
        n_trials=6,
    )
    assert known == [0, 1, 2, 3, 4, 5]
    assert [outcome.objective for outcome in caller.outcomes.values()] == [0, 1, 4, 9, 16, 25]
    assert (statistics.evaluations, statistics.parallelism) == (6, 4)
    assert statistics.busy_seconds == sum(caller.seconds.values())
    assert statistics.wall_seconds > statistics.busy_seconds
    assert RunStatistics(3, 2, 6.0, 4.0).utilisation == 0.75


def test_a_free_worker_gets_new_work_before_a_long_evaluation_ends(tmp_path: Path) -> None:
    """The long one ends only after six others have, which all need the other worker."""
    go = tmp_path / "go"
    caller = Caller({"path": str(go) if number == 0 else ""} for number in range(8))
    caller.then = lambda key, outcome: go.touch() if key == 6 else None
    with WorkerPool(2) as pool:
        caller.run(pool, wait_for_file)
    assert not caller.failures()
    order = list(caller.outcomes)
    assert order.index(0) >= 6
    assert [key for key in order if key] == [1, 2, 3, 4, 5, 6, 7]


def test_nothing_to_propose_for_now() -> None:
    """Each input but the first is proposed only when the one before has finished."""
    outcomes: dict[int, Outcome] = {}
    proposed: list[int] = []

    def propose() -> tuple[int, dict[str, Any]] | None:
        if len(proposed) > len(outcomes) or len(proposed) == 4:
            return None
        proposed.append(len(proposed))
        return proposed[-1], {"x": proposed[-1]}

    def finish(key: int, outcome: Outcome, seconds: float) -> None:
        outcomes[key] = outcome

    with ThreadPoolExecutor(3) as pool:
        call = partial(evaluate, parabola)
        run_asynchronously(pool, call, propose, finish, failure, parallelism=3)
    assert list(outcomes) == [0, 1, 2, 3]


def test_what_an_evaluator_does_wrong_is_a_failure_of_that_input() -> None:
    def evaluator(parameters: dict[str, Any]) -> float:
        if parameters["x"] == 1:
            raise SystemExit("enough")
        return 1.0 / parameters["x"]

    caller = Caller(points(3))
    caller.run(InProcessExecutor(), evaluator)
    assert caller.failures() == {
        0: "ZeroDivisionError: float division by zero",
        1: "SystemExit: enough",
    }


@pytest.mark.parametrize(
    ("parallelism", "options"),
    [(0, {}), (1.5, {}), (True, {}), (1, {"n_trials": -1}), (1, {"timeout_seconds": 0.0})],
)
def test_wrong_numbers(parallelism: Any, options: dict[str, Any]) -> None:
    caller = Caller(points(3), parallelism)
    with pytest.raises(SpecError):
        caller.run(InProcessExecutor(), **options)
    assert not caller.proposed


def test_an_error_of_the_caller_comes_through() -> None:
    caller = Caller(points(5))
    caller.then = lambda key, outcome: [][key]
    with pytest.raises(IndexError):
        caller.run(InProcessExecutor)
    assert caller.proposed == [0]


def test_in_process() -> None:
    pool = InProcessExecutor()
    assert pool.submit(divmod, 7, 2).result(timeout=0) == (3, 1)
    assert isinstance(pool.submit(divmod, 7, 0).exception(timeout=0), ZeroDivisionError)
    assert isinstance(pool.submit(sys.exit).exception(timeout=0), SystemExit)
    with pytest.raises(KeyboardInterrupt):
        pool.submit(signal.raise_signal, signal.SIGINT)


# -- executors that fail -----------------------------------------------------------------------


class Unreliable(ThreadPoolExecutor):
    """Fails on some inputs, as often as it is told, and notes what runs beside each attempt."""

    def __init__(self, failures: dict[int, int], error: BaseException) -> None:
        super().__init__(3)
        self.failures, self.error = failures, error
        self.beside: dict[int, list[int]] = {}
        self.open: set[int] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        x = args[1]["x"]
        self.beside.setdefault(x, []).append(len(self.open))
        self.open.add(x)
        return super().submit(self.attempt, x, partial(fn, *args))

    def attempt(self, x: int, call: Callable[[], Any]) -> Any:
        try:
            if self.failures.get(x, 0) > 0:
                self.failures[x] -= 1
                raise self.error
            return call()
        finally:
            self.open.remove(x)


def test_what_an_executor_fails_on_is_tried_again_alone() -> None:
    caller = Caller(points(8), parallelism=3)
    with Unreliable({2: 1, 5: 2}, OSError("the worker is gone")) as pool:
        caller.run(pool)
    assert caller.failures() == {5: "OSError: the worker is gone"}
    assert len(caller.outcomes) == 8
    assert {x: beside[1:] for x, beside in pool.beside.items() if beside[1:]} == {2: [0], 5: [0]}


def test_what_is_cancelled_has_failed() -> None:
    caller = Caller(points(3))
    with Unreliable({1: 1}, CancelledError()) as pool:
        caller.run(pool)
    assert caller.failures() == {1: "CancelledError"}


def test_time_outs_of_executors_that_cannot_kill() -> None:
    release = threading.Event()

    def evaluator(parameters: dict[str, Any]) -> float:
        if parameters["x"] in hanging:
            release.wait()
        return 1.0

    hanging = {1}
    with ThreadPoolExecutor(2) as pool:
        caller = Caller(points(6))
        caller.run(pool, evaluator, timeout_seconds=0.2)
        assert caller.failures() == {1: "no answer within 0.2 s"}
        assert len(caller.outcomes) == 6
        release.set()
    hanging, release = {1, 2}, threading.Event()
    with ThreadPoolExecutor(2) as pool:
        caller = Caller(points(6))
        with pytest.raises(ExecutorError, match="every worker is occupied"):
            caller.run(pool, evaluator, timeout_seconds=0.2)
        assert list(caller.failures()) == [1, 2]
        assert caller.proposed == [0, 1, 2]
        release.set()


def test_ctrl_c_cancels_what_has_not_started() -> None:
    caller = Caller(points(9), parallelism=3)
    release, started = threading.Event(), []

    def evaluator(parameters: dict[str, Any]) -> float:
        started.append(parameters["x"])
        if parameters["x"] == 2:
            wait_until(lambda: len(caller.proposed) == 5)
            os.kill(os.getpid(), signal.SIGINT)
            release.wait()
        return 1.0

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            caller.run(pool, evaluator)
        release.set()
    assert list(caller.outcomes) == [0, 1]
    assert started == [0, 1, 2]
    assert caller.proposed == [0, 1, 2, 3, 4]


def test_ctrl_c_keeps_what_has_ended() -> None:
    ended = []

    def evaluator(parameters: dict[str, Any]) -> float:
        wait_until(lambda: len(caller.proposed) == 3)
        ended.append(parameters["x"])
        return 1.0

    def interrupt(key: int, outcome: Outcome) -> None:
        if key == 0:
            wait_until(lambda: len(ended) == 3)
            raise KeyboardInterrupt

    caller = Caller(points(3), parallelism=3)
    caller.then = interrupt
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        caller.run(pool, evaluator)
    assert 1 in caller.outcomes
    assert not caller.failures()


@pytest.mark.parametrize("make", [WorkerPool, new_pool])
def test_an_evaluator_that_cannot_be_sent(make: Callable[[], Executor]) -> None:
    caller = Caller(points(5))
    with pytest.raises(SpecError, match="cannot be sent to a worker"):
        caller.run(make, lambda parameters: 1.0)
    assert not caller.outcomes


# -- processes ---------------------------------------------------------------------------------


def test_a_pool_of_workers_loses_no_result() -> None:
    caller = Caller(points(50, deadly=30))
    kill_after(caller, 15)
    with WorkerPool(2) as pool:
        caller.run(pool)
    assert caller.failures() == {30: "WorkerDiedError: its worker was killed by SIGKILL (twice)"}
    assert {k: o.objective for k, o in caller.outcomes.items() if k != 30} == {
        x: x * x for x in range(50) if x != 30
    }


def test_a_pool_of_workers_ends_what_takes_too_long() -> None:
    caller = Caller([{"x": x, "seconds": 60.0 * (x == 1)} for x in range(4)])
    with WorkerPool(2, timeout_seconds=0.75) as pool:
        caller.run(pool)
    assert caller.failures() == {1: "TaskTimeoutError: took longer than 0.75 s and was killed"}
    assert len(caller.outcomes) == 4
    assert 0.75 <= caller.seconds[1] < 60.0


def test_a_pool_that_cannot_be_replaced_ends_the_run() -> None:
    caller = Caller(points(8, deadly=3))
    with new_pool() as pool, pytest.raises(ExecutorError, match="give a function that makes one"):
        caller.run(pool)
    assert 3 not in caller.outcomes  # how many others end before the pool breaks is chance
    assert not caller.failures()


class TestInProcess(ExecutorConformance):
    def executor(self) -> Any:
        return InProcessExecutor()


class TestThreads(ExecutorConformance):
    def executor(self) -> Any:
        return ThreadPoolExecutor(2)


class TestWorkerPool(ProcessExecutorConformance):
    reason = "WorkerDiedError: its worker was killed by SIGKILL (twice)"

    pool: WorkerPool

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def made(cls) -> Iterator[None]:
        with WorkerPool(2) as cls.pool:
            yield

    def executor(self) -> Any:
        return nullcontext(self.pool)


class TestPoolsOfTheStandardLibrary(ProcessExecutorConformance):
    """Broken by a death, and hence made anew."""

    reason = "BrokenProcessPool: "

    def executor(self) -> Any:
        return nullcontext(new_pool)


class TestDask(ProcessExecutorConformance):
    """With no death allowed, Dask blames whatever was on the worker: that is tried again."""

    reason = "KilledWorker: "

    client: Any

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def made(cls) -> Iterator[None]:
        dask = pytest.importorskip("dask")
        distributed = pytest.importorskip("distributed")
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 0}),
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            distributed.Client(cluster) as cls.client,
        ):
            yield

    def executor(self) -> Any:
        return nullcontext(self.client.get_executor())

    def test_a_worker_that_is_killed_costs_no_result(self) -> None:
        caller = Caller(points(30))
        kill_after(caller, 8)
        with self.executor() as executor:
            caller.run(executor)
        assert {k: o.objective for k, o in caller.outcomes.items()} == {x: x * x for x in range(30)}

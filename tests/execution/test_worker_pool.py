"""The pool of processes survives what its tasks do, ends when it shall, and leaves nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from pathlib import Path

import pytest
import workers_work
from workers_work import die_at, die_first_time, is_running, simulate, square_and_pid, wait_until

from bohwsw.errors import SpecError
from bohwsw.execution.worker_pool import TaskTimeoutError, WorkerDiedError, WorkerPool


def test_workers_are_started_when_tasks_need_them() -> None:
    before = set(multiprocessing.active_children())
    with WorkerPool(3) as pool:
        assert set(multiprocessing.active_children()) == before
        for number in range(4):
            assert pool.submit(square_and_pid, number).result()[0] == number**2
        assert len(set(multiprocessing.active_children()) - before) == 1
    assert set(multiprocessing.active_children()) == before


def test_a_worker_that_is_killed_costs_no_result() -> None:
    with WorkerPool(2) as pool:
        futures = [pool.submit(square_and_pid, number) for number in range(100)]
        _, pid = futures[30].result()
        os.kill(pid, signal.SIGKILL)
        results = [future.result() for future in futures]
    assert [square for square, _ in results] == [number**2 for number in range(100)]
    assert len({pid for _, pid in results}) == 3


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_what_kills_its_worker_fails_alone(method: str) -> None:
    with WorkerPool(2, context=multiprocessing.get_context(method)) as pool:
        futures = [pool.submit(die_at, number, 2) for number in range(8)]
        exiting = pool.submit(os._exit, 3)
        with pytest.raises(WorkerDiedError, match=r"its worker was killed by SIGKILL \(twice\)"):
            futures.pop(2).result()
        with pytest.raises(WorkerDiedError, match=r"ended with exit code 3 \(twice\)"):
            exiting.result()
        assert [future.result() for future in futures] == [0, 1, 3, 4, 5, 6, 7]


def test_a_second_attempt_may_succeed(tmp_path: Path) -> None:
    with WorkerPool(1) as pool:
        assert pool.submit(die_first_time, tmp_path / "once").result() == "alive"


def test_what_takes_too_long_is_killed_with_what_it_has_started(tmp_path: Path) -> None:
    with WorkerPool(1, timeout_seconds=1.0) as pool:
        slow = pool.submit(simulate, tmp_path / "pids")
        after = pool.submit(square_and_pid, 3)
        with pytest.raises(TaskTimeoutError, match=r"longer than 1 s") as caught:
            slow.result()
        assert isinstance(caught.value, TimeoutError)
        assert after.result()[0] == 9
    worker, simulator = map(int, (tmp_path / "pids").read_text().split())
    assert after.result()[1] != worker
    wait_until(lambda: not is_running(worker) and not is_running(simulator))


def test_whatever_a_task_returns_or_raises_its_worker_goes_on() -> None:
    with WorkerPool(1) as pool:
        pid = pool.submit(os.getpid).result()
        with pytest.raises(RuntimeError, match="TwoArguments: broken at line 3") as caught:
            pool.submit(workers_work.misbehave, "raises").result()
        assert "in misbehave" in caught.value.__notes__[0]
        with pytest.raises(SystemExit, match="enough"):
            pool.submit(workers_work.misbehave, "exits").result()
        with pytest.raises((AttributeError, TypeError), match="lambda"):
            pool.submit(workers_work.misbehave, "lambda").result()
        with pytest.raises(ValueError, match="invalid literal"):
            pool.submit(workers_work.misbehave, "unloadable").result()
        with pytest.raises(SpecError, match="cannot load the task: ValueError"):
            pool.submit(print, workers_work.Unloadable()).result()
        assert pool.submit(os.getpid).result() == pid


def test_what_cannot_be_sent_is_refused_at_once() -> None:
    before = set(multiprocessing.active_children())
    with WorkerPool(1) as pool:
        with pytest.raises(SpecError, match="cannot be sent to a worker process"):
            pool.submit(lambda: 0)
        with pytest.raises(SpecError, match="expected:"):
            pool.submit(print, threading.Lock())
        assert set(multiprocessing.active_children()) == before


@pytest.mark.parametrize(
    "arguments",
    [{"max_workers": 0}, {"max_workers": 0.5}, {"timeout_seconds": 0}, {"timeout_seconds": -1.0}],
)
def test_wrong_numbers(arguments: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(arguments))):
        WorkerPool(**arguments)  # type: ignore[arg-type]


def test_shutdown_waits_for_what_runs_and_cancels_the_rest(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    first = pool.submit(simulate, tmp_path / "pids", 0.1)
    rest = [pool.submit(square_and_pid, number) for number in range(3)]
    wait_until((tmp_path / "pids").exists)
    pool.shutdown(cancel_futures=True)
    assert first.result() == 0
    assert all(future.cancelled() for future in rest)
    assert wait(rest, timeout=1.0, return_when=FIRST_COMPLETED).done
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(square_and_pid, 1)


def test_killing_a_pool(tmp_path: Path) -> None:
    pool = WorkerPool(1)
    running = pool.submit(simulate, tmp_path / "pids")
    waiting = pool.submit(square_and_pid, 1)
    wait_until((tmp_path / "pids").exists)
    pool.kill_workers()
    with pytest.raises(WorkerDiedError, match="its pool was shut down"):
        running.result(timeout=0)
    with pytest.raises(CancelledError):
        waiting.result(timeout=0)
    for pid in (tmp_path / "pids").read_text().split():
        wait_until(lambda pid=int(pid): not is_running(pid))


def test_a_pool_that_is_forgotten_finishes_its_tasks_and_ends() -> None:
    _, pid = WorkerPool(1).submit(square_and_pid, 2).result()
    wait_until(lambda: not is_running(pid))


# -- whole programs ----------------------------------------------------------------------------

PROGRAM = """
from pathlib import Path
from workers_work import simulate
from bohwsw.execution.worker_pool import WorkerPool
pool = WorkerPool(2)
"""

WAITING = PROGRAM + "with pool: pool.submit(simulate, Path('pids')).result()\n"


def start(program: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def pids_of(folder: Path) -> list[int]:
    wait_until((folder / "pids").exists)
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    with start(WAITING, tmp_path) as parent:
        pids = pids_of(tmp_path)
        assert all(is_running(pid) for pid in pids)
        parent.kill()
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_ctrl_c_reaches_the_parent_and_ends_all(tmp_path: Path) -> None:
    with start(WAITING, tmp_path) as parent:
        pids = pids_of(tmp_path)
        for pid in (pids[0], parent.pid):  # the worker as if it were in the same group
            os.kill(pid, signal.SIGINT)
        _, errors = parent.communicate(timeout=20)
    assert parent.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_leaving_the_program_ends_what_runs(tmp_path: Path) -> None:
    program = PROGRAM + (
        "pool.submit(simulate, Path('pids'))\n"
        "from workers_work import wait_until\n"
        "wait_until(Path('pids').exists)\n"
    )
    with start(program, tmp_path) as parent:
        _, errors = parent.communicate(timeout=20)
    assert (parent.returncode, errors) == (0, "")
    wait_until(lambda: not any(is_running(pid) for pid in pids_of(tmp_path)))


def test_a_script_that_workers_cannot_import_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "from bohwsw.execution.worker_pool import WorkerPool\n"
        "with WorkerPool(1) as pool: pool.submit(os.getpid).result()\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 1
    assert "which starts workers itself" in done.stderr
    assert "WorkerStartError: a worker ended with exit code 1 (twice)" in done.stderr
    assert done.stderr.rstrip().endswith("under `if __name__ == '__main__':`")


def test_a_worker_loads_nothing_heavy() -> None:
    code = "import bohwsw.worker_main, sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "ax", "numba", "numpy", "scipy"} & set(done.stdout.split())

"""Heartbeats renew a lease and give it up; a worker is gone when its process is."""

from __future__ import annotations

import os
import subprocess
import threading

import pytest

from bohwsw.errors import BohwswError
from bohwsw.execution import heartbeat, is_gone, worker_name


def test_a_lease_is_renewed_until_it_is_released() -> None:
    beats, third = [], threading.Event()

    def renew() -> None:
        beats.append("renewed")
        if len(beats) == 3:
            third.set()
        raise BohwswError("the database is busy")

    def interrupted() -> None:
        with heartbeat(renew, lambda: beats.append("end"), 0.04):
            assert third.wait(30)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert beats.index("end") == len(beats) - 1 >= 3


def test_a_lease_that_cannot_be_released_runs_out_by_itself() -> None:
    def release() -> None:
        raise BohwswError("the database is away")

    with heartbeat(lambda: None, release, 60.0):
        pass


def test_a_worker_is_gone_when_its_process_has_ended() -> None:
    assert worker_name() != worker_name()
    assert not is_gone(worker_name())
    with subprocess.Popen(["true"]) as process:
        other = worker_name().replace(f"/{os.getpid()}/", f"/{process.pid}/")
        assert not is_gone(other)
    assert is_gone(other)


@pytest.mark.parametrize("name", [None, "", "elsewhere/1/x", "someone", "a/b/c"])
def test_what_is_not_known_here_is_not_gone(name: str | None) -> None:
    assert not is_gone(name)

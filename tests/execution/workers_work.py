"""What the tests have workers do: in a module of its own, which workers can import."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

PATIENCE_SECONDS = 30.0


def wait_until(condition: Any) -> None:
    """Wait for something that must happen."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def square_and_pid(number: int) -> tuple[int, int]:
    time.sleep(0.005)
    return number * number, os.getpid()


def die_at(number: int, deadly: int) -> int:
    if number == deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_first_time(path: Path) -> str:
    """Ends its process, but not when called again."""
    if path.exists():
        return "alive"
    path.touch()
    os._exit(7)


def simulate(path: Path, seconds: float = 60.0) -> int:
    """Starts a process, writes its number and that of this one to a file, and waits for it."""
    program = [sys.executable, "-S", "-c", f"import time; time.sleep({seconds})"]
    with subprocess.Popen(program) as simulator:
        unfinished = path.with_suffix(".part")
        unfinished.write_text(f"{os.getpid()} {simulator.pid}")
        unfinished.rename(path)
    return simulator.returncode


class TwoArguments(Exception):
    """Cannot be unpickled: it is called with one argument then."""

    def __init__(self, problem: str, place: str) -> None:
        super().__init__(f"{problem} at {place}")


class Unloadable:
    """Can be pickled, and not be loaded again."""

    def __reduce__(self) -> Any:
        return int, ("x",)


def misbehave(how: str) -> Any:
    if how == "raises":
        raise TwoArguments("broken", "line 3")
    if how == "exits":
        sys.exit("enough")
    return {"lambda": lambda: 0, "unloadable": Unloadable()}[how]


# -- evaluators --------------------------------------------------------------------------------


def parabola(parameters: dict[str, Any]) -> dict[str, float]:
    """Kills its process where ``deadly`` is true."""
    time.sleep(parameters.get("seconds", 0.0))
    if parameters.get("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"objective": parameters["x"] ** 2, "pid": os.getpid()}


def wait_for_file(parameters: dict[str, Any]) -> float:
    """Returns at once, or when the file exists that it is told of."""
    if parameters["path"]:
        wait_until(Path(parameters["path"]).exists)
    return 1.0

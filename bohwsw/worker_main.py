"""What a worker process runs: it answers messages, each a pickled call, until its pipe is closed.

It ignores Ctrl-C and leads a process group, so that it can be killed together with what a task has
started, such as a simulator; and it kills that group and itself when its parent is gone. It stands
outside its room, `execution`, so that a worker starts without importing that.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from bohwsw.errors import SpecError


def work(pipe: Connection) -> None:
    """Answer messages until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.setsid()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        pipe.send_bytes(b"")
        while True:
            pipe.send_bytes(_reply(pipe.recv_bytes(), lambda: pipe.send_bytes(b"")))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os.killpg(0, signal.SIGKILL)


def _reply(message: bytes, begin: Callable[[], None]) -> bytes:
    """Whether a task gave a result, and that or what it raised, pickled.

    Args:
        message: the pickled task.
        begin: called when it is loaded, whether that went well or not.
    """
    try:
        function, args, kwargs = _load(message, begin)
        return pickle.dumps((True, function(*args, **kwargs)))
    except BaseException as error:
        return pickle.dumps((False, _portable(error)))


def _load(message: bytes, begin: Callable[[], None]) -> Any:
    try:
        return pickle.loads(message)
    except Exception as error:
        raise SpecError(
            f"a worker process cannot load the task: {type(error).__name__}: {error}",
            expected="a function and arguments from modules that it can import",
        ) from error
    finally:
        begin()


def _portable(error: BaseException) -> BaseException:
    """An error that survives pickling, with the worker's traceback as a note."""
    trace = "".join(traceback.format_exception(error))
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:
        copy = RuntimeError(f"{type(error).__name__}: {error}")
    copy.add_note(f"In the worker:\n{trace}")
    return copy  # type: ignore[no-any-return]

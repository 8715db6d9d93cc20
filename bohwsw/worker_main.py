"""What a worker process of `execution.WorkerPool` runs; outside that room, to start quickly."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection

from bohwsw.errors import SpecError


def work(pipe: Connection) -> None:
    """Answer messages, each a pickled call, until the pipe is closed.

    The process ignores Ctrl-C and leads a process group, so that it can be killed together with
    what a task has started, such as a simulator; it kills that group when its parent is gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.setsid()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        pipe.send_bytes(b"")
        while True:
            pipe.send_bytes(_reply(pipe))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os.killpg(0, signal.SIGKILL)


def _reply(pipe: Connection) -> bytes:
    """Whether the next task gave a result, and that or what it raised, pickled."""
    message = pipe.recv_bytes()
    try:
        try:
            function, args, kwargs = pickle.loads(message)
        except Exception as error:
            raise SpecError(
                f"a worker process cannot load the task: {type(error).__name__}: {error}",
                expected="a function and arguments from modules that it can import",
            ) from error
        finally:
            pipe.send_bytes(b"")  # it is loaded, or never will be: its time starts
        return pickle.dumps((True, function(*args, **kwargs)))
    except BaseException as error:
        return pickle.dumps((False, _portable(error)))


def _portable(error: BaseException) -> BaseException:
    """An error that survives pickling, with the worker's traceback as a note."""
    trace = "".join(traceback.format_exception(error))
    try:
        copy: BaseException = pickle.loads(pickle.dumps(error))
    except Exception:
        copy = RuntimeError(f"{type(error).__name__}: {error}")
    copy.add_note(f"In the worker:\n{trace}")
    return copy

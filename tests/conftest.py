"""Settings of all tests.

That this file is here also lets tests in any room import the helpers that lie beside it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

# A shell that starts the tests in its background has them ignore Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)

# There is a test process for each core: more threads would only wait for each other, busily.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples on every run, and no time limits: a slow machine is not a defect.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("repeatable")

gc.disable()


def pytest_collection_finish() -> None:
    """Collect no garbage until here, and never look again through all that is imported by now."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000)


def pytest_configure(config: pytest.Config) -> None:
    """Compile once what several test processes need, before they start."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper

        BranchAndBoundMapper().warm_up()


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What a notebook is shown, at first and in place of that: an IPython that only keeps it."""
    shown: list[dict[str, str]] = []

    def keep(bundle: dict[str, str], *, raw: bool, display_id: bool = False) -> SimpleNamespace:
        assert raw
        assert display_id != bool(shown), "one output, updated in place"
        shown.append(bundle)
        return SimpleNamespace(update=keep)

    shell = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=keep))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return shown

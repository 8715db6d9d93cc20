"""Standard output that cannot be written: one line, and the exit code of other programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a command line in which ``bohwsw`` is the program."""
    script = "set -o pipefail; " + command.replace("bohwsw", '"$0" -m bohwsw.cli.app')
    return subprocess.run(
        ["bash", "-c", script, sys.executable],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        ("bohwsw models mlp > /dev/full", 1, "No space left on device"),
        ("bohwsw --help > /dev/full", 1, "No space left on device"),
        ("bohwsw models mlp >&-", 1, "Bad file descriptor"),
        ("bohwsw models mlp | true", 141, "Broken pipe"),
        ("bohwsw models mlp --json | true", 141, "Broken pipe"),
    ],
)
def test_it_ends_in_one_line(command: str, code: int, line: str) -> None:
    ended = shell(command)
    assert ended.returncode == code
    assert ended.stderr == f"error: standard output cannot be written: {line}\n"


def test_nothing_ends_because_messages_cannot_be_written() -> None:
    assert shell("bohwsw models nothing 2> /dev/full").returncode == 2
    ended = shell("bohwsw models resnet18 2>&-")
    assert ended.returncode == 0
    assert "resnet18" in ended.stdout


def test_a_terminal_that_cannot_show_a_letter_gets_its_escape() -> None:
    ended = shell("PYTHONIOENCODING=ascii bohwsw spaces --json --out $'\\xff/x'")
    assert ended.returncode == 2
    assert "there is no folder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_order_to_end_is_told_from_ctrl_c() -> None:
    code = (
        "import os, signal\n"
        "from bohwsw.cli import app, catalogue\n"
        "catalogue.models_data = lambda: os.kill(os.getpid(), signal.SIG{})\n"
        "app.main()"
    )
    for name, number in (("INT", signal.SIGINT), ("TERM", signal.SIGTERM)):
        ended = subprocess.run(
            [sys.executable, "-c", code.format(name), "models"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert ended.returncode == 128 + number
        assert ended.stderr == "interrupted\n"

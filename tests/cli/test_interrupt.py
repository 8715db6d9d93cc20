"""Ctrl-C during a search: a message, exit code 130, and every finished trial kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_ctrl_c_keeps_the_finished_trials(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bohwsw.cli.app", "codesign", "--model", "mlp"]
    budget = ["--trials", "500", "--evaluations", "500", "--strategy", "random"]
    child = subprocess.Popen(
        [*command, *budget, "--out", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what it runs in the background with Ctrl-C ignored, tests included.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    trials = tmp_path / "trials.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and child.poll() is None:
        if trials.exists() and trials.read_bytes().count(b"\n") >= 3:
            break
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "--resume" in err
    assert "Traceback" not in out + err
    text = trials.read_bytes()
    assert text.endswith(b"\n")
    assert 3 <= text.count(b"\n") < 500

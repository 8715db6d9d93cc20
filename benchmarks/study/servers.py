"""A PostgreSQL server of the tests' own, started where its programs are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Where Debian puts them, beside the PATH."""


def program(name: str) -> str | None:
    """The path of one of PostgreSQL's programs."""
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, PROGRAMS)]))


@contextmanager
def postgresql() -> Iterator[str | None]:
    """The URL of an empty database on a new server; None where it is not installed."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if initdb is None or pg_ctl is None:
        yield None
        return
    # It refuses to run as root; Debian's package brings a user of its own.
    user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="bohwsw-pg-", ignore_cleanup_errors=True) as folder:
        if user:
            shutil.chown(folder, "postgres", "postgres")
        data, port = f"{folder}/data", _free_port()
        quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "cwd": folder,
            **user,
        }
        subprocess.run(
            [initdb, "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8"], check=True, **quiet
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        start = [pg_ctl, "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start"]
        subprocess.run(start, check=True, **quiet)
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([pg_ctl, "-D", data, "-m", "immediate", "stop"], check=True, **quiet)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

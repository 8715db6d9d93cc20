"""Where a result comes from: versions of what computed it."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import bohwsw

LIBRARIES = ("numpy", "numba", "torch")


def versions() -> dict[str, str | None]:
    """Versions of Python, of ours and of the libraries that figures depend on.

    ``commit`` is that of the source checkout that runs, with ``+`` if files differ from it; None
    when it is not run from a checkout. Looked up once a process: that is what it runs.
    """
    return dict(_versions())


@cache
def _versions() -> dict[str, str | None]:
    return {
        "python": platform.python_version(),
        "bohwsw": bohwsw.__version__,
        "commit": _commit(),
        **{name: _installed(name) for name in LIBRARIES},
    }


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    root = Path(bohwsw.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty=+"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None

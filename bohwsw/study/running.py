"""How a co-design study runs and where it is stored, as options of the functions that start one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TypedDict

from bohwsw.checks import finite_number
from bohwsw.errors import SpecError
from bohwsw.study.codesign_search import Where
from bohwsw.study.storage_config import StoragePlace
from bohwsw.study.trial import Progress


class Running(TypedDict, total=False):
    """How a co-design study runs and where it is stored: options of ``codesign_network``."""

    where: Where
    """Where machines are evaluated, and how many at a time."""
    out: str | Path | None
    """Folder for the results, and the trials if there is no ``storage``; nowhere if absent."""
    storage: StoragePlace | None
    """Where trials are stored, for processes that share a study: a path or a URL, see
    ``bohwsw.study.open_storage``."""
    study: str | None
    """Its name in ``storage``; that of space and models if absent."""
    resume: bool
    """Go on with the study in ``out`` or ``storage``."""
    overwrite: bool
    """Throw away the study in ``out`` or ``storage``."""
    final_seconds: float | None
    """Time for mapping the best machines and the baseline again at the end, all of them together;
    if absent, the recipe's for each network on each machine (10 s), or until it is proven near its
    optimum. A recipe without a gap for that takes no notice."""
    headroom_seconds: float
    """At the end bound what any machine of the space could reach, for about this time; of one
    objective, not the area."""
    progress: Progress | None
    """Called as the work goes on, see ``Progress``."""


def check_running(running: Running) -> None:
    """Refuse options that do not go together.

    Raises:
        SpecError: a time is none, there is nothing to resume, or a name without a storage.
    """
    final_seconds = running.get("final_seconds")
    number = finite_number(final_seconds)
    is_time = final_seconds in (None, math.inf) or (number is not None and number >= 0)
    if not is_time:
        expected = "at least 0"
        raise SpecError(
            "not a limit", key_path="final_seconds", got=final_seconds, expected=expected
        )
    nowhere = running.get("out") is None and running.get("storage") is None
    if nowhere and (running.get("resume") or running.get("overwrite")):
        raise SpecError("resume and overwrite need a folder", expected="out, or storage")
    if running.get("study") is not None and running.get("storage") is None:
        raise SpecError(
            "a name without a storage",
            key_path="study",
            got=running.get("study"),
            expected="--storage",
        )

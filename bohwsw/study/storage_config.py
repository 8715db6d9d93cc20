"""Where a study is stored, and what becomes of trials whose worker died."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bohwsw.errors import SpecError, unknown_name
from bohwsw.study.database import IN_MEMORY


@dataclass(frozen=True)
class StorageConfig:
    """Where a study is stored, and what becomes of trials whose worker died.

    Attributes:
        url: path of an SQLite file or a URL, see `Database`.
        silent_seconds: a watched trial (those of `Client.run_trials`) whose worker has not been
            heard of for so long has lost it.
        lost_trials: ``requeue``: it is given to the next who asks; ``fail``: it is marked failed.
        deaths: a trial that lost so many workers is marked failed in any case.
    """

    url: str | Path = IN_MEMORY
    silent_seconds: float = 60.0
    lost_trials: Literal["requeue", "fail"] = "requeue"
    deaths: int = 2

    def __post_init__(self) -> None:
        if self.lost_trials not in ("requeue", "fail"):
            raise unknown_name("fate of lost trials", self.lost_trials, ("requeue", "fail"))
        if not self.silent_seconds > 0.0 or self.deaths < 1:
            raise SpecError(
                "an option of the storage is out of its range",
                got={"silent_seconds": self.silent_seconds, "deaths": self.deaths},
                expected="positive",
            )

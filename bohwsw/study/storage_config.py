"""Where a study is stored, and what becomes of trials whose worker died."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bohwsw.errors import SpecError, unknown_name
from bohwsw.study.journal_storage import SUFFIXES, JournalStorage
from bohwsw.study.memory_storage import MemoryStorage
from bohwsw.study.storage import Storage

IN_MEMORY = "sqlite://"
"""The URL of a study in memory."""

SQLITE_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True)
class StorageConfig:
    """Where a study is stored, and what becomes of trials whose worker died.

    Attributes:
        url: see `open_storage`.
        silent_seconds: a watched trial (those of `Client.run_trials`) whose worker has not been
            heard of for so long has lost it.
        lost_trials: ``requeue``: it is given to the next who asks; ``fail``: it is marked failed.
        deaths: a trial that lost so many workers is marked failed in any case.
    """

    url: str | Path | Storage = IN_MEMORY
    silent_seconds: float = 60.0
    lost_trials: Literal["requeue", "fail"] = "requeue"
    deaths: int = 2

    def __post_init__(self) -> None:
        if self.lost_trials not in ("requeue", "fail"):
            raise unknown_name("fate of lost trials", self.lost_trials, ("requeue", "fail"))
        if not self.silent_seconds > 0.0 or self.deaths < 1:
            got = {"silent_seconds": self.silent_seconds, "deaths": self.deaths}
            problem = "an option of the storage is out of its range"
            raise SpecError(problem, got=got, expected="positive")


StoragePlace = StorageConfig | Storage | str | Path
"""Where a study is stored: a configuration, or its ``url`` alone."""


def storage_config(place: StoragePlace | None) -> StorageConfig:
    """The configuration; of a study in memory if there is none."""
    if isinstance(place, StorageConfig):
        return place
    return StorageConfig(IN_MEMORY if place is None else place)


def open_storage(where: str | Path | Storage) -> Storage:
    """Open a storage; it is made if there is none.

    Args:
        where: ``sqlite://`` for memory; the path of a journal, which ends in ``.jsonl`` or
            ``.journal``, or of an SQLite file; ``sqlite:///FILE`` or
            ``postgresql://USER@HOST/NAME``; or a storage, which is returned as it is.

    Raises:
        SpecError: it is none of these.
        MissingExtraError: the driver for such a database is not installed.
        StorageError: it cannot be opened, or was written by a newer version of bohwsw.
    """
    if isinstance(where, Storage):
        return where
    if where in (IN_MEMORY, ":memory:", "sqlite:///:memory:"):
        return MemoryStorage()
    if isinstance(where, Path) or (isinstance(where, str) and "://" not in where):
        path = Path(where)
        if path.suffix in SUFFIXES and not _is_sqlite(path):
            return JournalStorage(path)
    from bohwsw.study.sql_storage import SqlStorage  # with SQLAlchemy

    return SqlStorage(where)


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(SQLITE_HEADER)) == SQLITE_HEADER
    except OSError:
        return False

"""Where a study is stored, and what becomes of trials whose worker died."""

from __future__ import annotations

from collections.abc import Callable
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

    @property
    def bearable_deaths(self) -> int:
        """With how many lost workers a trial is marked failed."""
        return 1 if self.lost_trials == "fail" else self.deaths


def open_storage(where: str | Path) -> Storage:
    """Open a storage; it is made if there is none.

    Args:
        where: ``sqlite://`` for memory; the path of a journal, which ends in ``.jsonl`` or
            ``.journal``, or of an SQLite file; ``sqlite:///FILE`` or
            ``postgresql://USER@HOST/NAME``; or a URL of a scheme that was registered.

    Raises:
        SpecError: it is none of these.
        MissingExtraError: the driver for such a database is not installed.
        StorageError: it cannot be opened, or was written by a newer version of bohwsw.
    """
    if where in (IN_MEMORY, ":memory:", "sqlite:///:memory:"):
        return MemoryStorage()
    scheme, separator, _ = str(where).partition("://")
    if separator and scheme in _REGISTERED:
        return _REGISTERED[scheme](str(where))
    if isinstance(where, Path) or (isinstance(where, str) and "://" not in where):
        path = Path(where)
        if path.suffix in SUFFIXES and not _is_sqlite(path):
            return JournalStorage(path)
    from bohwsw.study.sql_storage import SqlStorage  # with SQLAlchemy

    return SqlStorage(where)


_REGISTERED: dict[str, Callable[[str], Storage]] = {}


def register_storage(scheme: str, open_url: Callable[[str], Storage]) -> None:
    """Make a storage of one's own available by its URLs, in this process.

    Args:
        scheme: what its URLs begin with, before ``://``.
        open_url: opens one; its class, for instance.

    Raises:
        SpecError: the scheme is no name, or taken.
    """
    if not isinstance(scheme, str) or not scheme.isidentifier():
        raise SpecError("not a scheme of URLs", got=scheme, expected="letters and digits")
    taken = _REGISTERED.get(scheme, open_url) is not open_url
    if taken or scheme in ("sqlite", "postgresql"):
        raise SpecError("a storage of this scheme exists", got=scheme, expected="another scheme")
    _REGISTERED[scheme] = open_url


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(SQLITE_HEADER)) == SQLITE_HEADER
    except OSError:
        return False

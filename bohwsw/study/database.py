"""Databases of studies: their tables, opened by URL, written in one piece or not at all.

SQLite files are in write-ahead mode: readers never wait, writers wait for each other, and a
process that is killed in the middle of a write leaves no trace of it. What was written before is
safe from any end of the process; only a power cut may cost the last moments, never the file.

Any number of threads may use a database: each transaction has a connection of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.study.storage import StorageError

HEAD = "0002"
"""The version of these tables."""

metadata = MetaData()

versions = Table("bohwsw_version", metadata, Column("version_num", String(32), primary_key=True))

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    # JSON: parameters, constraints, objective, strategy, seed, versions.
    Column("definition", Text, nullable=False),
    # Seconds since 1970, as all times here.
    Column("created_at", Float, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("source", String(64), nullable=False),
    Column("parameters", Text, nullable=False),
    # Equal for equal points, of suggested trials only: no two workers get the same point.
    Column("claim", String(64)),
    # running, completed, infeasible, failed or abandoned.
    Column("state", String(16), nullable=False),
    Column("outcome", Text),
    # 1 for the first trial that finished, and so on: the order in which strategies are told.
    Column("finish_order", Integer),
    Column("worker", String(255)),
    # When its worker last said that it lives; null: nobody watches over this trial.
    Column("alive_at", Float),
    Column("deaths", Integer, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
    # JSON: metrics, details of broken constraints, mappings, seconds.
    Column("findings", Text),
    UniqueConstraint("study_id", "claim", name="uq_trials_claim"),
    UniqueConstraint("study_id", "finish_order", name="uq_trials_finish_order"),
    Index("ix_trials_state", "study_id", "state"),
)


WAIT_SECONDS = 60.0
"""How long a writer waits for the others before it gives up."""

TABLES_LOCK = 7_250_317
"""Key of PostgreSQL's advisory lock that one process holds while it makes the tables."""

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
SHAPES = "a path, sqlite:///FILE or postgresql://USER@HOST/NAME"


class Database:
    """A database of studies, up to date: an SQLite file, made if it is not there, or a URL."""

    def __init__(self, where: str | Path) -> None:
        self.url = _url(where)
        self.name = self.url.render_as_string(hide_password=True)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {}
        if self.is_sqlite:
            options = {"connect_args": {"timeout": WAIT_SECONDS, "check_same_thread": False}}
        try:
            self._engine = create_engine(self.url, **options)
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or "psycopg", "postgresql") from None
        if self.is_sqlite:
            event.listen(self._engine, "connect", _connected)
            event.listen(self._engine, "begin", _began)
        with self.reading() as connection:
            if _version(connection) == HEAD:
                return
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({TABLES_LOCK})"))
            _make(connection, self.name)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is stored when it ends, or leaves nothing behind if it fails.

        On SQLite writers come one after another; on PostgreSQL lock the row of the study.
        """
        with self._explained(), self._engine.connect() as connection:
            connection = connection.execution_options(bohwsw_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise  # not about the database, but about what the caller wanted to write
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise StorageError(f"{self.name}: {_in_words(reason)}") from error


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or (isinstance(where, str) and where and "://" not in where):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
        kind = url.get_backend_name()
    except (ArgumentError, TypeError, ValueError, AttributeError):
        raise SpecError("not the place of a database", got=where, expected=SHAPES) from None
    if kind not in DRIVERS:
        raise SpecError("not a kind of database that holds studies", got=where, expected=SHAPES)
    return url.set(drivername=DRIVERS[kind])


def _connected(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions, see `_began`
    connection.execute("PRAGMA foreign_keys = ON")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:  # read-only: a write will say so
        return
    connection.execute("PRAGMA synchronous = NORMAL")


def _began(connection: Connection) -> None:
    writes = connection.get_execution_options().get("bohwsw_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _version(connection: Connection) -> str | None:
    """The version of the tables; None if there are none yet."""
    if not inspect(connection).has_table(versions.name):
        return None
    return connection.execute(select(versions.c.version_num)).scalar()


def _make(connection: Connection, name: str) -> None:
    found = _version(connection)
    if found is None:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(versions).values(version_num=HEAD))
        return
    if found != HEAD:
        raise StorageError(
            f"{name}: written by a newer version of bohwsw (its tables are of version "
            f"{found}, this one knows {HEAD}): upgrade bohwsw"
        )


def _in_words(reason: str) -> str:
    hints = {
        "database or disk is full": "the disk is full",
        "disk I/O error": "the disk cannot be written or read",
        "readonly database": "the file or its folder is read-only",
        "unable to open database file": "the file cannot be opened or made: check folder and "
        "permissions",
        "database is locked": f"another process has held it for over {WAIT_SECONDS:g} s",
        "not a database": "the file is not a database",
        "malformed": "the file is damaged",
    }
    for part, words in hints.items():
        if part in reason:
            return f"{words} ({reason}); nothing was changed"
    return reason

"""Databases: made, explained when they cannot be used, never half written."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event, inspect, text

from bohwsw.errors import SpecError
from bohwsw.study import database as module
from bohwsw.study.client import Client
from bohwsw.study.database import HEAD, Database, metadata
from bohwsw.study.parameter_configs import RangeParameterConfig
from bohwsw.study.sql_storage import SqlStorage
from bohwsw.study.storage import StorageError


def test_the_tables_are_made(database_url: str) -> None:
    database = Database(database_url)
    with database.reading() as connection:
        found = inspect(connection)
        for table in metadata.sorted_tables:
            columns = {column["name"]: column for column in found.get_columns(table.name)}
            assert set(columns) == set(table.columns.keys())
            for column in table.columns:
                if not column.primary_key:
                    assert columns[column.name]["nullable"] == column.nullable
            names = {constraint["name"] for constraint in found.get_unique_constraints(table.name)}
            mine = {c.name for c in table.constraints if str(c.name).startswith("uq_")}
            assert mine <= names
            indices = {index["name"] for index in found.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= indices
        version = connection.execute(text("SELECT version_num FROM bohwsw_version")).scalar_one()
    assert version == HEAD


def test_what_a_newer_version_wrote_is_left_alone(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE bohwsw_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer version"):
        Database(database_url)


@pytest.mark.parametrize("where", ["", "mysql://host/name", "nonsense://x", 3])
def test_what_is_no_place_is_refused(where: object) -> None:
    with pytest.raises(SpecError, match="database"):
        Database(where)  # type: ignore[arg-type]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, and longer than a header of a hundred bytes " * 9)
    before = file.read_bytes()
    with pytest.raises(StorageError, match="not a database"):
        Database(file)
    assert file.read_bytes() == before
    with pytest.raises(StorageError, match="cannot be opened"):
        Database(tmp_path / "missing" / "studies.db")


def test_a_password_is_not_shown() -> None:
    with pytest.raises(StorageError) as error:
        Database("postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(error.value)


def database_of(client: Client) -> Database:
    assert isinstance(client._storage, SqlStorage)
    return client._storage.database


def _study(where: str) -> Client:
    client = Client(where)
    client.configure_experiment([RangeParameterConfig("x", (0, 10_000), "int")])
    client.configure_optimization("-y")
    client.configure_generation_strategy("random_search")
    return client


def test_a_full_disk_is_explained_and_harms_nothing(tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    _study(str(file)).get_next_trials(3)
    client = _study(str(file))

    def limit(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    database_of(client).close()
    event.listen(database_of(client)._engine, "connect", limit)
    with pytest.raises(StorageError, match="the disk is full"):
        client.get_next_trials(1000)
    written = len(_study(str(file)).summarize())
    assert 3 < written < 1000
    assert sqlite3.connect(file).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database_of(client).close()
    event.remove(database_of(client)._engine, "connect", limit)
    client.get_next_trials(1)  # once there is room again, it goes on
    assert len(client.summarize()) == written + 1


def test_a_read_only_place_is_explained_and_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "studies.db"
    client = _study(str(file))
    (number,) = client.get_next_trials(1)
    database_of(client).close()
    reader = Client.load_from_database("study", f"sqlite:///file:{file}?mode=ro&uri=true")
    assert len(reader.summarize()) == 1
    with pytest.raises(StorageError, match="read-only"):
        reader.complete_trial(number, {"y": 1.0})
    with pytest.raises(StorageError, match="read-only"):
        reader.get_next_trials(1)
    assert client.complete_trial(number, {"y": 1.0}) == "completed"


def test_a_writer_that_never_ends_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.1)
    file = tmp_path / "studies.db"
    client = _study(str(file))
    with Database(file).writing(), pytest.raises(StorageError, match="another process has held"):
        client.get_next_trials(1)


def test_nothing_of_a_write_that_fails_is_left(database_url: str) -> None:
    database = Database(database_url)
    row = text("INSERT INTO studies (id, name, definition, created_at) VALUES (7, 'a', '{}', 0)")

    def write_and_break() -> None:
        with database.writing() as connection:
            connection.execute(row)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_break()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM studies")).scalar() == 0


def test_the_folder_holds_nothing_but_the_database(tmp_path: Path) -> None:
    client = _study(str(tmp_path / "studies.db"))
    client.get_next_trials(1)
    database_of(client).close()
    assert sorted(os.listdir(tmp_path)) == ["studies.db"]

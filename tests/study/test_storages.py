"""The storages that come with bohwsw: each does what a storage must do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import place as place_of

from bohwsw.study.journal_storage import JournalStorage
from bohwsw.study.memory_storage import MemoryStorage
from bohwsw.study.sql_storage import SqlStorage
from bohwsw.study.storage import Storage
from bohwsw.study.storage_config import open_storage
from bohwsw.testing import StorageConformance


class TestMemoryStorage(StorageConformance):
    is_shared = False

    def opened(self, place: Any) -> Storage:
        return MemoryStorage()


class TestJournalStorage(StorageConformance):
    def opened(self, place: Path) -> Storage:
        return JournalStorage(place / "studies.jsonl")


class TestSqlStorage(StorageConformance):
    @pytest.fixture(params=["sqlite", "postgresql"])
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
        yield from place_of(request.param, request, tmp_path)

    def opened(self, place: str) -> Storage:
        return SqlStorage(place)


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("sqlite://", MemoryStorage),
        (":memory:", MemoryStorage),
        ("{}/a.jsonl", JournalStorage),
        ("{}/a.journal", JournalStorage),
        ("{}/a.db", SqlStorage),
        ("sqlite:///{}/a.db", SqlStorage),
    ],
)
def test_a_place_says_what_storage_it_is(where: str, kind: type[Storage], tmp_path: Path) -> None:
    opened = open_storage(where.format(tmp_path))
    assert type(opened) is kind
    opened.close()


def test_a_database_is_one_whatever_its_name(tmp_path: Path) -> None:
    SqlStorage(tmp_path / "studies.jsonl").close()
    assert isinstance(open_storage(tmp_path / "studies.jsonl"), SqlStorage)

"""Databases that the tests of studies run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from benchmarks.study.servers import postgresql


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server; `BOHWSW_POSTGRESQL_REQUIRED` forbids to do without."""
    with postgresql() as url:
        if url is None and os.environ.get("BOHWSW_POSTGRESQL_REQUIRED"):
            pytest.fail("PostgreSQL is not installed")
        if url is None:
            pytest.skip("PostgreSQL is not installed")
        yield url


def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place for studies."""
    if kind == "postgresql":
        found = request.getfixturevalue("postgresql_url")
        yield found
        _empty(found)
        return
    yield f"sqlite:///{tmp_path / 'studies.db'}" if kind == "sqlite" else f"{tmp_path}/{kind}.jsonl"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, of each kind."""
    yield from place(request.param, request, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql", "journal"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place for studies that processes can share, of each kind."""
    yield from place(request.param, request, tmp_path)


def _empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS trials, studies, bohwsw_version")

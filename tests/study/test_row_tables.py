"""Studies over the rows of a table: every way to go on, and tables that have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bohwsw import Client
from bohwsw.errors import SpecError
from bohwsw.rows import RowTable, stored_table

ROWS = [
    {"name": f"d{k}", "cores": 1 + k % 4, "cache": 2 ** (k // 4), "secure": k % 3 == 0}
    for k in range(24)
]
COLUMNS = {"name": "label", "cores": None, "cache": "log", "secure": None}


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process of its own, where no table is at hand."""
    monkeypatch.setattr(stored_table, "_AT_HAND", type(stored_table._AT_HAND)())


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def client_of(table: RowTable, storage: str | None = None, *texts: str) -> Client:
    client = Client(storage, random_seed=2)
    client.configure_experiment(table, texts, name="designs")
    client.configure_optimization("-cost, speed", ["cost <= 300"])
    client.configure_generation_strategy(initialization_budget=4)
    return client


def answered(client: Client, n: int) -> list[str]:
    names = []
    for _ in range(n):
        ((number, row),) = client.get_next_trials().items()
        assert row in ROWS
        names.append(row["name"])
        cost, speed = row["cores"] * row["cache"], row["cores"] + 2.0 * row["secure"]
        client.complete_trial(number, {"cost": cost, "speed": speed})
    return names


@pytest.mark.parametrize("place", ["journal.jsonl", "study.db", None])
@pytest.mark.parametrize("from_file", [True, False])
def test_it_goes_on_from_every_storage(place: str | None, from_file: bool, tmp_path: Path) -> None:
    storage = None if place is None else str(tmp_path / place)
    file = written(tmp_path / "designs.csv", ROWS)
    table = RowTable.read(file, COLUMNS) if from_file else RowTable.of(ROWS, COLUMNS)
    whole = answered(client_of(table), 8)
    client = client_of(table, storage)
    assert answered(client, 5) == whole[:5]
    client.save_to_json_file(tmp_path / "saved.json")
    stored_table._AT_HAND.clear()
    again = Client.load_from_json_file(tmp_path / "saved.json")
    assert answered(again, 3) == whole[5:]
    if storage is not None:
        assert answered(Client.load_from_database("designs", storage), 3) == whole[5:]


def test_a_changed_table_is_refused(tmp_path: Path) -> None:
    storage, file = str(tmp_path / "study.jsonl"), tmp_path / "designs.csv"
    client = client_of(RowTable.read(written(file, ROWS), COLUMNS), storage)
    answered(client, 2)
    written(file, ROWS[:-1])
    stored_table._AT_HAND.clear()
    with pytest.raises(SpecError, match="not the one that the study began with") as error:
        Client.load_from_database("designs", storage)
    assert error.value.file == str(file)
    with pytest.raises(SpecError, match="has other parameters") as error:
        client_of(RowTable.read(file, COLUMNS), storage)
    assert "23 rows" in str(error.value)
    assert "24 rows" in str(error.value)


def test_a_table_may_have_moved(tmp_path: Path) -> None:
    storage, file = str(tmp_path / "study.jsonl"), written(tmp_path / "designs.csv", ROWS)
    answered(client_of(RowTable.read(file, COLUMNS), storage), 2)
    moved = file.rename(tmp_path / "elsewhere.csv")
    stored_table._AT_HAND.clear()
    with pytest.raises(SpecError, match="cannot be read"):
        Client.load_from_database("designs", storage)
    assert len(answered(client_of(RowTable.read(moved, COLUMNS), storage), 2)) == 2


def test_rows_are_fixed_attached_and_constrained() -> None:
    client = client_of(RowTable.of(ROWS, COLUMNS), None, "cores * cache <= 64")
    for name, value in (("secure", True), ("secure", False), ("cores", 2), ("name", "d3")):
        (row,) = client.get_next_trials(fixed_parameters={name: value}).values()
        assert row[name] == value
        assert row["cores"] * row["cache"] <= 64
    client.attach_trial(ROWS[4])
    with pytest.raises(SpecError, match="no row of the table"):
        client.attach_trial({**ROWS[4], "name": "d5"})
    with pytest.raises(SpecError, match="is empty"):
        client.get_next_trials(fixed_parameters={"name": "d23"})

"""Records of long benchmarks: a killed run loses at most the line that it was writing."""

from pathlib import Path

from benchmarks.records import MADE, append_record, made_where, read_records


def test_what_was_cut_off_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "runs.jsonl"
    assert list(read_records(path)) == []
    append_record(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a": 2, "b"')
    append_record(path, {"a": 3})
    append_record(path, {"a": 4})
    records = list(read_records(path))
    assert [record["a"] for record in records] == [1, 3, 4]
    assert set(records[0][MADE]) == {"machine", "date", "commit"}


def test_runs_of_several_machines_are_told_apart() -> None:
    made = [
        {"machine": machine, "date": "2026-01-02", "commit": "0123456789abcdef"}
        for machine in ("Y", "X", "Y")
    ]
    assert made_where([{MADE: x} for x in made]) == [
        "1 on 2026-01-02, X, commit 012345678",
        "2 on 2026-01-02, Y, commit 012345678",
    ]

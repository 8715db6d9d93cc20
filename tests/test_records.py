"""Records of long benchmarks: a killed run loses at most the line that it was writing."""

from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.records import MADE, append_record, made_where, read_records, resumed


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


@dataclass(frozen=True)
class Task:
    number: int


def test_what_was_run_is_not_run_again(tmp_path: Path) -> None:
    path, ran, said = tmp_path / "runs.jsonl", [], []

    def square(task: Task) -> dict[str, object]:
        ran.append(task.number)
        return {"task": asdict(task), "square": task.number**2}

    assert len(resumed(path, square, [Task(2), Task(3)], said.append)) == 2
    found = resumed(path, square, [Task(4), Task(3)], said.append)
    assert [x["square"] for x in found] == [16, 9]
    assert ran == [2, 3, 4]
    assert len(said) == 3
    assert MADE in found[0]
    assert len(resumed(None, square, [Task(3)], said.append)) == 1
    assert ran[-1] == 3

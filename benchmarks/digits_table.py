"""Every network of ``digits-cnn`` trained once: the table that searches are held against.

All points of the model's knobs, after 2 and after 8 epochs, three seeds each. Points that differ in
bits alone share their runs. ``--write FILE`` trains them all and stores the table that comes with
bohwsw; without it some are trained again, and held against that table.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from bohwsw.accuracy import TableSource, TrainSource, measure
from bohwsw.atomicfile import atomic_write
from bohwsw.space import Point
from bohwsw.workload import load_model

MODEL = "digits-cnn"
EPOCHS = (2, 8)
SEEDS = 3
AGAIN = {True: 1, False: 12}
"""Networks that are trained again, quick or not."""
MOST = 10_000


def points() -> list[Point]:
    """All points of the model's knobs, those that share their training together."""
    space = load_model(MODEL).space
    if space is None:
        raise ValueError(f"{MODEL} has no knobs")
    codes = space.all_rows(MOST)
    if codes is None:
        raise ValueError(f"{MODEL} has more than {MOST} points")
    return [space.point(row) for row in codes]


def rows(source: TrainSource, networks: list[Point], log: Log) -> list[Row]:
    """A row for each network and number of epochs."""
    found = []
    for number, point in enumerate(networks, start=1):
        for epochs in source.fidelities["epochs"]:
            result = measure(source, point, {"epochs": epochs})
            found.append(
                {
                    **point,
                    "epochs": epochs,
                    "accuracy_percent": round(result.figures["accuracy_percent"], 3),
                    "accuracy_percent_error": round(result.standard_errors["accuracy_percent"], 3),
                    "training_seconds": round(result.training_seconds, 3),
                }
            )
        if number % 10 == 0:
            log(f"{number} of {len(networks)} networks")
    return found


def content(found: Sequence[Row]) -> str:
    """The rows as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return stream.getvalue()


def run(quick: bool, log: Log) -> Results:
    """Some networks of the table trained again."""
    stored = TableSource(MODEL)
    chosen = np.random.default_rng(0).permutation(len(points()))[: AGAIN[quick]]
    networks = [points()[place] for place in chosen]
    source = TrainSource(MODEL, epochs=EPOCHS, seeds=(SEEDS,), cache=None)
    again = rows(source, networks, log)
    compared = []
    for row in again:
        known = measure(stored, row, {"epochs": row["epochs"]})
        compared.append({**row, "table_percent": known.figures["accuracy_percent"]})
    values = [entry for entry in stored.rows.values() if entry is not None]
    return {
        **head("digits_table", quick),
        "rows": len(values),
        "trainings": len({entry[2] for entry in values}) * SEEDS,
        "training_seconds": sum({entry[2] for entry in values}),
        "best_percent": max(entry[0]["accuracy_percent"] for entry in values),
        "compared": compared,
        "largest_difference": max(
            abs(row["accuracy_percent"] - row["table_percent"]) for row in compared
        ),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        **{knob: knob for knob in load_model(MODEL).spec.knobs},
        "epochs": "epochs",
        "accuracy_percent": "again, %|.2f",
        "table_percent": "table, %|.2f",
    }
    return (
        heading("All networks of digits-cnn", results)
        + f"\nThe table has {results['rows']} rows from {results['trainings']} trainings, "
        f"{results['training_seconds']:.0f} s of processor time; the best network reaches "
        f"{results['best_percent']:.2f} %. Some of them, trained again: the largest difference is "
        f"{results['largest_difference']:.2f} points.\n\n" + table(results["compared"], columns)
    )


def write(path: Path, log: Log, cache: str | None = "default") -> None:
    """Train all networks, and store the table."""
    source = TrainSource(MODEL, epochs=EPOCHS, seeds=(SEEDS,), cache=cache)
    atomic_write(path, content(rows(source, points(), log)))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--write"] and len(given) == 2:
        write(Path(given[1]), lambda line: print(line, file=sys.stderr, flush=True))
        return 0
    return run_command("digits_table", "All networks of digits-cnn", run, markdown, given)


if __name__ == "__main__":
    sys.exit(main())

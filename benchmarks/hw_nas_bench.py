"""HW-NAS-Bench's devices on all cells of NAS-Bench-201 (arXiv:2103.10584): fronts, and what fails.

Fronts of accuracy and latency are exact: every network is looked at. The accuracies are those
after 12 epochs, which come along; ``--accuracies FILE`` takes those after 200 epochs, which may not
be shipped, from the array ``cifar10_test200`` of an npz file in the benchmark's order.

An Edge TPU's compiler refuses 259 of 1,999 networks. Nothing says why; the classifier of the
package learns it from some labels, and is asked about the others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import provenance
from bohwsw.accuracy import TableSource
from bohwsw.surrogates import FeasibilityClassifier
from bohwsw.workload import load_model

MODEL = "nas-bench-201"
DEVICES = ("eyeriss", "fpga", "pixel3", "raspi4")
LABELS = {True: (100,), False: (250, 500, 1000, 1500)}
COLUMN = "cifar10_test200"

Array = npt.NDArray[np.float64]


def front(accuracies: Array, latencies: Array) -> npt.NDArray[np.int64]:
    """Networks that none beats in one figure without losing in the other, fastest first.

    Equal ones, in both figures, are all on the front or none is.
    """
    order = np.lexsort((-accuracies, latencies))
    best, found = -np.inf, list[int]()
    for place in order.tolist():
        is_better = accuracies[place] > best
        is_equal = bool(found) and (
            (accuracies[place], latencies[place]) == (accuracies[found[-1]], latencies[found[-1]])
        )
        if is_better or is_equal:
            found.append(place)
            best = accuracies[place]
    return np.array(found)


def area_under_curve(scores: Array, labels: npt.NDArray[np.bool_]) -> float:
    """Chance that one that compiles has the larger score of two; equal scores count half."""
    yes, no = scores[labels], np.sort(scores[~labels])
    below = np.searchsorted(no, yes, "left") + np.searchsorted(no, yes, "right")
    return float(below.mean() / (2 * len(no)))


def fronts(accuracies: Array | None) -> list[Row]:
    """The exact front of each device."""
    figures = ("accuracy_percent", *(f"{device}_latency_ms" for device in DEVICES))
    stored = TableSource(MODEL, figures=figures)
    values = np.array([[row[0][name] for name in figures] for row in stored.rows.values() if row])
    known = values[:, 0] if accuracies is None else accuracies
    rows = []
    for column, device in enumerate(DEVICES, start=1):
        latencies = values[:, column]
        found = front(known, latencies)
        points = {(known[place], latencies[place]) for place in found}
        rows.append(
            {
                "device": device,
                "latencies": len(np.unique(latencies)),
                "networks": len(found),
                "points": len(points),
                "best_percent": float(known[found[-1]]),
                "latency_ms": float(latencies[found[-1]]),
            }
        )
    return rows


def learned(labels: Sequence[int], log: Log) -> list[Row]:
    """How well it is known what compiles, after numbers of labels."""
    space = load_model(MODEL).space
    if space is None:
        raise ValueError(f"{MODEL} has no knobs")
    stored = TableSource(f"{MODEL}-edge", figures=("edgetpu_latency_ms",))
    points = [dict(zip(stored.keys, key, strict=True)) for key in stored.rows]
    x = space.encode(points)
    compiles = np.array([row is not None for row in stored.rows.values()])
    order = np.random.default_rng(0).permutation(len(x))
    rows = []
    for count in labels:
        seen, asked = order[:count], order[count:]
        classifier = FeasibilityClassifier(space.encoding_groups).fit(x[seen], compiles[seen])
        scores = classifier.predict(x[asked])
        # A tenth of those that are left, taken by what the classifier says of them.
        chosen = np.argsort(-scores, kind="stable")[: len(asked) // 10]
        rows.append(
            {
                "labels": count,
                "auc": area_under_curve(scores, compiles[asked]),
                "failing_percent": 100 * float((~compiles[asked]).mean()),
                "failing_chosen_percent": 100 * float((~compiles[asked][chosen]).mean()),
            }
        )
        log(f"{count} labels: {rows[-1]['auc']:.3f}")
    return rows


def run(file: Path | None, quick: bool, log: Log) -> Results:
    """Fronts, then what fails."""
    accuracies = None
    if file is not None:
        with np.load(file, allow_pickle=False) as arrays:
            accuracies = arrays[COLUMN].astype(np.float64)
    return {
        "benchmark": "hw_nas_bench",
        "quick": quick,
        "provenance": provenance(),
        "epochs": 12 if file is None else 200,
        "fronts": fronts(accuracies),
        "learned": learned(LABELS[quick], log),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    columns: dict[str, str] = {
        "device": "device",
        "latencies": "distinct latencies",
        "networks": "networks on the front",
        "points": "distinct points",
        "best_percent": "most accurate, %|.2f",
        "latency_ms": "its latency, ms|.2f",
    }
    named: dict[str, Any] = {
        "labels": "labels",
        "auc": "area under the curve|.3f",
        "failing_percent": "fail, %|.1f",
        "failing_chosen_percent": "fail of the likeliest tenth, %|.1f",
    }
    return (
        heading("HW-NAS-Bench", results)
        + f"\nExact fronts of the 15,625 cells, CIFAR-10 after {results['epochs']} epochs:\n\n"
        + table(results["fronts"], columns)
        + "\nWhich of 1,999 networks an Edge TPU's compiler takes, learned from random labels:\n\n"
        + table(results["learned"], named)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    file = None
    if "--accuracies" in given[:-1]:
        place = given.index("--accuracies")
        file = Path(given[place + 1])
        del given[place : place + 2]
    return run_command(
        "hw_nas_bench", "HW-NAS-Bench's devices", partial(run, file), markdown, given
    )


if __name__ == "__main__":
    sys.exit(main())

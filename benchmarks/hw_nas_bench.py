"""HW-NAS-Bench's devices on all cells of NAS-Bench-201 (arXiv:2103.10584): fronts, and what fails.

Fronts of accuracy and latency are exact: every network is looked at. The accuracies are those
after 12 epochs, which come along; ``--accuracies FILE`` takes those after 200 epochs, which may not
be shipped, from the array ``cifar10_test200`` of an npz file in the benchmark's order.

Counts given for these fronts, 47, 31, 43 and 43, come of another rule: see `records`.

An Edge TPU's compiler refuses 259 of 1,999 networks. Nothing says why; the classifier of the
package learns it from some labels, and is asked about the others, with and without features of
the cells: a user's function of a point (`bohwsw.space.Features`) that says what each node sums up
and what is computed of zeros only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from bohwsw.accuracy import TableSource
from bohwsw.rows import RowSpace, RowTable
from bohwsw.space import Features
from bohwsw.strategies import Outcome, TrialState, strategy
from bohwsw.surrogates import FeasibilityClassifier

MODEL = "nas-bench-201"
DEVICES = ("eyeriss", "fpga", "pixel3", "raspi4")
LABELS = {True: (250,), False: (250, 500, 1000, 1500)}
COLUMN = "cifar10_test200"
NONE = "none"
OPERATORS = (NONE, "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ("0_1", "0_2", "1_2", "0_3", "1_3", "2_3")
FEATURES = (
    *(f"node {node} is fed" for node in "123"),
    *(f"node {node} is used" for node in "12"),
    *(f"{operator} into node {node}" for node in "123" for operator in OPERATORS),
    *(f"{operator} of zeros" for operator in OPERATORS[1:]),
)

COUNTS = """
Counts given for these fronts are 47, 31, 43 and 43. Below: distinct points / networks on the front
/ networks more accurate than all before them in order of latency, in the order of the benchmark's
list where latencies are equal, which counts some that an equally fast one beats.

"""

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


def records(accuracies: Array, latencies: Array) -> int:
    """Networks more accurate than all before them, sorted by latency alone, as they come if equal.

    That is how 47, 43 and 43 come about: of networks that are equally fast it counts some that
    another one beats, and depends on the order of the benchmark's list.
    """
    found = accuracies[np.argsort(latencies, kind="stable")]
    before = np.maximum.accumulate(found)[:-1]
    return 1 + int((found[1:] > before).sum())


def area_under_curve(scores: Array, labels: npt.NDArray[np.bool_]) -> float:
    """Chance that one that compiles has the larger score of two; equal scores count half."""
    yes, no = scores[labels], np.sort(scores[~labels])
    below = np.searchsorted(no, yes, "left") + np.searchsorted(no, yes, "right")
    return float(below.mean() / (2 * len(no)))


@cache
def stored_columns() -> dict[str, Array]:
    """The shipped columns by name, in the benchmark's order."""
    figures = ("accuracy_percent", *(f"{device}_latency_ms" for device in DEVICES))
    rows = [row[0] for row in TableSource(MODEL, figures=figures).rows.values() if row]
    return {name: np.array([row[name] for row in rows]) for name in figures}


def fronts(known: Array) -> list[Row]:
    """The exact front of each device."""
    rows = []
    for device in DEVICES:
        latencies = stored_columns()[f"{device}_latency_ms"]
        found = front(known, latencies)
        rows.append(
            {
                "device": device,
                "latencies": len(np.unique(latencies)),
                **counts(known, latencies),
                "best_percent": float(known[found[-1]]),
                "latency_ms": float(latencies[found[-1]]),
            }
        )
    return rows


def counts(accuracies: Array, latencies: Array) -> Row:
    """Networks on the front, distinct points of it, and records."""
    found = front(accuracies, latencies)
    points = {(accuracies[place], latencies[place]) for place in found}
    return {
        "networks": len(found),
        "points": len(points),
        "records": records(accuracies, latencies),
    }


def ways_to_count(accuracies: Mapping[str, Array]) -> list[Row]:
    """What there is on the front of each device for each column of accuracies."""
    rows: list[Row] = []
    for name, values in accuracies.items():
        row: Row = {"accuracies": name}
        for device in DEVICES:
            found = counts(values, stored_columns()[f"{device}_latency_ms"])
            row[device] = " / ".join(str(found[key]) for key in ("points", "networks", "records"))
        rows.append(row)
    return rows


def cell_features(columns: Mapping[str, npt.NDArray[Any]]) -> Array:
    """What a compiler may stumble over in cells: numbers ``[n, 24]``, named by ``FEATURES``.

    An edge that none leads to, or after such edges only, carries zeros whatever its operator is.
    """
    held = {edge: np.asarray(columns[f"edge_{edge}"]) for edge in EDGES}
    live: dict[str, npt.NDArray[np.bool_]] = {"0": np.ones(len(held["0_1"]), dtype=bool)}
    for node in "123":
        into = [live[edge[0]] & (held[edge] != NONE) for edge in EDGES if edge[-1] == node]
        live[node] = np.any(into, axis=0)
    numbers = [live[node] for node in "123"]
    to_2 = held["2_3"] != NONE
    numbers += [(held["1_3"] != NONE) | ((held["1_2"] != NONE) & to_2), to_2]
    for node in "123":
        into = [held[edge] for edge in EDGES if edge[-1] == node]
        numbers += [sum(values == operator for values in into) for operator in OPERATORS]
    numbers += [
        sum((held[edge] == operator) & ~live[edge[0]] for edge in EDGES)
        for operator in OPERATORS[1:]
    ]
    return np.column_stack(numbers).astype(np.float64)


@cache
def edge_tpu() -> tuple[RowSpace, RowSpace, npt.NDArray[np.bool_], Array]:
    """The networks without and with features of cells, which compile, and their accuracies."""
    compiled = TableSource(f"{MODEL}-edge", figures=("edgetpu_latency_ms",))
    known = TableSource(MODEL, figures=("accuracy_percent",))
    rows = RowTable.of([dict(zip(compiled.keys, key, strict=True)) for key in compiled.rows])
    accuracies = [
        known.measure(dict(zip(compiled.keys, key, strict=True))).figures["accuracy_percent"]
        for key in compiled.rows
    ]
    return (
        RowSpace(rows),
        RowSpace(rows, features=Features(cell_features, FEATURES)),
        np.array([row is not None for row in compiled.rows.values()]),
        np.array(accuracies),
    )


def learned(labels: Sequence[int], seeds: int, log: Log) -> list[Row]:
    """How well it is known what compiles, after numbers of random labels."""
    plain, told, compiles, _ = edge_tpu()
    rows = []
    for space, features in ((plain, "none"), (told, "of the cell")):
        x = space.encode_rows(space.table.codes)
        for count in labels:
            areas, failing, chosen = [], [], []
            for seed in range(seeds):
                order = np.random.default_rng(seed).permutation(len(x))
                seen, asked = order[:count], order[count:]
                classifier = FeasibilityClassifier(space.encoding_groups)
                scores = classifier.fit(x[seen], compiles[seen]).predict(x[asked])
                # A tenth of those that are left, taken by what the classifier says of them.
                likely = np.argsort(-scores, kind="stable")[: len(asked) // 10]
                areas.append(area_under_curve(scores, compiles[asked]))
                failing.append(100 * float((~compiles[asked]).mean()))
                chosen.append(100 * float((~compiles[asked][likely]).mean()))
            rows.append(
                {
                    "features": features,
                    "labels": count,
                    "auc": mean(areas),
                    "least_auc": min(areas),
                    "failing_percent": mean(failing),
                    "failing_chosen_percent": mean(chosen),
                }
            )
            log(f"{count} labels, features {features}: {mean(areas):.4f}, least {min(areas):.4f}")
    return rows


SEARCHES = (("random", "none"), ("bayesian", "none"), ("bayesian", "of the cell"))
"""Strategies and the features that they are told."""


def searched(labels: int, trials: int, seeds: int, log: Log) -> list[Row]:
    """The most accurate network that compiles: how many suggestions do not, after random ones."""
    plain, told, compiles, accuracies = edge_tpu()
    place = {row.tobytes(): number for number, row in enumerate(plain.table.codes)}
    rows = []
    for method, features in SEARCHES:
        space = plain if features == "none" else told
        failed, missed = [], []
        for seed in range(seeds):
            order = np.random.default_rng(seed).permutation(len(compiles))[:labels]
            asked, found = strategy(method, space, seed), list[int]()
            for number in range(labels + trials):
                row = order[number] if number < labels else None
                point = space.point(space.table.codes[row]) if row is not None else asked.ask()[0]
                found.append(place[space.row(point).tobytes()])
                is_fine = bool(compiles[found[-1]])
                state = TrialState.COMPLETED if is_fine else TrialState.INFEASIBLE
                asked.tell(point, Outcome(state, -accuracies[found[-1]] if is_fine else None))
            failed.append(100 * float((~compiles[found[labels:]]).mean()))
            best = accuracies[found][compiles[found]].max(initial=0.0)
            missed.append(float(accuracies[compiles].max() - best))
            log(f"{labels} labels, {method}, features {features}: {failed[-1]:.1f} % fail")
        rows.append(
            {
                "labels": labels,
                "strategy": method,
                "features": features,
                "failing_percent": mean(failed),
                "most_failing_percent": max(failed),
                "missed": median(missed),
            }
        )
    return rows


def run(file: Path | None, quick: bool, log: Log) -> Results:
    """Fronts, then what fails."""
    shipped = stored_columns()["accuracy_percent"]
    accuracies = {"shipped": shipped}
    if file is not None:
        with np.load(file, allow_pickle=False) as arrays:
            accuracies = {
                name: arrays[name].astype(np.float64)
                for name in arrays.files
                if arrays[name].shape == shipped.shape and arrays[name].dtype.kind == "f"
            }
    return {
        **head("hw_nas_bench", quick),
        "epochs": 12 if file is None else 200,
        "fronts": fronts(accuracies.get(COLUMN, shipped)),
        "counts": ways_to_count(accuracies),
        "learned": learned(LABELS[quick], 1 if quick else 10, log),
        "searched": [
            row
            for before in ((0,) if quick else (0, 500))
            for row in searched(before, *((30, 1) if quick else (100, 5)), log)
        ],
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    columns: dict[str, str] = {
        "device": "device",
        "latencies": "distinct latencies",
        "networks": "networks on the front",
        "points": "distinct points",
        "records": "records in order of latency",
        "best_percent": "most accurate, %|.2f",
        "latency_ms": "its latency, ms|.2f",
    }
    named: dict[str, Any] = {
        "features": "features",
        "labels": "labels",
        "auc": "area under the curve|.4f",
        "least_auc": "least|.4f",
        "failing_percent": "fail, %|.1f",
        "failing_chosen_percent": "fail of the likeliest tenth, %|.1f",
    }
    searches: dict[str, Any] = {
        "labels": "random labels before",
        "strategy": "strategy",
        "features": "features",
        "failing_percent": "suggestions that fail, %|.1f",
        "most_failing_percent": "worst seed|.1f",
        "missed": "best accuracy missed by, median|.2f",
    }
    return (
        heading("HW-NAS-Bench", results)
        + f"\nExact fronts of the 15,625 cells, CIFAR-10 after {results['epochs']} epochs:\n\n"
        + table(results["fronts"], columns)
        + COUNTS
        + table(results["counts"], {"accuracies": "accuracies", **{d: d for d in DEVICES}})
        + "\nWhich of 1,999 networks an Edge TPU's compiler takes, learned from random labels:\n\n"
        + table(results["learned"], named)
        + "\nThe most accurate of those that compile (after 12 epochs), searched for:\n\n"
        + table(results["searched"], searches)
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

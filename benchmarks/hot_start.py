"""Networks from trained ones instead of from nothing, after HotNAS (arXiv:2007.03164).

Digits: five networks of 24 channels are given, trained. Cut to fewer channels, fine-tuned for two
epochs and rounded to few bits they are held against all networks of the model trained from nothing:
accuracy against the bits that all weights take. What training costs is its processor time; there is
one seed. What the five cost is said, and counted on neither side.

Keywords (``--features FILE``, an npz file with ``x``, 49 x 10 features of 8 bits, and ``y``): the
shipped network of MLPerf Tiny with fewer bits for its weights. Such features may not be shipped.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from math import log2
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import provenance
from bohwsw.accuracy import TrainedSource, TrainSource, measure
from bohwsw.workload import load_model, tensor_words

MODEL = "digits-cnn"
WIDTHS = (24, 16, 12, 8, 6, 4)
GIVEN = [(1, "conv"), (2, "conv"), (3, "conv"), (2, "separable"), (3, "separable")]
BITS = (2, 3, 4, 6, 8)
TUNING = 2
QUICK = (2, "conv", 3)
LEAST_PERCENT = 50.0
KEYWORD_BITS = (16, 8, 6, 5, 4, 3)
ZERO, SCALE = 83.0, 0.5847029
"""Of the features of MLPerf Tiny's keyword spotting, as its 8-bit network takes them."""


def weight_bits(point: dict[str, Any]) -> int:
    """Bits of all weights of a network."""
    network = load_model(MODEL).network(point)
    return sum(
        entry.count * tensor_words(entry.layer, "Weights") * (entry.layer.weights_bits or 0)
        for entry in network.unique_layers()
    )


def hypervolume(rows: Iterable[Row], fewest: int, most: int) -> float:
    """Share of the box from 50 to 100 % and from fewest to most bits, these by their logarithm."""
    best, found = LEAST_PERCENT, 0.0
    for row in sorted(rows, key=lambda row: (row["bits"], -row["accuracy_percent"])):
        if row["accuracy_percent"] > best:
            found += log2(most / row["bits"]) * (row["accuracy_percent"] - best)
            best = row["accuracy_percent"]
    return found / (log2(most / fewest) * (100 - LEAST_PERCENT))


def structures(quick: bool) -> list[dict[str, Any]]:
    """What networks trained from nothing differ in besides their bits."""
    space = load_model(MODEL).space
    codes = None if space is None else space.all_rows(10_000)
    if space is None or codes is None:
        raise ValueError(f"{MODEL} has no small space")
    names = ("width", "depth", "kernel", "operator")
    found = {tuple(point[name] for name in names): point for point in map(space.point, codes)}
    points = [{name: point[name] for name in names} for point in found.values()]
    return [p for p in points if not quick or (p["depth"], p["operator"], p["kernel"]) == QUICK]


def rounded(source: TrainSource | TrainedSource, knobs: dict[str, Any]) -> tuple[list[Row], float]:
    """A network at each number of bits, and the seconds of training behind them."""
    rows, seconds = [], 0.0
    for bits in BITS:
        changes = {**knobs, "weight_bits": bits, "activation_bits": 8}
        point = load_model(MODEL).with_point(changes)
        found = measure(source, point)
        seconds += found.training_seconds * (found.trainings > 0)
        percent = found.figures["accuracy_percent"]
        rows.append({"bits": weight_bits(point), "accuracy_percent": percent})
    return rows, seconds


def from_nothing(quick: bool, folder: Path, log: Log) -> tuple[list[Row], Row]:
    """All networks, and what they cost."""
    training = TrainSource(MODEL, seeds=(1,), cache=folder)
    rows, total, networks = [], 0.0, structures(quick)
    for number, knobs in enumerate(networks, start=1):
        found, seconds = rounded(training, knobs)
        rows += found
        total += seconds
        if number % 10 == 0:
            log(f"{number} of {len(networks)} networks trained from nothing")
    return rows, {"networks": len(rows), "trainings": len(networks), "tunings": 0, "seconds": total}


def from_trained(quick: bool, folder: Path, log: Log) -> tuple[list[Row], Row]:
    """Networks cut out of given ones, and what they cost."""
    training = TrainSource(MODEL, seeds=(1,), cache=folder)
    rows, total, tunings, given_seconds = [], 0.0, 0, 0.0
    for depth, operator in GIVEN[1:2] if quick else GIVEN:
        whole: dict[str, Any] = {"width": WIDTHS[0], "depth": depth, "operator": operator}
        whole["kernel"] = 3
        given_seconds += measure(training, whole).training_seconds
        file = folder / f"{depth}-{operator}.weights.npz"
        weights: dict[str, Any] = {n: v.numpy() for n, v in training.weights(whole).items()}
        np.savez(file, **weights)
        for width in WIDTHS:
            epochs = 0 if width == WIDTHS[0] else TUNING
            options = {"test_share": 0.3, "epochs": epochs, "cache": folder}
            source = TrainedSource("digits", MODEL, file, whole, **options)  # type: ignore[arg-type]
            found, seconds = rounded(source, {**whole, "width": width})
            rows += found
            total += seconds
            tunings += epochs > 0
        log(f"depth {depth}, {operator}: {len(rows)} networks from trained ones")
    costs = {"trainings": 0, "tunings": tunings, "seconds": total, "given_seconds": given_seconds}
    return rows, {"networks": len(rows), **costs}


def keywords(features: Path) -> list[Row]:
    """The keyword-spotting network with fewer bits for its weights."""
    source = TrainedSource(str(features), zero=ZERO, scale=SCALE)
    return [
        {
            "weight_bits": bits,
            **measure(source, {"weight_bits": bits, "activation_bits": 8}).figures,
        }
        for bits in KEYWORD_BITS
    ]


def run(features: Path | None, quick: bool, log: Log) -> Results:
    """Both parts; the second where there are features."""
    with tempfile.TemporaryDirectory() as folder:
        cold, cold_costs = from_nothing(quick, Path(folder), log)
        hot, hot_costs = from_trained(quick, Path(folder), log)
    bits = [row["bits"] for row in cold]
    volumes = [hypervolume(rows, min(bits), max(bits)) for rows in (cold, hot)]
    return {
        "benchmark": "hot_start",
        "quick": quick,
        "provenance": provenance(),
        "cold": {**cold_costs, "hypervolume": volumes[0]},
        "hot": {**hot_costs, "hypervolume": volumes[1]},
        "hypervolume_share": volumes[1] / volumes[0],
        "seconds_share": hot_costs["seconds"] / cold_costs["seconds"],
        "keywords": [] if features is None else keywords(features),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "start": "start",
        "networks": "networks",
        "trainings": "trainings from nothing",
        "tunings": "fine-tunings",
        "seconds": "processor seconds|.1f",
        "hypervolume": "hypervolume|.3f",
    }
    rows = [
        {"start": "from nothing", **results["cold"]},
        {"start": "from trained networks", **results["hot"]},
    ]
    page = heading("Networks from trained ones", results) + "\n" + table(rows, columns)
    page += (
        f"\nThe trained networks lead to {100 * results['hypervolume_share']:.1f} % of the "
        f"hypervolume for {100 * results['seconds_share']:.1f} % of the training; they themselves "
        f"took {results['hot']['given_seconds']:.1f} s. Accuracy on 539 digits, one seed.\n"
    )
    if results["keywords"]:
        named = {"weight_bits": "bits of weights", "accuracy_percent": "accuracy, %|.1f"}
        page += "\nMLPerf Tiny keyword spotting, activations of 8 bits, no training:\n\n"
        page += table(results["keywords"], named)
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    features = None
    if "--features" in given[:-1]:
        place = given.index("--features")
        features = Path(given[place + 1])
        del given[place : place + 2]
    description = "Networks from trained ones instead of from nothing"
    return run_command("hot_start", description, partial(run, features), markdown, given)


if __name__ == "__main__":
    sys.exit(main())

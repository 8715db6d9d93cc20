"""Networks from trained ones instead of from nothing, after HotNAS (arXiv:2007.03164).

Digits: five networks of 24 channels are given, trained. Cut to fewer channels step by step, each
time fine-tuned for two or three epochs, and rounded to few bits they are held against all networks
of the model trained from nothing: accuracy against the bits that all weights take. What training
costs is its processor time, for each of three seeds. What the five cost is said, and counted on
neither side. Finished runs are kept as those of any source are, with what they took: a benchmark
that was interrupted goes on.

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
from benchmarks.joint.method import interval
from benchmarks.provenance import head
from bohwsw.accuracy import TrainedSource, TrainSource, measure
from bohwsw.workload import load_model, tensor_words

MODEL = "digits-cnn"
WIDTHS = (24, 16, 12, 8, 6, 4)
GIVEN = [(1, "conv"), (2, "conv"), (3, "conv"), (2, "separable"), (3, "separable")]
BITS = (2, 3, 4, 6, 8)
TUNING = {24: 0, 16: 2, 12: 2, 8: 3, 6: 3, 4: 3}
"""Epochs by the width: small networks are cheap to tune, and have lost most."""
QUICK = (2, "conv", 3)
LEAST_PERCENT = 50.0
SEEDS = 3
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
    """A network at each number of bits, and the seconds of the one training behind them."""
    rows, seconds = [], 0.0
    for bits in BITS:
        changes = {**knobs, "weight_bits": bits, "activation_bits": 8}
        point = load_model(MODEL).with_point(changes)
        found = measure(source, point)
        seconds = found.training_seconds
        percent = found.figures["accuracy_percent"]
        rows.append({"bits": weight_bits(point), "accuracy_percent": percent})
    return rows, seconds


def from_nothing(networks: list[dict[str, Any]], seed: int) -> tuple[list[Row], float]:
    """All networks, and the seconds of their training."""
    training = TrainSource(MODEL, seeds=(1,), seed=seed)
    found = [rounded(training, knobs) for knobs in networks]
    return [row for rows, _ in found for row in rows], sum(seconds for _, seconds in found)


def from_trained(given: list[tuple[int, str]], seed: int) -> tuple[list[Row], float, float]:
    """Networks cut out of given ones, the seconds of fine-tuning, and those of the given."""
    training = TrainSource(MODEL, seeds=(1,), seed=seed)
    rows, tuning, given_seconds = [], 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for depth, operator in given:
            whole = {"width": WIDTHS[0], "depth": depth, "operator": operator, "kernel": 3}
            given_seconds += measure(training, whole).training_seconds
            weights, larger, file = training.weights(whole), whole, Path(folder) / "0.npz"
            for width in WIDTHS:
                file = Path(folder) / f"{depth}-{operator}-{width}.npz"
                arrays: dict[str, Any] = {name: value.numpy() for name, value in weights.items()}
                np.savez(file, **arrays)
                options: dict[str, Any] = {"test_share": 0.3, "seed": seed}
                options["epochs"] = TUNING[width] if width < WIDTHS[0] else 0
                source = TrainedSource("digits", MODEL, file, larger, **options)
                smaller = {**whole, "width": width}
                found, seconds = rounded(source, smaller)
                rows += found
                tuning += seconds
                weights, larger = source.weights_at(smaller), smaller
    return rows, tuning, given_seconds


def compared(quick: bool, log: Log) -> Row:
    """Both ways for each seed."""
    networks, given = structures(quick), GIVEN[1:2] if quick else GIVEN
    seeds: list[Row] = []
    for seed in range(1 if quick else SEEDS):
        cold, cold_seconds = from_nothing(networks, seed)
        hot, hot_seconds, given_seconds = from_trained(given, seed)
        bits = [row["bits"] for row in cold]
        volumes = [hypervolume(rows, min(bits), max(bits)) for rows in (cold, hot)]
        seeds.append(
            {
                "seed": seed,
                "cold_hypervolume": volumes[0],
                "hot_hypervolume": volumes[1],
                "hypervolume_percent": 100 * volumes[1] / volumes[0],
                "cold_seconds": cold_seconds,
                "hot_seconds": hot_seconds,
                "given_seconds": given_seconds,
                "seconds_percent": 100 * hot_seconds / cold_seconds,
            }
        )
        log(", ".join(f"{name} {value:.4g}" for name, value in seeds[-1].items()))
    tunings = len(given) * (len(WIDTHS) - 1)
    return {"trainings": len(networks), "tunings": tunings, "seeds": seeds}


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
    return {
        **head("hot_start", quick),
        **compared(quick, log),
        "keywords": [] if features is None else keywords(features),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "seed": "seed",
        "cold_hypervolume": "from nothing: hypervolume|.3f",
        "cold_seconds": "processor seconds|.1f",
        "hot_hypervolume": "from trained networks: hypervolume|.3f",
        "hot_seconds": "processor seconds|.1f",
        "hypervolume_percent": "share of the hypervolume, %|.1f",
        "seconds_percent": "of the seconds, %|.1f",
        "given_seconds": "what the given ones took|.1f",
    }
    page = heading("Networks from trained ones", results) + "\n"
    page += table(results["seeds"], columns)
    volume, seconds = (
        interval([row[key] for row in results["seeds"]])
        for key in ("hypervolume_percent", "seconds_percent")
    )
    page += (
        f"\n{results['trainings']} trainings from nothing against {results['tunings']} "
        f"fine-tunings, each at {len(BITS)} numbers of bits. The trained networks lead to "
        f"{volume[0]:.1f} +- {volume[1]:.1f} % of the hypervolume for {seconds[0]:.1f} +- "
        f"{seconds[1]:.1f} % of the training (95 %). Accuracy on 539 digits.\n"
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

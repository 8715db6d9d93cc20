"""HSCoNAS's setting: operators and channel factors of 20 layers, and a latency that is to be met.

Latencies are TF-NAS's table of blocks on a CPU (AberHu/TF-NAS @08b31a2, MIT), of which
``tfnas_cpu.csv`` has ten widths of each block, a tenth to all of its channels. Nobody has trained
these networks: what is searched for is the accuracy that NN-Degree predicts, fitted to
Once-for-All's. So the figure is about latencies; it says nothing of accuracies.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Row
from benchmarks.searches.predictors import ofa_degree
from bohwsw.accuracy import DegreePredictor, LatencyTable, fit_degree, measured_rows
from bohwsw.accuracy.table_file import read_table
from bohwsw.space import Categorical, Integer, Point, Space
from bohwsw.strategies import Outcome, TrialState, strategy

FILE = Path(__file__).parent / "tfnas_cpu.csv"
BASE_MS = 9.35647
WITHIN = 0.01
EVALUATIONS = 300
STAGES = [(112, 16, 24, 2), (56, 24, 24, 1), (56, 24, 40, 2), (28, 40, 40, 1), (28, 40, 80, 2)]
STAGES += [(14, 80, 80, 1), (14, 80, 112, 1), (14, 112, 112, 1), (14, 112, 192, 2)]
STAGES += [(7, 192, 192, 1), (7, 192, 320, 1)]
REPEATS = (1, 2, 1, 3, 1, 3, 1, 3, 1, 3, 1)
"""Image size, channels in and out and stride of the layers, and how many follow one another."""

LAYERS = [stage for stage, n in zip(STAGES, REPEATS, strict=True) for _ in range(n)]


@cache
def tables() -> tuple[LatencyTable, dict[str, int]]:
    """The latency of a network, and the most channels of each operator of each layer."""
    columns = read_table(FILE).columns
    entries: dict[str, float] = {}
    most: dict[str, int] = {}
    for layer, (size, channels, output, stride) in enumerate(LAYERS, start=1):
        for row in range(len(columns["size"])):
            own = [int(columns[name][row]) for name in ("size", "channels", "output", "stride")]
            if own == [size, channels, output, stride]:
                excited = int(columns["excited"][row]) // channels
                operator = f"k{int(columns['kernel'][row])}_e{excited}"
                most[f"{layer} {operator}"] = int(columns["most_width"][row])
                for factor in range(1, 11):
                    key = f"operator_{layer}={operator},factor_{layer}={factor}"
                    entries[key] = float(columns[f"ms_{factor}"][row])
    return LatencyTable("cpu_latency_ms", entries, BASE_MS), most


def space() -> Space:
    """An operator and a tenth of channels for each layer."""
    operators = [f"k{kernel}_e{excited}" for kernel in (3, 5) for excited in (0, 1, 2)]
    layers = range(1, len(LAYERS) + 1)
    knobs = [
        (Categorical(f"operator_{k}", operators), Integer(f"factor_{k}", 1, 10)) for k in layers
    ]
    return Space([knob for pair in knobs for knob in pair])


@cache
def curve() -> DegreePredictor:
    """NN-Degree's curve of Once-for-All."""
    points, values = measured_rows("ofa-mobilenet-v3", "accuracy_percent")
    return fit_degree([ofa_degree(point, weighted=True) for point in points], values)


def outcome(point: Point, limits: tuple[float, float]) -> Outcome:
    """What a trial tells: the latency first, and the error if that is within its limits."""
    table, widths = tables()
    latency = {"ms": table(point)}
    if not limits[0] <= latency["ms"] <= limits[1]:
        return Outcome(TrialState.INFEASIBLE, reason="latency", metrics=latency)
    layers = range(1, len(LAYERS) + 1)
    channels = [widths[f"{k} {point[f'operator_{k}']}"] * point[f"factor_{k}"] / 10 for k in layers]
    return Outcome(TrialState.COMPLETED, 100.0 - curve()(sum(channels)), metrics=latency)


def channel_factors(seeds: int, _: Path | None) -> Row:
    """How far the best networks are from a latency, in percent, at the worst seed.

    By limits 1 % below and above: 60 ms, which a tenth of random networks have at most. By a score
    as the paper's, a point for each percent: the same, and 50 ms, which none of them has.
    """
    rows: Row = {"seeds": seeds, "evaluations": EVALUATIONS}
    for name in ("shrinking_evolution", "evolutionary", "random"):
        for target, is_score in ((60.0, False), (60.0, True), (50.0, False), (50.0, True)):
            found = [
                best for best in (_best(name, target, is_score, k) for k in range(seeds)) if best
            ]
            off = [100.0 * abs(best.metrics["ms"] / target - 1.0) for best in found]
            key = f"{name}_{target:.0f}_{'score' if is_score else 'limits'}"
            rows[f"{key}_met"] = sum(value <= 100.0 * WITHIN for value in off)
            rows[f"{key}_off"] = max(off, default=None)
    return rows


def _best(name: str, target: float, is_score: bool, seed: int) -> Outcome | None:
    """The best outcome of a search by limits or by a score; None if no network kept the limits."""
    low, high = (1.0 - WITHIN) * target, (1.0 + WITHIN) * target
    limits = {} if is_score else {"outcome_constraints": [f"ms >= {low}", f"ms <= {high}"]}
    options: dict[str, Any] = {"budget": EVALUATIONS} if name == "shrinking_evolution" else {}
    search = strategy(name, space(), seed, **limits, **options)
    for _ in range(EVALUATIONS):
        (point,) = search.ask()
        told = outcome(point, (0.0, np.inf) if is_score else (low, high))
        if is_score and told.objective is not None:
            off = 100.0 * abs(told.metrics["ms"] / target - 1.0)
            told = Outcome(told.state, told.objective + off, metrics=told.metrics)
        search.tell(point, told)
    return search.best.outcome if search.best else None

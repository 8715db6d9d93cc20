"""Networks, bits and tiles on ``lu2019``: joint search beside architecture first, and the modes.

Accuracies are those of the shipped table: every network of digits-cnn trained, then rounded
(`benchmarks.digits_table`). With all of them known the best design within the limits is known, too.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.command import Log, Row
from bohwsw.accuracy import accuracy_source, measure
from bohwsw.codesign import FIGURES, HardwareSpace, Problem, space_on_board
from bohwsw.errors import NoValidMappingError
from bohwsw.joint import Joint, codesign_joint
from bohwsw.workload import load_model

MODEL, BOARD = "digits-cnn", "pynq-z1"
LIMITS = {
    "as asked": {"luts": 30_000.0, "images_per_s": 500.0},
    "where they bind": {"luts": 30_000.0, "images_per_s": 150_000.0},
}
METHODS = ("joint", "architecture-first", "architecture", "quantisation", "nested")
TRIALS, SEEDS = 32, 5


def space() -> HardwareSpace:
    """The engines; they have all look-up tables that there are."""
    parameters = {"lut_share": {"values": [1.0]}}
    return space_on_board({"board": BOARD, "engine": "lu2019", "parameters": parameters})


@cache
def all_designs() -> tuple[tuple[float, float, float], ...]:
    """Accuracy in percent, look-up tables and images a second of every network."""
    model, source = load_model(MODEL), accuracy_source("table", path=MODEL)
    assert model.space is not None
    rows = model.space.all_rows(10_000)
    assert rows is not None
    limits: dict[str, Any] = {"luts": LIMITS["as asked"]["luts"]}
    machines = space_on_board({"board": BOARD, "engine": "lu2019", "limits": limits})
    found = []
    for knobs in map(model.space.point, rows):
        design = Problem(machines, model.network(knobs), "latency").map_networks(
            machines.baseline()
        )
        accuracy = measure(source, knobs).figures["accuracy_percent"]
        found.append((accuracy, design.figure("luts"), design.figure("images_per_s")))  # type: ignore[union-attr]
    return tuple(found)  # type: ignore[arg-type]


def within(limits: dict[str, float]) -> list[float]:
    """Accuracies of the networks that keep limits."""
    return [
        accuracy
        for accuracy, luts, rate in all_designs()
        if luts <= limits["luts"] and rate >= limits["images_per_s"]
    ]


def searched(method: str, limits: dict[str, float], trials: int, seed: int) -> float | None:
    """The accuracy of the best valid design of a search; None if it has none."""
    try:
        result = codesign_joint(
            space(),
            MODEL,
            "table",
            accuracy_options={"path": MODEL},
            joint=Joint(method=method),
            objective="accuracy",
            limits=limits,
            trials=trials,
            seed=seed,
        )
    except NoValidMappingError:
        return None
    best = result.best
    assert not any(FIGURES[x].exceeds(best.figure(x) or 0.0, limit) for x, limit in limits.items())
    return best.figure("accuracy")


def modes(quick: bool, log: Log) -> list[Row]:
    """Every method under both limits."""
    rows = []
    trials, seeds = (8, 1) if quick else (TRIALS, SEEDS)
    for name, limits in LIMITS.items():
        known = within(limits) if not quick else []
        for method in METHODS[:2] if quick else METHODS:
            found = [searched(method, limits, trials, seed) for seed in range(seeds)]
            valid = [x for x in found if x is not None]
            rows.append(
                {
                    "limits": name,
                    "images_per_s": limits["images_per_s"],
                    "keep": len(known) / len(all_designs()) if known else None,
                    "method": method,
                    "seeds": seeds,
                    "valid": len(valid),
                    "mean": float(np.mean(valid)) if valid else None,
                    "worst": min(valid, default=None),
                    "optimum": max(known, default=None),
                }
            )
            log(f"{name}, {method}: {found}")
    return rows

"""HAO's search beside Bayesian and random search over the same networks and engines."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.command import Log, Row
from bohwsw.codesign import Problem, space_on_board
from bohwsw.errors import NoValidMappingError
from bohwsw.joint import Joint, codesign_joint
from bohwsw.joint.exact_hardware import best_hardware
from bohwsw.workload import load_model

MODEL, BOARD = "digits-cnn", "pynq-z1"
LIMITS = {"images_per_s": 7_000.0, "dsps": 64.0}
STRATEGIES = ("exact_hardware", "reusing", "random")
TRIALS, SEEDS, NETWORKS = 24, 10, 20
PARAMETERS: dict[str, Any] = {
    "tm": {"values": [2, 4, 8, 12, 16, 24, 32]},
    "tn": {"values": [1, 2, 4, 8, 16, 32]},
    "tr": {"values": [1, 2, 4, 8]},
    "tc": {"values": [1, 2, 4, 8]},
    "weight_port": {"values": [1, 2, 4, 8]},
    "input_port": {"values": [1, 2, 4, 8]},
    "output_port": {"values": [1, 2, 4]},
}
FEW: dict[str, Any] = {**PARAMETERS, "tr": {"values": [4, 8]}, "tc": {"values": [8]}}
"""Of which every engine is tried."""


def space(parameters: dict[str, Any]) -> Any:
    """Engines of hotnas2020, their ports limited to sixteen words together."""
    constraints = ["weight_port + input_port + output_port <= 16"]
    data = {"board": BOARD, "parameters": parameters, "constraints": constraints}
    return space_on_board({**data, "limits": LIMITS})


def enumerated(quick: bool) -> Row:
    """The exact search for random networks, beside every engine of a smaller space."""
    machines, model = space(FEW), load_model(MODEL)
    assert model.space is not None
    rows = machines.space.all_rows(10_000)
    rng, equal, none, seconds = np.random.default_rng(0), 0, 0, [0.0, 0.0]
    points = model.space.sample(2 if quick else NETWORKS, rng)
    for knobs in points:
        problem = Problem(machines, model.network(knobs), "latency")
        began = time.process_time()
        found = best_hardware(problem, {})
        seconds[0] += time.process_time() - began
        began = time.process_time()
        every = [problem.evaluate(machines.space.point(row))[0].objective for row in rows]
        seconds[1] += time.process_time() - began
        least = min((x for x in every if x is not None), default=None)
        value = None if found is None else problem.evaluate(found)[0].objective
        equal += value == least
        none += least is None
    return {
        "networks": len(points),
        "engines": len(rows),
        "equal": equal,
        "none": none,
        "exact_seconds": seconds[0] / len(points),
        "every_seconds": seconds[1] / len(points),
    }


def beside_others(quick: bool, log: Log) -> list[Row]:
    """Accuracy of the best valid design for each strategy, at equal trials."""
    rows = []
    for strategy in STRATEGIES[:1] if quick else STRATEGIES:
        found, valid, seconds = [], [], time.process_time()
        seeds = 1 if quick else SEEDS
        for seed in range(seeds):
            try:
                result = codesign_joint(
                    space(PARAMETERS),
                    MODEL,
                    "table",
                    accuracy_options={"path": MODEL},
                    joint=Joint(),
                    objective="accuracy",
                    strategy=strategy,
                    trials=6 if quick else TRIALS,
                    seed=seed,
                )
            except NoValidMappingError:
                continue
            found.append(result.best.figure("accuracy") or 0.0)
            valid.append(sum(t.state == "completed" for t in result.trials) / len(result.trials))
        log(f"{strategy}: {found}")
        rows.append(
            {
                "strategy": strategy,
                "seeds": seeds,
                "found": len(found),
                "mean": float(np.mean(found)) if found else None,
                "worst": min(found, default=None),
                "valid": float(np.mean(valid)) if valid else None,
                "seconds": (time.process_time() - seconds) / seeds,
            }
        )
    return rows

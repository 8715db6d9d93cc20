"""Digits that are turned, pale and noisy: networks for clean examples, and for the worst of these.

Real training: a network is trained once, on clean examples. Half of the examples for testing choose
networks and scenarios; figures are of the other half, of runs with other seeds.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import torch

from benchmarks.command import Row
from bohwsw.accuracy import load_data
from bohwsw.accuracy.compression import Pruning, compressed_network
from bohwsw.accuracy.data_sets import DataSet, shifted
from bohwsw.accuracy.run_cache import RunCache
from bohwsw.accuracy.training import share_correct
from bohwsw.space import Categorical, Integer, Ordinal, Parameter, Point, Space
from bohwsw.strategies import Outcome, TrialState, strategy
from bohwsw.workload import load_model

KNOBS: list[Parameter] = [
    Ordinal("width", [4, 6, 8, 12, 16, 24]),
    Integer("depth", 1, 3),
    Ordinal("kernel", [3, 5]),
    Categorical("operator", ["conv", "separable"]),
]
CONSTRAINT = "depth > 1 or operator == 'conv'"
SCENARIO = {"rotate": (-15, 15), "paler": (0, 30), "noise": (0, 15)}
GRID = [dict(zip(SCENARIO, x, strict=True)) for x in product((-15, 0, 15), (0, 30), (0, 15))]
FIRST = {"width": 16, "depth": 2, "kernel": 3, "operator": "conv"}
TRAININGS, EPOCHS = 20, 8


class Digits:
    """Trains each network once for each seed, and counts the trainings of the first."""

    def __init__(self, epochs: int = EPOCHS) -> None:
        self._data, self._cache, self._epochs = load_data("digits"), RunCache(None), epochs
        self._model = load_model("digits-cnn")
        halves = self._data.testing[::2], self._data.testing[1::2]
        every = np.arange(len(self._data.y))
        self._halves = [replace(self._data, training=np.setdiff1d(every, x)) for x in halves]
        self._shifted: dict[tuple[object, ...], DataSet] = {}

    def accuracy(self, point: Point, scenario: Point, seed: int = 0, half: int = 0) -> float:
        """Percent of one half right; what is None of a scenario is as it is."""
        knobs = {parameter.name: point[parameter.name] for parameter in KNOBS}
        network = self._model.network(self._model.with_point(knobs))
        run, _ = self._cache.trained(network, self._data, seed, self._epochs)
        key = (half, *scenario.values())
        if key not in self._shifted:
            strengths = {"rotate": scenario["rotate"], "noise": scenario["noise"]}
            strengths["contrast"] = 100 - int(str(scenario["paler"]))
            self._shifted[key] = shifted(self._halves[half], strengths)
        data = self._shifted[key]
        torch.set_num_threads(1)
        return share_correct(compressed_network(network, run.weights, data, Pruning()), data)


def against_scenarios(seed: int, trainings: int = TRAININGS, epochs: int = EPOCHS) -> Row:
    """A search for clean accuracy and one against scenarios, with equally many trainings."""
    digits, clean = Digits(epochs), dict.fromkeys(SCENARIO, 0)
    knobs = Space(KNOBS, [CONSTRAINT])
    plain = strategy("bayesian", knobs, seed, first=[FIRST])
    for _ in range(trainings):
        (point,) = plain.ask()
        error = 100.0 - digits.accuracy(point, clean)
        plain.tell(point, Outcome(TrialState.COMPLETED, error))
    shifts: list[Parameter] = [Integer(name, *ends) for name, ends in SCENARIO.items()]
    space = Space([*KNOBS, *shifts], [CONSTRAINT])
    options = {"scenario": list(SCENARIO), "first": [{**FIRST, **clean}]}
    against = strategy("min_max", space, seed, n_initial=20, **options)
    designs: set[tuple[object, ...]] = set()
    while True:
        (point,) = against.ask()
        designs.add(tuple(point[name] for name in knobs.names))
        if len(designs) > trainings:
            break
        error = 100.0 - digits.accuracy(point, {name: point[name] for name in SCENARIO})
        against.tell(point, Outcome(TrialState.COMPLETED, error))
    row: Row = {"trainings": trainings, "evaluations": len(against.history)}
    for name, search in (("clean", plain), ("robust", against)):
        assert search.best is not None
        best = search.best.point
        row[f"{name}_network"] = " ".join(str(best[x]) for x in knobs.names)
        found = [[digits.accuracy(best, x, s, half=1) for x in GRID] for s in (1, 2)]
        means = np.mean(found, axis=0)
        row[f"{name}_accuracy"] = float(means[GRID.index(clean)])
        row[f"{name}_worst"] = float(means.min())
        row[f"{name}_binding"] = " ".join(f"{k}={v}" for k, v in GRID[int(means.argmin())].items())
    assert against.best is not None
    row["binding"] = " ".join(f"{name}={against.best.point[name]}" for name in SCENARIO)
    return row

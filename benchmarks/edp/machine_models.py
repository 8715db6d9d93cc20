"""``python -m benchmarks.edp.machine_models``: how well models of machines predict the next ones.

Searches by the recipe ``best`` choose machines; models are fitted to the first of them and predict
the next ones, again and again as a search goes on. ``best`` has one Gaussian process of the
network's EDP that starts from the fewest cycles that a machine allows. Compared are one that starts
from nothing, and processes of each layer's energy and cycles, of which the EDP is made: one for
each layer, or one that all layers share, with the layer's sizes as further inputs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.edp.case import case
from benchmarks.processes import run_each
from benchmarks.provenance import head
from bohwsw.codesign import (
    LN_LEAST_CYCLES,
    NetworkMapper,
    Problem,
    best_recipe,
    least_cycles,
    mappings_of,
    networks_of,
)
from bohwsw.study import run_codesign
from bohwsw.surrogates import GaussianProcess
from bohwsw.workload import Network

CASES = (
    "DQN conv1-3",
    "DQN conv1-3, equal area",
    "ResNet-18 conv2-5, equal area",
    "Transformer, equal area",
)
SEEDS = 3
SEEN = (25, 40, 55, 70, 85)
NEXT = 15
FEWEST = 5
"""Machines to predict below which a search has come to its end."""

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True)
class History:
    """What a search has tried.

    Attributes:
        x: encoded machines ``[n, d]``.
        groups: of the encoded columns ``[d]``.
        ln_least_cycles: the fewest that each machine allows ``[n]``.
        layers: sizes of each layer as powers of 2 ``[layers, features]``, each from 0 to 1.
        log_energies: of each layer on each machine, counts included ``[n, layers]``.
        log_cycles: the same.
        y: log of the network's EDP ``[n]``.
    """

    x: Floats
    groups: Groups
    ln_least_cycles: Floats
    layers: Floats
    log_energies: Floats
    log_cycles: Floats
    y: Floats


def from_fewest_cycles(history: History, seen: int, ahead: slice) -> Floats:
    """One process of the network's EDP, which starts from the fewest cycles; they are a column."""
    x = np.column_stack([history.x, history.ln_least_cycles])
    groups = np.append(history.groups, history.groups.max() + 1)
    model = GaussianProcess(groups, lambda points: points[:, -1])
    return model.fit(x[:seen], history.y[:seen]).predict_mean(x[ahead])


def whole_network(history: History, seen: int, ahead: slice) -> Floats:
    """One process of the network's EDP."""
    model = GaussianProcess(history.groups).fit(history.x[:seen], history.y[:seen])
    return model.predict_mean(history.x[ahead])


def each_layer(history: History, seen: int, ahead: slice) -> Floats:
    """A process for the energy and one for the cycles of each layer."""

    def total(logs: Floats) -> Floats:
        models = [
            GaussianProcess(history.groups).fit(history.x[:seen], log[:seen]) for log in logs.T
        ]
        means = [model.predict_mean(history.x[ahead]) for model in models]
        return np.asarray(np.log(np.exp(means).sum(axis=0)))

    return total(history.log_energies) + total(history.log_cycles)


def shared(history: History, seen: int, ahead: slice) -> Floats:
    """One process for the energies and one for the cycles of all layers."""
    own = history.groups.max() + 1 + np.arange(history.layers.shape[1])
    groups = np.concatenate([history.groups, own])

    def inputs(x: Floats) -> Floats:
        return np.concatenate(
            [np.hstack([x, np.tile(layer, (len(x), 1))]) for layer in history.layers]
        )

    def total(logs: Floats) -> Floats:
        centres = logs[:seen].mean(axis=0)
        outcomes = (logs[:seen] - centres).T.ravel()
        model = GaussianProcess(groups).fit(inputs(history.x[:seen]), outcomes)
        means = model.predict_mean(inputs(history.x[ahead])).reshape(len(history.layers), -1)
        return np.asarray(np.log(np.exp(means + centres[:, None]).sum(axis=0)))

    return total(history.log_energies) + total(history.log_cycles)


MODELS: dict[str, Callable[[History, int, slice], Floats]] = {
    "network, from the fewest cycles": from_fewest_cycles,
    "network": whole_network,
    "each layer": each_layer,
    "shared by layers": shared,
}


@dataclass(frozen=True)
class Task:
    """A search."""

    case: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Found:
    """For each model and each of ``SEEN``: error (RMSE of log EDP) and rank correlation."""

    task: Task
    errors: dict[str, list[float]]
    ranks: dict[str, list[float]]


def search(task: Task) -> History:
    """Machines that a search tries, with what each layer takes there."""
    chosen = case(task.case)
    space, network = chosen.hardware_space(), chosen.network()
    recipe = replace(best_recipe(), trials=task.trials, final_gap=None)
    result = run_codesign(Problem(space, network, recipe=recipe, seed=task.seed))
    trials = [trial for trial in result.trials if trial.objective is not None]
    features = least_cycles(space.spec, networks_of(network))
    encoder = space.search_space(features=features)
    assert encoder is not None
    encoded = encoder.encode([trial.point for trial in trials])
    energies, cycles = [], []
    for trial in trials:
        hardware = space.hardware(trial.point)
        mappings = mappings_of(trial.mappings, networks_of(network), hardware.architecture)[
            network.name
        ]
        design = NetworkMapper(network).mapped(hardware, mappings)
        energies.append([layer.energy_pj for layer in design.layers])
        cycles.append([layer.latency_cycles for layer in design.layers])
    log_energies, log_cycles = np.log(energies), np.log(cycles)
    return History(
        encoded[:, :-1],
        encoder.encoding_groups[:-1],
        encoder.feature(encoded, LN_LEAST_CYCLES),
        _features(network),
        log_energies,
        log_cycles,
        np.log(np.exp(log_energies).sum(axis=1)) + np.log(np.exp(log_cycles).sum(axis=1)),
    )


def _features(network: Network) -> Floats:
    sizes: Floats = np.log2([list(entry.layer.sizes.values()) for entry in network.unique_layers()])
    sizes = sizes[:, np.ptp(sizes, axis=0) > 0.0]
    return np.asarray((sizes - sizes.min(axis=0)) / np.ptp(sizes, axis=0))


def predict(task: Task) -> Found:
    """How well each model predicts what a search tries next."""
    history = search(task)
    errors: dict[str, list[float]] = {name: [] for name in MODELS}
    ranks: dict[str, list[float]] = {name: [] for name in MODELS}
    for seen in SEEN:
        ahead = slice(seen, seen + NEXT)
        truth = history.y[ahead]
        if len(truth) < FEWEST:
            break
        for name, model in MODELS.items():
            guess = model(history, seen, ahead)
            errors[name].append(float(np.sqrt(np.mean((guess - truth) ** 2))))
            ranks[name].append(float(spearmanr(guess, truth)[0]))
    return Found(task, errors, ranks)


def run(quick: bool, log: Log) -> Results:
    """All cases and seeds."""
    names, seeds, trials = (CASES[:1], 1, 45) if quick else (CASES, SEEDS, best_recipe().trials)
    tasks = [Task(name, seed, trials) for name in names for seed in range(seeds)]
    found = []
    for number, one in enumerate(run_each(predict, tasks), 1):
        found.append(one)
        log(f"[{number}/{len(tasks)}] {one.task.case}, seed {one.task.seed}")
    return {
        **head("edp.machine_models", quick),
        "seeds": seeds,
        "rows": [_row(name, model, found) for name in names for model in MODELS],
    }


def _row(name: str, model: str, found: list[Found]) -> Row:
    mine = [one for one in found if one.task.case == name]
    return {
        "network": name,
        "model": model,
        "error": float(np.mean([error for one in mine for error in one.errors[model]])),
        "rank": float(np.mean([rank for one in mine for rank in one.ranks[model]])),
        "fits": sum(len(one.errors[model]) for one in mine),
    }


COLUMNS = {
    "network": "network",
    "model": "model of",
    "error": "error|.3f",
    "rank": "rank correlation|.2f",
    "fits": "fits|d",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("How well models of machines predict the next ones", results),
        f"Fitted to the first {', '.join(map(str, SEEN))} machines of a search by `best`, to",
        f"predict the next {NEXT} (or, at its end, at least {FEWEST}): root mean square error of",
        f"ln(EDP), and rank correlation; means of {results['seeds']} seeds.\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("edp.machine_models", "Models of machines.", run, markdown))

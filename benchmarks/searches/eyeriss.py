"""Digits networks on a few Eyeriss machines, and any machine on the area of an Eyeriss."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.searches.layer_costs import LayerCosts, edp, stored
from benchmarks.searches.problem import Problem
from bohwsw.accuracy import TableSource, TrainSource, measure
from bohwsw.arrays import Values
from bohwsw.codesign import load_space
from bohwsw.space import Ordinal, Point, Space
from bohwsw.workload import load_model, load_network

DIGITS, EYERISS = "digits-cnn", "eyeriss-168"
DIGITS_MACHINES = {"mesh_x": (3, 8, 14, 21), "weight_entries": (48, 96, 184)}
EYERISS_FIXED: dict[str, Any] = {
    "input_entries": 12,
    "output_entries": 24,
    "glb_instances": 1,
    "glb_mesh_x": 1,
    "glb_mesh_y": 1,
    "glb_block_size": 4,
    "glb_cluster_size": 1,
    "filter_width_whole": False,
    "filter_height_whole": False,
}
DIGITS_SHARE = 0.05
"""So many of the designs keep the limit on the EDP."""
TRAINED_SEEDS = 3


def digits(source: str = "table") -> Problem:
    """Digits networks on twelve machines within an EDP; accuracies of all networks in a table."""
    networks, costs = load_model(DIGITS).space, stored("digits_edp")
    accuracies = TableSource(DIGITS, fidelity=("epochs",))
    asked = accuracies if source == "table" else TrainSource(DIGITS, seeds=(TRAINED_SEEDS,))
    assert networks is not None
    rows = networks.all_rows(10_000)
    assert rows is not None
    places = {row.tobytes(): k for k, row in enumerate(rows)}
    limit = float(f"{np.quantile(costs, DIGITS_SHARE):.4g}")

    def measured(point: Point) -> tuple[float, float]:
        knobs = {name: point[name] for name in networks.names}
        machine = [values.index(int(point[name])) for name, values in DIGITS_MACHINES.items()]
        cost = float(costs[(places[networks.row(knobs).tobytes()], *machine)])
        if cost > limit:
            return np.nan, cost  # nobody trains it
        return 100.0 - measure(asked, knobs, {"epochs": 8}).figures["accuracy_percent"], cost

    def best_machine(point: Point) -> Point:
        own = costs[places[networks.row({name: point[name] for name in networks.names}).tobytes()]]
        best = np.unravel_index(int(np.argmin(own)), own.shape)
        names = zip(best, DIGITS_MACHINES.items(), strict=True)
        return {name: values[int(k)] for k, (name, values) in names}

    kept = [networks.point(row) for row in rows[(costs <= limit).any(axis=(1, 2))]]
    best = max(measure(accuracies, point).figures["accuracy_percent"] for point in kept)
    machine = [Ordinal(name, list(values)) for name, values in DIGITS_MACHINES.items()]
    return Problem(
        "digits" if source == "table" else "digits_trained",
        Space([*networks.parameters, *machine], load_model(DIGITS).spec.constraints),
        measured,
        "edp_pj_cycles",
        limit,
        100.0 - best,
        150 if source == "table" else 40,
        f"digits-cnn, {TRAINED_SEEDS} seeds of 8 epochs, "
        + ("in the shipped table" if source == "table" else "trained anew once a network"),
        known="all networks trained, on all machines",
        hardware=tuple(DIGITS_MACHINES),
        best_machine=best_machine,
    )


def digits_trained() -> Problem:
    """The same with real training."""
    return digits("train")


def digits_edp() -> Values:
    """pJ x cycles of all networks on all machines ``[600, 4, 3]``."""
    model, machines = load_model(DIGITS), load_space(EYERISS)
    networks = model.space
    assert networks is not None
    rows = networks.all_rows(10_000)
    assert rows is not None
    layers_of = [model.network(networks.point(row)).unique_layers() for row in rows]
    found = np.zeros((len(rows), *map(len, DIGITS_MACHINES.values())))
    for place in np.ndindex(found.shape[1:]):
        names = zip(place, DIGITS_MACHINES.items(), strict=True)
        point = {name: values[k] for k, (name, values) in names}
        fixed = {**EYERISS_FIXED, **point, "mesh_y": 168 // point["mesh_x"]}
        machine = machines.hardware(machines.with_point(fixed))
        cost = LayerCosts(machine)
        for k, layers in enumerate(layers_of):
            found[(k, *place)] = edp(layers, cost)
    return found


def equal_area(best: float | None = None) -> Problem:
    """DQN on any machine on the area of Eyeriss-168: the logarithm of the EDP, no training."""
    machines = load_space("eyeriss-equal-area")
    layers = load_network("dqn").unique_layers()
    space = machines.search_space()
    assert space is not None

    @cache
    def found(key: tuple[Any, ...]) -> float:
        machine = machines.hardware(dict(zip(space.names, key, strict=True)))
        return float(np.log(edp(layers, LayerCosts(machine))))

    return Problem(
        "equal_area",
        space,
        lambda point: (found(tuple(point[name] for name in space.names)), 0.0),
        "",
        np.inf,
        float(stored("equal_area_ln_edp")) if best is None else best,
        60,
        "our simulator",
        known="best known: the lowest of 4,000 machines of an evolution, and of all runs here",
        trains=False,
    )

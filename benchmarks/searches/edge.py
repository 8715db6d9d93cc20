"""Once-for-All's networks and NAHAS's machines in one space, the error within a latency.

Layers add up, and so do the terms of the accuracy's linear model: the optimum is found exactly,
stage by stage on each machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.searches.foxnas import pareto
from benchmarks.searches.layer_costs import LayerCosts, stored
from benchmarks.searches.problem import Problem
from bohwsw.accuracy import TableSource
from bohwsw.accuracy.predictor import Predictor, fit_predictor
from bohwsw.arrays import Values
from bohwsw.codesign import HardwareSpace, load_space
from bohwsw.space import Ordinal, Point, Space
from bohwsw.workload import CountedLayer, Network, load_model

OFA, EDGE = "ofa-mobilenet-v3", "edge-accelerator"
STAGES, BLOCKS, LENGTHS = range(1, 6), range(1, 5), (2, 3, 4)
KERNELS, EXPANSIONS = (3, 5, 7), (3, 4, 6)
EDGE_MACHINES: dict[str, tuple[float, ...]] = {
    "pes_x": (2, 4, 8),
    "pes_y": (2, 4, 8),
    "simd_units": (16, 64),
    "compute_lanes": (2, 4, 8),
    "local_memory_mb": (0.5, 2),
    "register_file_kb": (32,),
    "io_gbps": (5, 10, 20),
}
"""NAHAS's knobs, thinned out; of these machines those within the area are searched."""
EDGE_MS = 0.75
"""One random design in a hundred keeps it."""


@cache
def _machines() -> HardwareSpace:
    return load_space(EDGE)


def edge_space() -> Space:
    """The networks' knobs and seven of the machine, within the area."""
    networks = load_model(OFA).space
    assert networks is not None
    knobs = [p for p in networks.parameters if p.name != "resolution"]
    constraints = load_model(OFA).spec.constraints
    machine = [Ordinal(name, list(values)) for name, values in EDGE_MACHINES.items()]
    return Space([*knobs, *machine], [*constraints, *_machines().predicates()])


@cache
def ofa_predictor() -> tuple[tuple[str, ...], Predictor]:
    """The linear model of Once-for-All's table, and the knobs that it takes."""
    table = TableSource(OFA)
    rows = {key: row[0]["accuracy_percent"] for key, row in table.rows.items() if row}
    return table.keys, fit_predictor(list(rows), np.array([[x] for x in rows.values()]))


def edge() -> Problem:
    """Once-for-All's networks on NAHAS's machines: error within a latency and the area."""
    block_ms, rest_ms = stored("edge_block_ms"), stored("edge_rest_ms")
    keys, predictor = ofa_predictor()

    def ms(point: Point, machine: int | slice) -> Values:
        found = rest_ms[machine]
        for s, b in product(STAGES, BLOCKS):
            if b <= int(point[f"depth_{s}"]):
                k = KERNELS.index(point[f"kernel_{s}_{b}"])
                e = EXPANSIONS.index(point[f"expand_{s}_{b}"])
                found = found + block_ms[machine, s - 1, int(b > 1), k, e]
        return np.asarray(found)

    def measured(point: Point) -> tuple[float, float]:
        machine = _machine_rows()[tuple(point[name] for name in EDGE_MACHINES)]
        knobs = {**point, "resolution": 224}
        error = 100.0 - predictor([float(knobs[key]) for key in keys])[0]
        return error, float(ms(point, machine))

    def best_machine(point: Point) -> Point:
        return edge_machine_points()[int(np.argmin(ms(point, slice(None))))]

    return Problem(
        "edge",
        edge_space(),
        measured,
        "latency_ms",
        EDGE_MS,
        float(stored("edge_error")),
        200,
        "Once-for-All's accuracies (Apache-2.0) by a linear model of 2,162 networks, "
        f"{predictor.errors[0]:.2f} points off on rows left out; our simulator",
        known="exact, by stage on each machine",
        hardware=tuple(EDGE_MACHINES),
        best_machine=best_machine,
    )


def edge_ms(point: Mapping[str, Any]) -> tuple[Values, float]:
    """Of one machine: ms of a block by stage, first or not, kernel, expansion; of all else."""
    machines = _machines()
    machine = machines.hardware(machines.with_point(point))
    assert machine.clock_mhz is not None
    cost = LayerCosts(machine, "latency")
    blocks, rest = np.zeros((len(STAGES), 2, len(KERNELS), len(EXPANSIONS))), 0.0
    for k, e in np.ndindex(len(KERNELS), len(EXPANSIONS)):
        network, rest = _uniform(KERNELS[k], EXPANSIONS[e]), 0.0
        for node in network.nodes:
            if not isinstance(node, CountedLayer):
                continue
            ms = cost(node.layer)[0] / machine.clock_mhz / 1e3
            stage, _, block = node.name.removeprefix("stage").partition(".")
            if stage.isdigit() and int(stage) in STAGES:
                place = int(stage) - 1, int(not block.startswith("1."))
                blocks[(*place, k, e)] += ms
            else:
                rest += ms
    return blocks, rest


@cache
def _uniform(kernel: int, expand: int) -> Network:
    """Two blocks in each stage, all of one kernel and one expansion."""
    point: Point = {"resolution": 224}
    for s in STAGES:
        point[f"depth_{s}"] = 2
        for b in BLOCKS:
            point[f"kernel_{s}_{b}"] = kernel if b <= 2 else KERNELS[0]
            point[f"expand_{s}_{b}"] = expand if b <= 2 else EXPANSIONS[0]
    return load_model(OFA).network(point)


def edge_optimum(block_ms: Values, rest_ms: Values) -> float:
    """The least error within the latency: fronts of the stages, on one machine after the other."""
    keys, predictor = ofa_predictor()
    nothing = dict.fromkeys(keys, 0.0)
    base = predictor([{**nothing, "resolution": 224.0}[key] for key in keys])[0]
    stages = [_stage(s) for s in STAGES]
    best = np.inf
    for blocks, rest in zip(block_ms, rest_ms, strict=True):
        error, ms = np.array([100.0 - base]), np.array([float(rest)])
        for (more, picked), cost in zip(stages, blocks.reshape(len(STAGES), 2, -1), strict=True):
            slower = np.where(picked >= 0, cost[[[0], [1], [1], [1]], picked], 0.0).sum(axis=0)
            more, slower = pareto(more, slower)
            error, ms = pareto(np.add.outer(error, more), np.add.outer(ms, slower))
            error, ms = error[ms <= EDGE_MS], ms[ms <= EDGE_MS]
        best = min(best, float(error.min(initial=np.inf)))
    return best


def _stage(s: int) -> tuple[Values, npt.NDArray[np.intp]]:
    """The points of error that each network of a stage adds, its blocks as codes; -1: absent."""
    keys, predictor = ofa_predictor()
    nothing = dict.fromkeys(keys, 0.0)

    def worth(**values: float) -> float:
        with_them, without = [
            predictor([{**nothing, **given}[key] for key in keys])[0] for given in (values, {})
        ]
        return with_them - without

    pairs = list(product(KERNELS, EXPANSIONS))
    of_block = np.array(
        [[worth(**{f"kernel_{s}_{b}": k, f"expand_{s}_{b}": e}) for k, e in pairs] for b in BLOCKS]
    )
    errors, blocks = [], []
    for depth in LENGTHS:
        codes = np.zeros((len(BLOCKS), len(pairs) ** depth), int)  # absent ones are held at least
        codes[:depth] = np.indices((len(pairs),) * depth).reshape(depth, -1)
        own = of_block[np.arange(len(BLOCKS))[:, None], codes].sum(axis=0)
        errors.append(-own - worth(**{f"depth_{s}": depth}))
        codes[depth:] = -1
        blocks.append(codes)
    return np.concatenate(errors), np.concatenate(blocks, axis=1)


@cache
def _machine_rows() -> dict[tuple[Any, ...], int]:
    """Machines within the area, and where each stands in the table."""
    parameters = [Ordinal(name, list(values)) for name, values in EDGE_MACHINES.items()]
    space = Space(parameters, _machines().predicates())
    rows = space.all_rows(10_000)
    assert rows is not None
    return {tuple(space.point(row).values()): k for k, row in enumerate(rows)}


def edge_machine_points() -> list[Point]:
    """These machines, in the order of the table."""
    return [dict(zip(EDGE_MACHINES, values, strict=True)) for values in _machine_rows()]

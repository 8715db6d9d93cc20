"""The best hardware for one network, exactly: what the strategy ``exact_hardware`` asks for.

Tiled engines of an FPGA are enumerated with bounds (``fpga.best_tiled_engine``). Any other machines
are listed and tried in the order of a lower bound on the network's cycles, every unit busy as far
as factors allow (``least_cycles``), until that bound is above the best found; where the objective
is not cycles, all of them are tried. Layers are mapped as the recipe says, so that the best is the
best of what the mapper finds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from bohwsw.codesign import Design, FpgaSpace, HardwareSpace, Problem, figure_of, least_cycles
from bohwsw.errors import SpecError
from bohwsw.fpga import PORTS, best_tiled_engine
from bohwsw.space import Point, Predicate, Space, Value
from bohwsw.space.specification import space_of

MOST_MACHINES = 10_000
"""Listed; the tiles of an engine and its ports are listed apart."""


def best_hardware(problem: Problem, fixed: Mapping[str, Value]) -> Point | None:
    """The machine with the least of the problem's first objective that keeps its limits.

    Args:
        problem: of one network, without accuracies.
        fixed: parameters that have one value.

    Returns:
        Its point; None if none keeps the limits.

    Raises:
        SpecError: there are too many machines to list them.
    """
    machines, objective = problem.hardware_space, problem.objectives[0]
    if not machines.spec.parameters:
        return {}
    space = _space(machines, fixed)
    spec = machines.spec
    if isinstance(machines, FpgaSpace) and _is_tiled(machines, objective):
        return _best_engine(machines, problem, space)
    rows = space.all_rows(MOST_MACHINES)
    if rows is None:
        raise _too_many(problem, str(space.size()))
    bounds = np.full(len(rows), -math.inf)
    if figure_of(objective).name == "latency_cycles" and not isinstance(machines, FpgaSpace):
        bounds = least_cycles(spec, problem.networks).function(space.columns(rows))[:, 0]
    best, least = None, math.inf
    for place in np.argsort(bounds, kind="stable"):
        if bounds[place] >= least:
            break
        point = space.point(rows[place])
        _, found = problem.evaluate(point)
        if isinstance(found, Design) and (value := found.minimised(objective)) < least:
            best, least = point, value
    return best


def exact_options(
    of_network: Callable[[Point], Problem], machines: HardwareSpace, fixed: Mapping[str, Value]
) -> dict[str, Any]:
    """Options of the strategy for a problem of networks and machines."""
    solve = partial(_solved, of_network, fixed)
    return {"hardware": list(machines.spec.parameters), "solve": solve}


def _solved(
    of_network: Callable[[Point], Problem], fixed: Mapping[str, Value], knobs: Point
) -> Point | None:
    return best_hardware(of_network(knobs), fixed)


def _space(machines: HardwareSpace, fixed: Mapping[str, Value]) -> Space:
    texts = [f"{name} == {value!r}" for name, value in fixed.items()]
    known: list[str | Predicate] = [*machines.spec.constraints, *texts, *machines.predicates()]
    space = space_of(machines.spec.parameters, known)
    assert space is not None
    return space


def _is_tiled(machines: FpgaSpace, objective: str) -> bool:
    """Whether `best_tiled_engine` knows its engines, the limits and the objective."""
    spec = machines.spec
    known = {"dsps", "bram18", "port_bits", "latency_cycles", "latency_ms", "images_per_s"}
    is_tiled = getattr(spec, "engine", "") == "hotnas2020" and "bits" not in spec.parameters
    is_of_cycles = figure_of(objective).follows_cycles or objective == "images_per_s"
    return is_tiled and is_of_cycles and known >= spec.limits.keys()


def _best_engine(machines: FpgaSpace, problem: Problem, space: Space) -> Point | None:
    (network,) = problem.networks.networks
    names = np.array(space.names)
    groups = range(len(space.group_columns))
    only_ports = [k for k in groups if set(names[space.group_columns[k]]) <= set(PORTS)]
    tiles = _columns(space, [k for k in groups if k not in only_ports], problem)
    ports = _columns(space, only_ports, problem)
    if any(name not in ports for name in PORTS):
        text = "exact search needs the three ports, in no constraint with tiles"
        raise SpecError(text, key_path="constraints", got=list(machines.spec.constraints))
    limits = machines.spec.limits
    clock = machines.spec.clock_mhz * 1e6
    most = min(
        limits.get("latency_cycles", math.inf),
        limits.get("latency_ms", math.inf) * 1e-3 * clock,
        clock / limits.get("images_per_s", 1e-300),
    )
    patterns = bool(getattr(machines.spec, "patterns", False))
    found = best_tiled_engine(network, tiles, ports, limits, patterns=patterns, most_cycles=most)
    if found is None:
        return None
    values = {name: x[found.tile] for name, x in tiles.items()}
    values |= {name: x[found.port] for name, x in ports.items()}
    return {name: int(values[name]) for name in space.names}


def _columns(space: Space, groups: Sequence[int], problem: Problem) -> dict[str, Any]:
    """Values by parameter of all combinations of some groups of parameters."""
    parts = [space.group_rows(k, MOST_MACHINES) for k in groups]
    sizes = [MOST_MACHINES + 1 if part is None else len(part) for part in parts]
    rows = space.sample_rows(1, np.random.default_rng(0))
    if (n := math.prod(sizes)) > MOST_MACHINES:
        raise _too_many(problem, f"{n:,}")
    rows = np.repeat(rows, n, axis=0)
    each = np.indices(sizes).reshape(len(sizes), n)
    for k, part, places in zip(groups, parts, each, strict=True):
        rows[:, space.group_columns[k]] = np.asarray(part)[places]
    kept = {space.names[column] for k in groups for column in space.group_columns[k]}
    found = space.columns(rows)
    return {name: np.asarray(found[name], np.float64) for name in found if name in kept}


def _too_many(problem: Problem, got: str) -> SpecError:
    return SpecError(
        f"too many machines of {problem.hardware_space.name!r} to find the best exactly",
        got=got,
        expected=f"at most {MOST_MACHINES:,}; parameters can be fixed (--set)",
    )

"""Spaces of machines of every kind that a space file can say, a dozen machines each.

Fan-outs below any level, the innermost one too; words of several widths, MACs included; levels that
hold some data spaces; arrays shared by a cluster; limits on the area; restrictions of every kind,
always or where a parameter says so; hops that cost something. Layers with batches, groups, strides,
dilations, bits, padding and steps that wait for one another, each run several times; one network or
two. Beside the bound over the space, what steers a search is looked at: whenever it is asked what
no mapping onto a machine can be below, it may not be above the best that the machine reaches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any, get_args

from benchmarks.proofs.brute_force import Point, Restrictions, best
from benchmarks.proofs.check import ROUNDING, Failure
from benchmarks.proofs.machine_spaces import (
    InventedTechnology,
    MachineSpace,
    check_machine_space,
    fronts_of_machines,
    plain_machine,
)
from benchmarks.proofs.problems import KINDS, is_small, random_layer, with_bits, with_padding
from benchmarks.proofs.rules import DIMS, SPACES, Layer, Machine
from bohwsw.certificate import SpaceBound, least_for_networks
from bohwsw.codesign import Networks
from bohwsw.errors import SpecError
from bohwsw.mapper.mapper import Objective
from bohwsw.space import Value

MOST_MACHINES, MOST_MACS, SHARE = 16, 16, 12
"""Machines of a space, operations of a layer, and by how much fewer mappings there are of it than
of a layer whose mappings are looked at on one machine."""

Fronts = list[tuple[dict[str, Value], list[Point]]]


def random_wide_space(seed: int) -> MachineSpace:
    """Up to ``MOST_MACHINES`` machines, one or two layers."""
    rng = Random(seed)
    while True:
        space = MachineSpace(_spec(rng), _technology(rng), [], [])
        if rng.random() < 0.3:
            space = replace(space, limit_mm2=rng.choice((8.0, 12.0, 20.0)))
        try:
            machines = _machines(space)
        except SpecError:  # clusters of more instances than there are
            continue
        if not 0 < len(machines) <= MOST_MACHINES:
            continue
        layers, order = [], []
        for _ in range(rng.choice((1, 1, 2))):
            for _ in range(50):
                layer, waits = _layer(rng)
                if all(is_small(layer, *machine, SHARE) for machine in machines):
                    layers.append(layer)
                    order.append(waits)
                    break
        if layers:
            counts = [rng.choice((1, 1, 2, 3)) for _ in layers]
            return replace(space, layers=layers, counts=counts, sequential=tuple(order))


def _machines(space: MachineSpace) -> list[tuple[Machine, Restrictions]]:
    """All machines of a space, if there are not too many."""
    built = space.build()
    rows = None if built.space is None else built.space.all_rows(MOST_MACHINES)
    if built.space is None or rows is None:
        return []
    return [plain_machine(built.hardware(built.space.point(row))) for row in rows]


def _technology(rng: Random) -> InventedTechnology:
    reads = {"dram": rng.choice((3.0, 10.0)), "sram": rng.choice((0.1, 1.0)), "regfile": 0.1}
    shares = (0.0, 0.1, 1.0, 2.5)
    prices = {
        kind: (read, read * rng.choice(shares), read * rng.choice(shares))
        for kind, read in reads.items()
    }
    hop = rng.choice((0.0, 0.0, 0.3))
    growth, mac_pj, linear = rng.choice((0.0, 0.3)), rng.choice((0.0, 0.5)), rng.choice((0.0, 0.4))
    return InventedTechnology(prices, growth, mac_pj, 1.0, 1.0, hop, linear)


def _layer(rng: Random) -> tuple[Layer, str | None]:
    while True:
        layer = random_layer(rng, rng.choice(KINDS))
        if math.prod(layer[dim] for dim in DIMS) <= MOST_MACS:
            break
    taps = {"N": 1, "P": layer["R"], "Q": layer["S"]}
    waits = [dim for dim, tap in taps.items() if layer[dim] > 1 == tap]
    order = rng.choice(waits) if waits and rng.random() < 0.2 else None
    if rng.random() < 0.3:
        layer = with_bits(rng, layer)
    if order is None and rng.random() < 0.3:
        layer = with_padding(rng, layer)
    return layer, order


def _spec(rng: Random) -> dict[str, Any]:
    """Levels whose sizes are numbers or one of a few parameters, some of them shared."""
    parameters: dict[str, dict[str, Any]] = {"flow": {"choices": ["free", "fixed"]}}

    def size(name: str, *values: float, likely: float = 0.35) -> Any:
        """A number, or a parameter."""
        if rng.random() < likely and len(parameters) < 5:
            parameters[name] = {"values": sorted(rng.sample(values, 2))}
            return name
        return rng.choice(values)

    levels: list[dict[str, Any]] = [{"name": "DRAM", "kind": "dram"}]
    for i in range(rng.choice((1, 1, 2, 3))):
        level: dict[str, Any] = {"name": f"L{i}", "kind": rng.choice(("sram", "regfile"))}
        level["entries"] = size(f"entries{i}", 1, 2, 3, 4, 6)
        if i:
            level["keeps"] = rng.sample(SPACES, rng.choice((1, 1, 2)))
        if rng.random() < 0.3:
            level["cluster_size"] = size(f"cluster{i}", 1, 2, 4)
        levels.append(level)
    for i, level in enumerate(levels):
        if rng.random() < 0.3:
            level["word_bits"] = size(f"bits{i}", 8, 16, 32)
        if rng.random() < 0.3:
            level["block_size"] = size(f"block{i}", 1, 2, 3)
        if rng.random() < 0.3:
            way = rng.choice(("read", "write"))
            level["bandwidth"] = {way: size(f"speed{i}", 0.3, 0.5, 1.0, 2.5)}
        if rng.random() < 0.6:
            level["fanout"] = [size(f"x{i}", 1, 2, 3), size(f"y{i}", 1, 2) if i % 2 else 1]
            rng.shuffle(level["fanout"])
    width = size("bits", 8, 16, likely=0.1)
    rules = {x["name"]: _rules(rng, x) for x in levels if rng.random() < 0.5}
    numbers = sorted(parameters.keys() - {"flow"})
    if "flow" not in str(rules):
        del parameters["flow"]
    point = {name: (x.get("values") or x["choices"])[0] for name, x in parameters.items()}
    return {
        "name": "machines",
        "technology": "timeloop-pat",
        "parameters": parameters,
        "constraints": [f"{a} != 2 or {b} != 2" for a, b in [rng.sample(numbers, 2)]]
        if len(numbers) > 1 and rng.random() < 0.3
        else [],
        "architecture": {"levels": levels, "mac": {"word_bits": width}},
        "dataflow": rules,
        "single_axis": rng.random() < 0.7,
        "baseline": {"point": point},
    }


def _rules(rng: Random, level: dict[str, Any]) -> dict[str, Any]:
    """Restrictions of a level, each always there or where the flow is fixed."""

    def some(of: Any, most: int) -> Any:
        names = rng.sample(list(of), min(len(of), rng.randint(1, most)))
        return {x: rng.choice((True, "flow == 'fixed'", "flow == 'free'")) for x in names}

    held = level.get("keeps", SPACES)
    rule: dict[str, Any] = {}
    if rng.random() < 0.3:
        rule["keep"] = some(held, 1)
    elif level["name"] != "DRAM" and rng.random() < 0.3:
        rule["bypass"] = some(SPACES, 1)
    if rng.random() < 0.2:
        rule["whole"] = some(DIMS, 2)
    if rng.random() < 0.3:
        rule["stationary"] = {rng.choice(SPACES): rng.choice((True, "flow == 'fixed'"))}
    for key in ("temporal", "spatial_x", "spatial_y"):
        if rng.random() < 0.15:
            rule[key] = dict.fromkeys(DIMS, True) | some(DIMS, 4)
            del rule[key][rng.choice(DIMS)]
    return rule


def wide_claims(seed: int) -> Iterator[Failure | None]:
    """One space, with one network and with two."""
    space = random_wide_space(seed)
    fronts = fronts_of_machines(space)
    reached = [point for _, front in fronts for point in front]
    for objective in get_args(Objective):
        yield check_machine_space(space, objective, reached)
        yield check_steering(space, objective, fronts, Random(seed))
    other = random_wide_space(seed + 1_000_000)
    beside = replace(space, layers=other.layers, counts=other.counts, sequential=other.sequential)
    if seed % 3 == 0:
        yield check_two_networks(space, beside, fronts, fronts_of_machines(beside))


def check_steering(
    space: MachineSpace, objective: Objective, fronts: Fronts, rng: Random
) -> Failure | None:
    """Machine after machine: what is said of each before it is tried, and the best not missed."""
    search = SpaceBound(
        space.build(), space.network(), objective=objective, maps=rng.random() < 0.5
    )
    least = min((best(x, objective).value(objective) for _, x in fronts if x), default=math.inf)
    reached = math.inf
    for point, front in rng.sample(fronts, len(fronts)):
        if reached < math.inf:
            search.reached = reached
            search.advance()
        value = best(front, objective).value(objective) if front else math.inf
        bound = search.least_at(point)
        details = {"space": space, "objective": objective, "bound": bound, "least": value}
        if bound > value * (1.0 + ROUNDING):
            return Failure("bound", bound / value - 1.0, details | {"machine": point})
        if bound < reached:
            reached = min(reached, value)
    if reached > least * (1.0 + ROUNDING):
        return Failure("value", reached / least - 1.0, {"space": space, "objective": objective})
    return None


def check_two_networks(
    one: MachineSpace, two: MachineSpace, fronts: Fronts, others: Fronts
) -> Failure | None:
    """The weighted mean of the bounds of two networks, against the best machine for both."""
    weights = 0.25, 0.75
    networks = replace(one.network(), name="one"), replace(two.network(), name="two")
    means = [
        best(a, "edp").value("edp") ** weights[0] * best(b, "edp").value("edp") ** weights[1]
        for (_, a), (_, b) in zip(fronts, others, strict=True)
        if a and b
    ]
    both = Networks(networks, weights)
    bound = least_for_networks(one.build(), both, objective="edp", seconds=math.inf)
    least = min(means, default=math.inf)
    if bound > least * (1.0 + ROUNDING):
        details = {"one": one, "two": two, "bound": bound, "least": least}
        return Failure("bound", bound / least - 1.0, details)
    return None

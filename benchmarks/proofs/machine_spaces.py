"""Spaces of some forty machines: the bound over all of them, against the least of every machine.

The space builds the machines; what each of them reaches, and which are within the area, is the
brute force's affair. Prices and areas are invented, so that writing can be far cheaper than
reading. The bound is looked at whenever it changes: a search may be stopped at any time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from benchmarks.proofs.brute_force import Point, Restrictions, best, pareto
from benchmarks.proofs.check import ROUNDING, Failure
from benchmarks.proofs.networks import sum_of_fronts
from benchmarks.proofs.problems import random_layer
from benchmarks.proofs.rules import DIMS, SPACES, WORD_BITS, Layer, Machine
from bohwsw.certificate import BoundProgress, SpaceBound
from bohwsw.codesign import Hardware, HardwareSpace, space_from_dict
from bohwsw.mapper.mapper import Objective
from bohwsw.space import Value
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape
from bohwsw.workload import Layer as PackageLayer
from bohwsw.workload import Network, network_from_layers

MOST_MACS, MOST_MACS_OF_MANY = 24, 8
"""Operations of a layer; the second where the area is limited: of more machines, more levels."""


@dataclass(frozen=True)
class InventedTechnology:
    """Prices of reads, fills and updates of each kind of storage, growing with its rows."""

    prices: dict[str, tuple[float, float, float]]
    growth: float
    mac_pj: float
    word_mm2: float | None = None
    mac_mm2: float | None = None
    hop_pj: float = 0.0
    linear: float = 0.0  # share of the price of a MAC that grows with the sum of its operands' bits
    name: str = "invented"

    def storage(self, shape: StorageShape) -> StorageCost:
        """The price of a kind, times a power of the rows and of the words side by side.

        Of an access by an instance: those that share an array share what is in common.
        """
        rows = 1 if shape.entries is None else shape.rows
        factor = rows**self.growth * shape.block_size**0.5 * shape.cluster_size**-0.25
        factor *= (shape.word_bits / WORD_BITS) ** 0.75
        read, fill, update = (price * factor for price in self.prices[shape.kind])
        return StorageCost(read, fill, update, self.area_mm2(shape.kind, shape.entries))

    def area_mm2(self, kind: str, entries: int | None) -> float | None:
        """So much a word; registers take half as much again."""
        if self.word_mm2 is None or entries is None:
            return None
        return self.word_mm2 * entries * (1.5 if kind == "regfile" else 1.0)

    def mac(self, word_bits: int) -> MacCost:
        """In proportion to the width."""
        price = self.mac_pj * word_bits / WORD_BITS
        return MacCost(price, self.mac_mm2, self.linear * price)

    def hop_energy_pj(self, word_bits: int) -> float:
        """In proportion to the width."""
        return self.hop_pj * word_bits / WORD_BITS


@dataclass(frozen=True)
class MachineSpace:
    """Machines, a network, and what the best machine reaches."""

    spec: dict[str, Any]
    technology: InventedTechnology
    layers: list[Layer]
    counts: list[int]
    limit_mm2: float = math.inf
    sequential: tuple[str | None, ...] = ()  # of each layer the dimension whose steps wait

    def network(self) -> Network:
        """The package's network."""
        order = self.sequential or (None,) * len(self.layers)
        layers = [
            (PackageLayer(f"layer {i}", **dict[str, Any](layer), sequential=dim), count)
            for i, (layer, dim, count) in enumerate(
                zip(self.layers, order, self.counts, strict=True)
            )
        ]
        return network_from_layers("plain", layers)

    def build(self) -> HardwareSpace:
        """The package's space with the invented prices in place of a technology's."""
        space = space_from_dict(self.spec)
        if self.limit_mm2 < math.inf:
            limits = {"area_mm2": self.limit_mm2}
            space = replace(space, spec=space.spec.model_copy(update={"limits": limits}))
        vars(space)["technology"] = self.technology
        return space


def random_machine_space(seed: int) -> MachineSpace:
    """Some forty machines, one or two layers.

    In half of the spaces neither size nor block costs anything: then the least machine of each
    structure is one of the space, and its bound has no slack to hide a fault in.
    """
    rng = Random(seed)
    tight = rng.random() < 0.5
    spec = _spec(rng, tight)
    reads = {"dram": rng.choice((3.0, 10.0)), "sram": rng.choice((0.1, 1.0)), "regfile": 0.1}
    shares = (0.0, 0.1) if tight else (0.1, 1.0, 2.5)
    prices = {
        kind: (read, read * rng.choice(shares), read * rng.choice(shares))
        for kind, read in reads.items()
    }
    growth = 0.0 if tight else rng.choice((0.0, 0.1, 0.4))
    technology = InventedTechnology(prices, growth, rng.choice((0.0, 0.5)))
    limit_mm2 = math.inf
    if seed % 3 == 0:
        limit_mm2 = rng.choice((14.0, 20.0, 30.0))
        technology = replace(technology, word_mm2=1.0, mac_mm2=rng.choice((0.5, 2.0, 4.0)))
        _limit_area(rng, spec)
    most_macs = MOST_MACS_OF_MANY if seed % 3 == 0 else MOST_MACS
    layers: list[Layer] = []
    wanted = rng.choice((1, 1, 2))
    while len(layers) < wanted:
        layer = random_layer(rng, "coincidence" if tight else "general")
        beside = layer["N"] * layer["C"] * layer["G"] if tight else 1
        if beside == 1 and math.prod(layer[dim] for dim in DIMS) <= most_macs:
            layers.append(layer)
    counts = [rng.choice((1, 2)) for _ in layers]
    return MachineSpace(spec, technology, layers, counts, limit_mm2)


def _spec(rng: Random, tight: bool) -> dict[str, Any]:
    flows = ["free", "fixed"]
    parameters: dict[str, Any] = {
        "words": {"values": sorted(rng.sample((1, 2, 3) if tight else (2, 3, 4, 6, 9), 2))},
        "lanes": {"values": [1, 2]},
        "flow": {"choices": flows},
    }
    buffer: dict[str, Any] = {"name": "Buffer", "kind": "sram", "entries": "words"}
    buffer["fanout"] = ["lanes", 1]
    if rng.random() < 0.5:
        parameters["speed"] = {"values": sorted(rng.sample((0.3, 0.5, 1.0, 2.5), 3))}
        buffer["bandwidth"] = {rng.choice(("read", "write")): "speed"}
    if not tight:
        parameters["block"] = {"values": [1, 2]}
        buffer["block_size"] = "block"
    levels: list[dict[str, Any]] = [{"name": "DRAM", "kind": "dram"}, buffer]
    if "speed" not in parameters or tight:
        parameters["channels"] = {"values": [1, 2]}
        levels[0]["fanout"] = [1, "channels"]
    if not tight and rng.random() < 0.5:
        kept = [rng.choice(SPACES)]
        levels.append({"name": "Register", "kind": "regfile", "entries": 1, "keeps": kept})
    rule: dict[str, Any] = {"stationary": {rng.choice(SPACES): "flow == 'fixed'"}}
    if rng.random() < 0.5:
        rule["keep"] = {rng.choice(SPACES): "flow == 'fixed'"}
    point = {name: (domain.get("values") or flows)[0] for name, domain in parameters.items()}
    return {
        "name": "machines",
        "technology": "timeloop-pat",
        "parameters": parameters,
        "architecture": {"levels": levels},
        "dataflow": {"Buffer": rule},
        "baseline": {"point": point},
    }


def _limit_area(rng: Random, spec: dict[str, Any]) -> None:
    """More parameters, and an area that not all machines keep to; the first one does."""
    buffer = spec["architecture"]["levels"][1]
    del buffer["fanout"]
    spec["parameters"] |= {"rows": {"values": [1, 2, 3]}, "own": {"values": [1, 2]}}
    spec["baseline"]["point"] |= {"rows": 1, "own": 1}
    buffer["fanout"] = ["lanes", "rows"]
    kept = [rng.choice(SPACES)]
    register = {"name": "Own", "kind": "regfile", "entries": "own", "keeps": kept}
    spec["architecture"]["levels"] = [*spec["architecture"]["levels"][:2], register]
    if rng.random() < 0.5:
        spec["constraints"] = ["rows % lanes == 0 or own == 1"]


def _area_mm2(space: MachineSpace, hardware: Hardware) -> float:
    """Words and units of a machine, instance by instance; 0 where areas are unknown."""
    technology, total, instances = space.technology, 0.0, 1
    for i, level in enumerate(hardware.architecture.levels):
        total += instances * (technology.area_mm2(level.kind, level.entries) or 0.0)
        for fan in hardware.architecture.fanout(i):
            instances *= fan
    return total + instances * (technology.mac_mm2 or 0.0)


def plain_machine(hardware: Hardware) -> tuple[Machine, Restrictions]:
    """A machine of the space as the brute force has it."""
    architecture, costs, levels, limits = hardware.architecture, hardware.costs, [], []
    for i, level in enumerate(architecture.levels):
        fan_x, fan_y = architecture.fanout(i)
        price = costs.storage[i]
        levels.append(
            {
                "entries": level.entries,
                "bits": level.word_bits,
                "block": level.block_size,
                "read_bw": level.read_words_per_cycle,
                "write_bw": level.write_words_per_cycle,
                "read": price.read_pj,
                "fill": price.fill_pj,
                "update": price.update_pj,
                "keeps": level.keeps,
                "fan_x": fan_x,
                "fan_y": fan_y,
                "hop": costs.hop_energy_pj[i],
            }
        )
        rule = hardware.dataflow.levels.get(level.name)
        limits.append({} if rule is None else dict(vars(rule)))
    limits[0]["both_axes"] = not hardware.dataflow.single_axis
    machine = {"levels": levels, "mac": costs.mac_energy_pj, "mac_linear": costs.mac_linear_pj}
    return machine | {"bits": architecture.mac.word_bits}, limits


def least_of_machines(space: MachineSpace) -> list[Point]:
    """The best points of all machines."""
    return [point for _, front in fronts_of_machines(space) for point in front]


def fronts_of_machines(space: MachineSpace) -> list[tuple[dict[str, Value], list[Point]]]:
    """The machines within the area, each with the best points of the network on it."""
    built = space.build()
    assert built.space is not None
    rows = built.space.all_rows(1000)
    assert rows is not None
    found = []
    order = space.sequential or (None,) * len(space.layers)
    for row in rows:
        point = dict(built.space.point(row))
        hardware = built.hardware(point)
        if _area_mm2(space, hardware) > space.limit_mm2:
            continue
        machine, (outermost, *others) = plain_machine(hardware)
        fronts = [
            pareto(layer, machine, [outermost | {"sequential": dim}, *others])
            for layer, dim in zip(space.layers, order, strict=True)
        ]
        found.append((point, sum_of_fronts(fronts, space.counts)))
    return found


def check_machine_space(
    space: MachineSpace, objective: Objective, reached: list[Point]
) -> Failure | None:
    """No machine of the space may be below the bound, whenever it is asked for.

    The search knows the least objective, something above it, or nothing, and ends when nothing is
    left to prove.
    """
    network = space.network()
    if not reached:
        return None
    optimum = best(reached, objective)
    least = optimum.value(objective)
    for known in (least, 1.3 * least, math.inf):
        search = SpaceBound(space.build(), network, objective=objective, reached=known)
        bound, told = search.bound, list[BoundProgress]()
        bound = max(bound, search.run(report=told.append), *(x.bound for x in told))
        if bound > least * (1.0 + ROUNDING):
            details = {"space": space, "objective": objective, "bound": bound, "least": least}
            excess = bound / least - 1.0
            return Failure("bound", excess, details | {"known": known, "optimum": optimum})
    return None

"""Energies per action: of a table as Accelergy writes it (ERT), of attributes, or Timeloop's own.

Where a table says nothing of a component, and no attribute does, the price is that of Timeloop's
public model, which Timeloop would take (technology ``timeloop-pat``).
"""

from __future__ import annotations

import re

from bohwsw.importers.timeloop.machine import Machine
from bohwsw.importers.yaml_files.place import Place
from bohwsw.simulator import Costs
from bohwsw.tech import StorageCost, StorageShape, technology_of

PAT = "timeloop-pat"
ACTIONS = {
    "read": ("random_read", "read"),
    "fill": ("random_fill", "random_write", "fill", "write"),
    "update": ("random_update", "random_write", "update", "write"),
}
"""For each of our actions the table's names, the first that there is counts, as in Timeloop."""
COMPUTE = ("mac_random", "mult_random", "mac", "mult", "compute")
IDLE = ("leak", "idle")

Table = dict[str, float]
"""Energies in pJ by action."""


def tables_of(ert: Place) -> dict[str, tuple[Place, Table]]:
    """The tables of an ERT by component, each with its place."""
    keys = ert.known(("version", "tables"))
    ert.require(keys, "energies", "tables")
    found: dict[str, tuple[Place, Table]] = {}
    if isinstance(keys["tables"].value, dict):  # version 0.2
        for name, place in keys["tables"].mapping(as_written=True).items():
            prices = {key: _price(at) for key, at in place.mapping(as_written=True).items()}
            found[_component(name)] = place, prices
        return found
    for place in keys["tables"].sequence():
        entries = place.mapping()
        place.require(entries, "a table", "name", "actions")
        prices = {}
        for action in entries["actions"].sequence():
            parts = action.mapping()
            action.require(parts, "an action", "name", "energy")
            name, price = parts["name"].text(), _number(parts["energy"])
            prices[name] = max(price, prices.get(name, 0.0))  # of several arguments the dearest
        found[_component(entries["name"].text())] = place, prices
    return found


def _price(place: Place) -> float:
    entries = place.sequence() if isinstance(place.value, list) else [place]
    prices = []
    for entry in entries:
        parts = entry.mapping()
        entry.require(parts, "an action", "energy")
        prices.append(_number(parts["energy"]))
    return max(prices, default=0.0)


def _number(place: Place) -> float:
    value = place.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e30:
        raise place.error("not an energy", "pJ, a number of at least 0")
    return float(value)


def _component(path: str) -> str:
    """``system.chip.PE[0..167].spad`` is about ``spad``."""
    return re.sub(r"\[[^\]]*\]", "", path).rsplit(".", 1)[-1]


def costs_of(machine: Machine, ert: Place | None) -> tuple[Costs, bool]:
    """The prices of a machine, and whether the files themselves give any.

    Raises:
        SpecError: something in the table is not valid.
    """
    tables = {} if ert is None else tables_of(ert)
    pat = technology_of(PAT)
    storage, hops = [], []
    is_given = False
    for index, component in enumerate(machine.levels):
        given, level = machine.given[index], machine.architecture.levels[index]
        shape = StorageShape(
            machine.kinds[index],  # type: ignore[arg-type]
            None if machine.kinds[index] == "dram" else machine.capacities[index],
            level.word_bits,
            level.block_size,
            machine.clusters[index],
        )
        own = pat.storage(shape)
        if given.access_pj is not None:
            own = StorageCost(given.access_pj, given.access_pj, given.access_pj, None)
        table = tables.pop(component.name, None)
        if table is not None:
            own = _priced(table[1], own, machine.clusters[index])
            _name_leakage(*table)
        is_given |= table is not None or given.access_pj is not None
        storage.append(own)
        hops.append(given.hop_pj or pat.hop_energy_pj(level.word_bits))
    units = tables.pop(machine.units.name, None)
    mac_pj = pat.mac(machine.architecture.mac.word_bits).energy_pj
    own_price = machine.units.scope.first("energy")
    if own_price is not None:
        mac_pj = machine.units.scope.positive(own_price[1])
    if units is not None:
        mac_pj = _first(units[1], COMPUTE, max(units[1].values(), default=mac_pj))
        _name_leakage(*units)
    for name, (place, _) in tables.items():
        if name not in machine.folded and name not in machine.fans:
            place.note(f"energies of {name!r}: no level and no units of that name")
    is_given |= units is not None or own_price is not None or any(hops)
    return Costs(tuple(storage), tuple(hops), mac_pj), is_given


def _priced(table: Table, own: StorageCost, cluster_size: int) -> StorageCost:
    """A table's prices are those of a whole array, which the instances of a cluster share."""
    own_pj = {"read": own.read_pj, "fill": own.fill_pj, "update": own.update_pj}
    read, fill, update = (
        _first(table, names, own_pj[key] * cluster_size) / cluster_size
        for key, names in ACTIONS.items()
    )
    return StorageCost(read, fill, update, None)


def _first(table: Table, names: tuple[str, ...], otherwise: float) -> float:
    return next((table[name] for name in names if name in table), otherwise)


def _name_leakage(place: Place, table: Table) -> None:
    if any(table.get(name, 0.0) > 0 for name in IDLE):
        place.note("leakage: only accesses cost energy here")

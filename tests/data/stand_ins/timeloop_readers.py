"""What Timeloop 3.0.3 makes of its four input files: which keys it asks for, and how.

From what it was seen to accept (``tests/data/timeloop/accepted``) and from its parsers; see
``timeloop_yaml`` for the ways of asking. Levels stand innermost first, as in the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from timeloop_yaml import AbortedError, Node, RefusedError, demand

from bohwsw.mapping.nest import LevelNest
from bohwsw.tech.pat import TimeloopPat
from bohwsw.tech.technology import StorageShape
from bohwsw.workload import Layer

STORAGE_ACTIONS = {
    "read": ("random_read", "read"),
    "fill": ("random_fill", "random_write", "fill", "write"),
    "update": ("random_update", "random_write", "update", "write"),
}
COMPUTE_ACTIONS = ("mac_random", "mult_random", "mac", "mult", "compute")
FACTOR = re.compile(r"([A-Za-z]+)\s*=*\s*([0-9]+)(,[0-9]+)?")
AXES = {
    "Weights": ["G", "K", "C", "R", "S"],
    "Inputs": ["N", "G", "C", "P*Wstride+R*Wdilation", "Q*Hstride+S*Hdilation"],
    "Outputs": ["N", "G", "K", "Q", "P"],
}


@dataclass
class Part:
    """The units, or a storage level; prices by action, PAT's until the table has others."""

    name: str
    instances: int
    mesh_x: int
    mesh_y: int
    word_bits: int
    prices: dict[str, float]
    source: str = "PAT"
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def mesh(self) -> tuple[int, int]:
        """Instances on X and Y."""
        return self.mesh_x, self.mesh_y


def read_problem(problem: Node) -> tuple[Layer, set[str]]:
    """The layer, and the data spaces that are written to; this stand-in knows one shape only."""
    shape = problem.lookup("shape") if "shape" in problem else None
    if shape is None or problem.text("shape") is not None:
        raise RefusedError("no file of shapes here: Timeloop would look for one")
    dims = shape.lookup("dimensions").texts()
    if any(len(dim) != 1 for dim in dims):
        raise RefusedError("the name of a dimension has one character")
    entries = shape.lookup("coefficients").nodes() if "coefficients" in shape else []
    defaults = {
        demand(entry.text("name"), "name"): demand(entry.integer("default"), "default")
        for entry in entries
    }
    axes, written = {}, set()
    for space in shape.lookup("data-spaces").nodes():
        name = demand(space.text("name"), "name")
        if space.flag("read-write"):
            written.add(name)
        projection = space.lookup("projection").nodes()
        terms = [[term.texts() for term in axis.nodes()] for axis in projection]
        known = all(t[0] in dims and all(c in defaults for c in t[1:]) for a in terms for t in a)
        if not known:
            raise AbortedError("std::out_of_range")
        axes[name] = ["+".join("*".join(term) for term in axis) for axis in terms]
    sizes = problem.lookup("instance") if "instance" in problem else problem
    extents = {dim: demand(sizes.integer(dim), f"bounds of {dim}") for dim in dims}
    geometry = {
        f"{key[1:]}_{key[0].lower()}": default if (n := sizes.integer(key)) is None else n
        for key, default in defaults.items()
    }
    if axes != AXES:
        raise RefusedError("this stand-in knows convolutions only")
    return Layer("layer", **extents, **geometry), written


def read_machine(architecture: Node) -> tuple[Part, list[Part]]:
    """The units and the levels."""
    arithmetic, storage = architecture.lookup("arithmetic"), architecture.lookup("storage")
    instances = demand(arithmetic.count("instances"), "instances")
    word_bits = _or(arithmetic.count("word-bits", "datawidth"), 16)
    price = arithmetic.integer("energy")
    units = Part(
        _or(arithmetic.text("name"), "__ARITH__").partition("[")[0],
        instances,
        *_mesh(arithmetic, instances),
        word_bits,
        {"compute": TimeloopPat().mac(word_bits).energy_pj if price is None else float(price)},
    )
    levels = [_level(node) for node in storage.nodes()]
    inner = units
    for level in levels:
        if any(i % o for i, o in zip(inner.mesh, level.mesh, strict=True)):
            raise AbortedError("inner_instances % cur_instances == 0")
        inner = level
    return units, levels


def _level(node: Node) -> Part:
    word_bits = _or(node.count("word-bits", "word_width", "datawidth"), 16)
    block_size = _or(node.count("block-size", "block_size", "n_words"), 1)
    cluster_size = _or(node.count("cluster-size"), 1)
    entries = node.count("entries")
    if entries is None and (rows := node.count("depth", "memory_depth")) is not None:
        entries = rows * block_size
    is_dram = node.text("technology") == "DRAM"
    if block_size == 0 or (is_dram and cluster_size != 1):
        raise AbortedError("cluster_size.Get() == 1")
    if not is_dram:
        demand(entries, "specified_")
    instances = _or(node.count("instances"), 0)
    mesh = _mesh(node, instances)
    kind = "dram" if is_dram else "sram"
    shape = StorageShape(kind, None if is_dram else entries, word_bits, block_size, cluster_size)
    price = _or(node.real("vector-access-energy"), TimeloopPat().storage(shape).read_pj)
    more = {
        "entries": entries,
        "is_dram": is_dram,
        "block_size": block_size,
        "cluster_size": cluster_size,
        "read_bandwidth": node.real("read_bandwidth"),
        "write_bandwidth": node.real("write_bandwidth"),
        "hop_pj": _or(node.real("energy-per-hop"), 0.0),  # PAT's wires are free,
        "address_pj": max(0.0, _or(node.real("addr-gen-energy"), -0.1)),  # and its adders
    }
    name = demand(node.text("name"), "specified_").partition("[")[0]
    prices = dict.fromkeys((*STORAGE_ACTIONS, "most"), price)
    return Part(name, instances, *mesh, word_bits, prices, more=more)


def _mesh(node: Node, instances: int) -> tuple[int, int]:
    x, y = node.count("meshX"), node.count("meshY")
    if x is None and y is None:
        x, y = instances, 1
    x = instances // demand(y, "meshY") if x is None else x
    y = instances // x if y is None else y
    if x * y != instances:
        raise AbortedError("meshX.Get() * meshY.Get() == instances.Get()")
    return x, y


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def read_prices(ert: Node, units: Part, levels: list[Part]) -> None:
    """Put the prices of a table where its names match; an action without energy is free."""
    if "tables" not in ert or "version" not in ert or ert.real("version") not in (0.3, 0.4):
        raise AbortedError('ert.exists("tables")')
    tables: dict[str, dict[str, float]] = {}
    for table in ert.lookup("tables").nodes():
        name = demand(table.text("name"), 'exists("name")')
        if "actions" not in table:
            raise AbortedError('exists("actions")')
        found = tables.setdefault(name.rpartition(".")[2], {})
        for action in table.lookup("actions").nodes():
            key = demand(action.text("name"), 'exists("name")')
            found[key] = max(found.get(key, 0.0), _or(action.real("energy"), 0.0))
    for part in (units, *levels):
        if part.name in tables:
            found = tables[part.name]
            wanted = {"compute": COMPUTE_ACTIONS} if part is units else STORAGE_ACTIONS
            for action, names in wanted.items():
                named = next((name for name in names if name in found), None)
                if named is not None:
                    part.prices[action] = found[named]
            part.prices["most"], part.source = max(found.values(), default=0.0), "ERT"


def read_mapping(directives: Node, layer: Layer, units: Part, levels: list[Part]) -> list[Any]:
    """A block for each level, innermost level first."""
    dims = list(layer.sizes)
    meshes = [units.mesh, *(level.mesh for level in levels)]
    is_spatial = [meshes[i] != meshes[i + 1] for i in range(len(levels))]
    names = [level.name for level in levels]
    loops: dict[tuple[int, str], Any] = {}
    bypassed: list[set[str]] = [set() for _ in levels]
    for directive in directives.nodes():
        kind = demand(directive.text("type"), "type")
        target = demand(directive.text("target"), "target")
        if kind not in ("temporal", "spatial", "datatype", "bypass"):
            raise RefusedError(f"illegal mapping directive type: {kind}")
        if target not in names:
            raise RefusedError(f"target storage level not found: {target}")
        index = names.index(target)
        if kind in ("datatype", "bypass"):
            for key, change in (("keep", set.discard), ("bypass", set.add)):
                for space in directive.lookup(key).texts() if key in directive else []:
                    if space not in AXES:
                        raise AbortedError("std::out_of_range")
                    change(bypassed[index], space)
            continue
        if kind == "spatial" and not is_spatial[index]:
            raise RefusedError(f"cannot find spatial tiling level associated with {target}")
        loops[index, kind] = _loops(directive, layer)
    blocks = []
    for index in range(len(levels)):
        temporal, _ = loops.get((index, "temporal"), ([], 0))
        spatial, split = loops.get((index, "spatial"), ([], len(dims)))
        keep = frozenset(AXES) - bypassed[index]
        blocks.append(
            LevelNest(*map(_outside_in, (temporal, spatial[:split], spatial[split:])), keep)
        )
    for dim, size in layer.sizes.items():
        product = 1
        for block in blocks:
            for name, factor in block.temporal + block.spatial:
                product *= factor if name == dim else 1
        if product != size:
            raise RefusedError(
                f"parsing mapping: product of all factors of dimension {dim} is {product}, which is"
                f" not equal to the dimension size of the workload {size}."
            )
    return blocks


def _loops(directive: Node, layer: Layer) -> tuple[list[tuple[str, int]], int]:
    """Loops from the innermost, and how many of them are on X; what is left out is 1, and last."""
    factors = {}
    for dim, factor, residual in FACTOR.findall(
        (directive.text("factors") or "").partition("#")[0]
    ):
        if dim not in layer.sizes or residual:
            raise RefusedError(f"parsing factors: dimension {dim} not found in problem shape.")
        factors[dim] = int(factor) or layer.sizes[dim]
    order = list((directive.text("permutation") or "").replace(" ", ""))
    if not set(order) <= set(layer.sizes):
        raise AbortedError("std::out_of_range")
    order += [dim for dim in layer.sizes if dim not in order]
    split = _or(directive.count("split"), len(order))
    return [(dim, factors.get(dim, 1)) for dim in order], split


def _outside_in(loops: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((dim, factor) for dim, factor in reversed(loops) if factor > 1)

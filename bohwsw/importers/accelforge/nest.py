"""Mappings of AccelForge as loop nests of ours.

AccelForge lists stored tiles and loops from the outside in, and a tile is stored above the loops
in time that leave it in place. Here such a loop stands in the block of a level, so there are
several nests with the same counts: the one that has each loop as far out as it may be is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bohwsw.importers.accelforge.machine import Machine
from bohwsw.importers.accelforge.workload import Workload
from bohwsw.importers.yaml_files.place import Place
from bohwsw.importers.yaml_files.scope import Scope
from bohwsw.mapping import LevelNest, Loop, Mapping, check_factors
from bohwsw.workload import DATA_SPACES, RELEVANT_DIMENSIONS

LOOP = ("rank_variable", "tile_shape", "initial_tile_shape")
TAGS = ("Storage", "Temporal", "Spatial", "Toll", "Compute", "Nested")


@dataclass
class _Nest:
    """What stands in a file, with the number of loops in time around it."""

    temporal: list[Loop] = field(default_factory=list)
    stored: list[dict[str, tuple[int, Place]]] = field(default_factory=list)
    spatial: list[tuple[list[Loop], list[Loop]]] = field(default_factory=list)
    fanned: dict[int, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)


def mapping_of(place: Place, machine: Machine, workload: Workload, scope: Scope) -> Mapping:
    """The mapping that a list of nodes describes.

    Raises:
        SpecError: something in it is not valid, is fused with other einsums, or is imperfect.
    """
    layer = workload.shape.layer
    assert layer is not None
    depth = machine.architecture.depth
    nest = _Nest(left=layer.sizes)
    nest.stored = [{} for _ in range(depth)]
    nest.spatial = [([], []) for _ in range(depth)]
    keys = place.known(("nodes",))
    place.require(keys, "a mapping", "nodes")
    nodes = list(_flat(keys["nodes"]))
    for node in nodes[:-1]:
        _read(node, nest, machine, workload, scope)
    if not nodes or nodes[-1].item.tag != "Compute":
        raise (nodes or [place])[-1].error("the last node computes nothing", "!Compute")
    for key, valid in (("einsum", workload.einsum), ("component", machine.units)):
        at = nodes[-1].known(("einsum", "component")).get(key)
        if at is not None and at.text() != valid:
            raise at.unknown(key, at.text(), [valid])
    mapping = Mapping(tuple(_blocks(nest, depth, place)))
    with place.explained():
        check_factors(layer, mapping)
    return mapping


def _flat(place: Place) -> list[Place]:
    found: list[Place] = []
    for node in place.sequence():
        if node.item.tag == "Nested":
            found += _flat(node.known(("nodes",))["nodes"])
        elif node.item.tag not in TAGS:
            tags = ", ".join(f"!{tag}" for tag in TAGS)
            raise node.error("not a node of a nest of one einsum", tags, f"!{node.item.tag}")
        else:
            found.append(node)
    return found


def _read(node: Place, nest: _Nest, machine: Machine, workload: Workload, scope: Scope) -> None:
    tag = node.item.tag
    if tag == "Toll":
        node.note("!Toll: passing through it costs nothing here")
    elif tag == "Storage":
        _store(node, nest, machine, workload)
    elif tag == "Temporal":
        nest.temporal.append(_loop(node.known(LOOP), node, nest, workload, scope))
    elif tag == "Spatial":
        keys = node.known((*LOOP, "name", "component"))
        node.require(keys, "a loop over space", "name", "component")
        axis = keys["component"].text(), keys["name"].text()
        if axis not in machine.axes:
            listed = [" ".join(known) for known in machine.axes]
            raise node.unknown("fan-out", " ".join(axis), listed)
        level, at = machine.axes[axis]
        if level < max(nest.fanned, default=0) or any(nest.stored[level + 1 :]):
            raise node.error("a fan-out inside what is below it", "levels from the outside in")
        nest.fanned[level] = len(nest.temporal)
        nest.spatial[level][at].append(_loop(keys, node, nest, workload, scope))
    else:
        raise node.error("nodes after !Compute", "!Compute as the last node")


def _store(node: Place, nest: _Nest, machine: Machine, workload: Workload) -> None:
    keys = node.known(("component", "tensors", "persistent"))
    node.require(keys, "stored tiles", "component", "tensors")
    name = keys["component"].text()
    if name in machine.tolls:
        node.note("passing through it costs nothing here")
        return
    if name not in machine.levels:
        raise keys["component"].unknown("memory", name, machine.levels)
    level = machine.levels[name]
    if level <= max(nest.fanned, default=-1):
        raise node.error("stored inside a fan-out that is below it", "levels from the outside in")
    for at in keys["tensors"].sequence():
        space = workload.shape.space(at)
        if space in nest.stored[level]:
            raise at.error("a tensor is stored twice in one memory")
        nest.stored[level][space] = len(nest.temporal), at


def _loop(
    keys: dict[str, Place], node: Place, nest: _Nest, workload: Workload, scope: Scope
) -> Loop:
    node.require(keys, "a loop", "rank_variable", "tile_shape")
    at = keys["rank_variable"]
    dim = workload.shape.dim(at.text().upper(), at)
    tile = scope.whole(keys["tile_shape"])
    first = keys.get("initial_tile_shape")
    if first is not None and first.value is not None and scope.whole(first) != tile:
        raise first.error("a first tile of another size", f"{tile}, as the others")
    size = 1 if dim is None else nest.left[dim]
    if size % tile:
        raise keys["tile_shape"].error("a tile that does not divide what is outside", f"of {size}")
    if dim is None:
        return "N", 1
    nest.left[dim] = tile
    return dim, size // tile


def _blocks(nest: _Nest, depth: int, place: Place) -> list[LevelNest]:
    """Loops by level: each as far out as the tiles inside it allow."""
    if len(nest.stored[0]) < len(DATA_SPACES) or any(n for n, _ in nest.stored[0].values()):
        raise place.error("the outermost memory keeps not all", "every tensor, whole")
    latest = [_latest(nest, level) for level in range(depth)] + [len(nest.temporal)]
    begin, blocks = 0, []
    for level in range(depth):
        inner = nest.stored[level + 1] if level + 1 < depth else {}
        least = max(begin, nest.fanned.get(level, 0), *(n for n, _ in inner.values()), 0)
        end, most = begin, min(latest[level + 1 :])
        seen: set[str] = set()
        while end < most and nest.temporal[end][0] not in seen:
            seen.add(nest.temporal[end][0])
            end += 1
        if end < (least if level + 1 < depth else most):
            raise place.error(
                "loops and tiles that no nest of levels has",
                "each dimension at most once between the tiles of two memories, and tiles of one"
                " memory that differ in loops that leave them in place",
            )
        x, y = nest.spatial[level]
        loops = tuple(nest.temporal[begin:end])
        blocks.append(LevelNest(loops, tuple(x), tuple(y), frozenset(nest.stored[level])))
        begin = end
    return blocks


def _latest(nest: _Nest, level: int) -> int:
    """How many loops may stand around the tiles of a level that are stored where they are."""
    latest = len(nest.temporal)
    for space, (around, at) in nest.stored[level].items():
        relevant = RELEVANT_DIMENSIONS[space]
        if around and nest.temporal[around - 1][0] not in relevant:
            at.note("stored inside a loop that leaves it in place: it stays there here")
        inside = around
        while inside < latest and nest.temporal[inside][0] not in relevant:
            inside += 1
        latest = min(latest, inside)
    return latest

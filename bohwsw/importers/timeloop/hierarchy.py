"""Architectures of Timeloop, in each of its three formats, as one chain of components.

- flat: ``storage`` from the innermost, and ``arithmetic``;
- a tree (versions 0.2 and 0.3): ``subtree`` in ``subtree``, ``local`` components in each, numbers
  of instances in names, ``PE[0..167]``;
- nodes (0.4): containers and components from the outermost, each with a ``spatial`` fan-out of
  its own that holds for all that follow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bohwsw.importers.timeloop.attributes import MESH
from bohwsw.importers.yaml_files.place import Place, note_unused
from bohwsw.importers.yaml_files.scope import Scope

STORAGE = ("dram", "sram", "regfile", "smartbuffer", "storage", "buffer", "memory", "_rf", "reg")
UNITS = ("mac", "compute", "multiplier")
NETWORKS = ("network", "noc", "wire", "reductiontree", "legacy", "simplemulticast", "router")
"""Parts of names of classes, small letters; of the first two as Timeloop looks for them."""
DUMMY = "dummy_storage"
"""What Timeloop's front end makes of a container that fans out."""
CAPACITY = ("entries", "depth", "memory_depth", "data_storage_depth", "sizeKB")
NODE = ("name", "class", "subclass", "spatial", "attributes", "constraints", "enabled")
BESIDE = (
    *("required_actions", "sparse_optimizations"),
    *("area_scale", "energy_scale", "area_share", "energy_share"),
)
"""Keys of components that are named, and nothing else."""
BRANCH = ("name", "attributes", "local", "subtree", "version")
LEAF = ("name", "class", "subclass", "attributes", "constraints", "enabled")

Kind = Literal["storage", "units", "fan"]


@dataclass(frozen=True)
class Component:
    """Something in the chain.

    Attributes:
        name: without the numbers of its instances.
        kind: ``storage``, ``units``, or ``fan``: a fan-out and nothing else.
        class_name: its class and subclass; empty in the flat format.
        mesh: instances over the whole chip, on X and Y.
        constraints: what it says of mappings in itself, if anything.
        is_beside: whether it stands beside its neighbours, so that it keeps only what it says.
    """

    name: str
    kind: Kind
    place: Place
    class_name: str
    scope: Scope
    mesh: tuple[int, int]
    constraints: Place | None = None
    is_beside: bool = False


def components_of(architecture: Place, variables: Scope) -> tuple[list[Component], bool]:
    """The components from the outermost, and whether they were given as nodes.

    Raises:
        SpecError: what stands there is no architecture that is a chain.
    """
    keys = architecture.mapping()
    if "nodes" in keys:
        architecture.known(("version", "nodes"))
        walk = _Nodes(variables)
        walk.nodes(keys["nodes"], variables)
        return walk.found, True
    if "subtree" in keys:
        architecture.known(("version", "subtree", "name", "attributes", "local"))
        return _tree(keys["subtree"], variables), False
    if "storage" in keys:
        architecture.known(("version", "storage", "arithmetic", "name"))
        return _flat(architecture, keys, variables), False
    raise architecture.error(
        "not an architecture", "nodes, subtree, or storage and arithmetic", sorted(keys)
    )


def mesh_of(scope: Scope, place: Place, instances: int | None) -> tuple[int, int]:
    """Instances on X and Y as Timeloop completes them: on X, where nothing else is said.

    Args:
        instances: how many there are if the attributes do not say.

    Raises:
        SpecError: the numbers contradict one another.
    """
    given = {key: found[1] for key in MESH if (found := scope.first(key))}
    sizes = {key: scope.whole(at, 1, 2**31) for key, at in given.items()}
    x, y = sizes.get("meshX"), sizes.get("meshY")
    total = sizes.get("instances", instances)
    if total is None:
        total = (x or 1) * (y or 1)
    if x is None:
        x = total // (y or 1)
    if y is None:
        y = total // x if x else 1
    if x * y != total:
        at = next(iter(given.values()), place)
        raise at.error("instances are not meshX x meshY", f"{total} instances in all", f"{x} x {y}")
    return x, y


def _flat(architecture: Place, keys: dict[str, Place], variables: Scope) -> list[Component]:
    if "arithmetic" not in keys:
        raise architecture.error("no arithmetic", "arithmetic: the units below all storage")
    found = []
    for place in [*keys["storage"].sequence()[::-1], keys["arithmetic"]]:
        entries = place.mapping()
        kind: Kind = "storage" if place.path[-1] != "arithmetic" else "units"
        own = {key: at for key, at in entries.items() if key not in ("name", "class", "attributes")}
        inner = entries["attributes"].mapping() if "attributes" in entries else {}
        scope = Scope({**own, **inner}, variables)
        size = scope.first("entries")
        if kind == "storage" and size is not None and size[1].value == 0:
            kind = "fan"  # a level without room: Timeloop's way to fan out twice
        class_name = entries["class"].text() if "class" in entries else ""
        is_named = kind != "units" or "name" in entries
        name = _name(place, entries)[0] if is_named else "MAC"
        found.append(Component(name, kind, place, class_name, scope, mesh_of(scope, place, None)))
    return found


def _tree(subtree: Place, variables: Scope) -> list[Component]:
    found: list[Component] = []
    instances, outer, level = 1, variables, subtree
    while True:
        branches = level.sequence() if isinstance(level.value, list) else [level]
        if len(branches) != 1:
            got = f"{len(branches)} beside one another"
            problem = "a machine of several branches is not a chain of levels"
            raise level.error(problem, "one sub-tree in each", got)
        keys = branches[0].known(BRANCH)
        instances *= _name(branches[0], keys)[1]
        outer = Scope(keys["attributes"].mapping() if "attributes" in keys else {}, outer)
        for place in keys["local"].sequence() if "local" in keys else []:
            component = _local(place, outer, instances)
            if component is not None:
                found.append(component)
        if "subtree" not in keys:
            return found
        level = keys["subtree"]


def _local(place: Place, outer: Scope, instances: int) -> Component | None:
    keys = _known(place, LEAF)
    name, own_instances = _name(place, keys)
    scope = Scope(keys["attributes"].mapping() if "attributes" in keys else {}, outer)
    class_name = _class_name(keys)
    kind = _kind(class_name, scope, place)
    if kind is None:
        return None
    mesh = mesh_of(scope, place, instances * own_instances)
    return Component(name, kind, place, class_name, scope, mesh, keys.get("constraints"))


class _Nodes:
    """Walks nodes from the outermost; fan-outs multiply."""

    def __init__(self, variables: Scope) -> None:
        self.found: list[Component] = []
        self.mesh = (1, 1)
        self.variables = variables

    def nodes(self, nodes: Place, outer: Scope, *, beside: bool = False) -> None:
        for place in nodes.sequence():
            tag = place.item.tag
            if tag == "Nothing":
                continue
            if tag in ("Parallel", "Hierarchical"):
                keys = place.known(("nodes", "name"))
                place.require(keys, f"!{tag}", "nodes")
                self.nodes(keys["nodes"], outer, beside=beside or tag == "Parallel")
            elif tag in ("Container", "Component"):
                scope = self._node(place, outer, is_container=tag == "Container", beside=beside)
                outer = scope if tag == "Container" else outer
            else:
                got = f"!{tag}" if tag else "no tag"
                expected = "!Container, !Component, !Parallel or !Hierarchical"
                raise place.error("not a node that is a level of a chain", expected, got)

    def _node(self, place: Place, outer: Scope, *, is_container: bool, beside: bool) -> Scope:
        keys = _known(place, NODE)
        scope = Scope(keys["attributes"].mapping() if "attributes" in keys else {}, outer)
        if "enabled" in keys and keys["enabled"].value is False:
            place.note("not enabled: left out")
            return scope
        fanout = keys["spatial"].known(MESH[1:]) if "spatial" in keys else {}
        sizes = {key: scope.whole(at, 1, 2**31) for key, at in fanout.items()}
        x, y = sizes.get("meshX", 1), sizes.get("meshY", 1)
        if beside and (is_container or (x, y) != (1, 1)):
            raise place.error("fans out beside other levels", "a fan-out above all of them")
        self.mesh = self.mesh[0] * x, self.mesh[1] * y
        class_name = _class_name(keys)
        kind = "fan" if is_container else _kind(class_name, scope, place) or "fan"
        name = _name(place, keys)[0]
        constraints = keys.get("constraints")
        if kind != "fan" or (x, y) != (1, 1) or constraints is not None:
            self.found.append(
                Component(name, kind, place, class_name, scope, self.mesh, constraints, beside)
            )
        return scope


def _known(place: Place, valid: tuple[str, ...]) -> dict[str, Place]:
    keys = place.known((*valid, *BESIDE))
    note_unused(keys, BESIDE[1:])
    return keys


def _name(place: Place, keys: dict[str, Place]) -> tuple[str, int]:
    """The name, and how many instances it speaks of: of ``PE[0..167]`` 168."""
    place.require(keys, "something", "name")
    at, text = keys["name"], keys["name"].text()
    match = re.fullmatch(r"([^\[\]]+?)\s*(?:\[\s*(\d+)\s*(?:\.\.\s*(\d+)\s*)?\])?", text)
    if match is None or len(text) > 100:
        raise at.error("not a name", "a name of at most 100 characters, as PE or PE[0..15]")
    name, first, last = match.groups()
    if last is None:
        return name, 1 if first is None else max(1, int(first))
    count = int(last) - int(first) + 1
    if not 1 <= count <= 2**31:
        raise at.error("not a range of instances", "as in PE[0..15]")
    return name, count


def _class_name(keys: dict[str, Place]) -> str:
    return " ".join(keys[key].text() for key in ("class", "subclass") if key in keys)


def _kind(class_name: str, scope: Scope, place: Place) -> Kind | None:
    """What a component is by its class; None where it is nothing that we model."""
    small = class_name.lower()
    if DUMMY in small:
        return "fan"
    if any(part in small for part in NETWORKS):
        place.note(f"network {class_name!r}: wires cost energy_per_hop only")
        return None
    if any(part in small for part in STORAGE):
        return "storage"
    if any(part in small for part in UNITS):
        return "units"
    if scope.first(*CAPACITY):
        return "storage"
    place.note(f"component of class {class_name!r}: neither storage nor multiply-accumulate units")
    return None


def chain(components: list[Component], architecture: Place) -> list[Component]:
    """The components where they are storage around storage around units; others are named.

    Raises:
        SpecError: no storage, no units, units elsewhere than at the end, or a name twice.
    """
    names: set[str] = set()
    for component in components:
        if component.name in names:
            raise component.place.error("a name is used twice", got=component.name)
        names.add(component.name)
    units = [c for c in components if c.kind == "units"]
    if not units or all(c.kind != "storage" for c in components):
        missing = "storage" if units else "multiply-accumulate units"
        raise architecture.error(f"no {missing}", "storage, and units of a class such as intmac")
    if components[-1] is not units[-1]:
        place = components[-1].place
        raise place.error("a level below the units", "units last", components[-1].name)
    for extra in units[:-1]:
        extra.place.note(f"units {extra.name!r} above other levels: left out")
    return [c for c in components if c not in units[:-1]]

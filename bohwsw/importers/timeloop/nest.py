"""Mappings of Timeloop as loop nests of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from bohwsw.importers.timeloop.directives import BYPASS_TYPES, factors_of, order_of, spaces_of
from bohwsw.importers.timeloop.machine import Machine
from bohwsw.importers.yaml_files.place import Place
from bohwsw.importers.yaml_files.roles import Shape
from bohwsw.mapping import LevelNest, Loop, Mapping, check_factors
from bohwsw.workload import DATA_SPACES

KEYS = ("target", "type", "factors", "permutation", "split", "keep", "bypass")
COUNTS = {
    "no_link_transfer": "links between neighbours are never counted here",
    "no_multicast_no_reduction": "one read serves all that want the same data, here",
    "no_multicast": "one read serves all that want the same data, here",
    "no_temporal_reuse": "data stay while nothing else is needed, here",
    "rmw_on_first_writeback": "the first update of an element reads nothing, here",
    "passthrough": "not modelled",
}
"""Keys of directives that change counts, and what holds here."""


@dataclass
class _Block:
    """The loops of a level, outermost first, as they come together."""

    temporal: list[Loop] = field(default_factory=list)
    spatial_x: list[Loop] = field(default_factory=list)
    spatial_y: list[Loop] = field(default_factory=list)
    bypass: set[str] = field(default_factory=set)


def mapping_of(directives: Place, machine: Machine, shape: Shape) -> Mapping:
    """The mapping that a list of directives describes; what is left out is kept, or 1.

    Raises:
        SpecError: something in it is not valid; factors of a dimension do not multiply to its
            size; or loops stand where there is no level and no fan-out.
    """
    assert shape.layer is not None
    blocks = [_Block() for _ in machine.levels]
    seen: set[tuple[str, str]] = set()
    for place in directives.sequence():
        keys = place.known((*KEYS, *COUNTS))
        place.require(keys, "a directive", "target", "type")
        for key, what in COUNTS.items():
            if key in keys and not keys[key].is_idle():
                keys[key].note(f"{key}: {what}")
        kind = keys["type"].text()
        if kind == "skew":
            place.note("skew: loops over children are not skewed here")
            continue
        if kind not in ("temporal", "spatial", *BYPASS_TYPES):
            kinds = ("temporal", "spatial", *BYPASS_TYPES)
            raise keys["type"].unknown("type of directive", kind, kinds)
        name = "bypass" if kind in BYPASS_TYPES else kind
        machine.level(keys["target"])  # raises if there is none
        target = str(keys["target"].value)
        if (name, target) in seen:
            raise place.error(f"a second {name} directive for this target", "one")
        seen.add((name, target))
        if name == "bypass":
            _bypass(keys, machine, shape, blocks)
        elif name == "temporal":
            _temporal(keys, machine, shape, blocks)
        else:
            _spatial(keys, machine, shape, blocks)
    nests = [
        LevelNest(
            tuple(block.temporal),
            tuple(block.spatial_x),
            tuple(block.spatial_y),
            frozenset(DATA_SPACES) - block.bypass,
        )
        for block in blocks
    ]
    mapping = Mapping(tuple(nests))
    with directives.explained():
        check_factors(shape.layer, mapping)
    return mapping


def _bypass(keys: dict[str, Place], machine: Machine, shape: Shape, blocks: list[_Block]) -> None:
    level = machine.level(keys["target"])
    keep = spaces_of(keys["keep"], shape) if "keep" in keys else []
    bypass = spaces_of(keys["bypass"], shape) if "bypass" in keys else []
    for space in keep:
        if space in bypass or level is None:
            raise keys["keep"].error("kept where it cannot be", "a level that keeps it", space)
    if level is not None:
        blocks[level].bypass |= set(bypass)
    if level == 0 and bypass:
        raise keys["bypass"].error("the outermost level keeps every data space", "nothing", bypass)


def _loops(keys: dict[str, Place], shape: Shape) -> tuple[list[Loop], dict[str, int]]:
    """Loops from the outermost, those of 1 left out; and the position of each, the innermost 0."""
    factors: dict[str, int] = {}
    for factor in factors_of(keys["factors"], shape) if "factors" in keys else []:
        if factor.sign != "=":
            raise factor.place.error("not a factor of a mapping", "K16 or K=16", factor.sign)
        number = factor.number or shape.size(factor.dim) or 1
        if factor.dim is None and number > 1:
            raise factor.place.error("a factor of a dimension of size 1", "1", number)
        if factor.dim is not None:
            factors[factor.dim] = number
    order = order_of(keys["permutation"], shape) if "permutation" in keys else []
    names = [*order, *(name for name in shape.dims if name not in order)]
    positions = {dim: at for at, name in enumerate(names) if (dim := shape.dims[name]) is not None}
    running = [(dim, factors[dim]) for dim in positions if factors.get(dim, 1) > 1]
    return running[::-1], positions


def _temporal(keys: dict[str, Place], machine: Machine, shape: Shape, blocks: list[_Block]) -> None:
    level = machine.level(keys["target"])
    loops, _ = _loops(keys, shape)
    if level is None and loops:
        raise keys["target"].error("loops in time where nothing is kept", "factors of 1", loops)
    if level is not None:
        blocks[level].temporal = loops


def _spatial(keys: dict[str, Place], machine: Machine, shape: Shape, blocks: list[_Block]) -> None:
    """The first ``split`` dimensions of the order lie on X, the others on Y."""
    fan = machine.fan(keys["target"])
    loops, positions = _loops(keys, shape)
    split = keys["split"].whole() if "split" in keys else len(positions) + len(shape.dims)
    if fan is None:
        if loops:
            raise keys["target"].error("loops over children without a fan-out", "no loops", loops)
        return
    block = blocks[fan.level]
    block.spatial_x = _joined(block.spatial_x, [x for x in loops if positions[x[0]] < split])
    block.spatial_y = _joined(block.spatial_y, [x for x in loops if positions[x[0]] >= split])


def _joined(loops: list[Loop], more: list[Loop]) -> list[Loop]:
    """Loops of a fan-out with those of another one inside it: a dimension of both is one loop."""
    factors = dict(loops)
    for dim, factor in more:
        factors[dim] = factors.get(dim, 1) * factor
    return list(factors.items())

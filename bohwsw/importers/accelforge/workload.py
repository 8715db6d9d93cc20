"""Workloads of AccelForge: one einsum as a layer, recognised by its projections."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bohwsw.importers.accelforge.tensor_sets import tensors_of
from bohwsw.importers.yaml_files.place import Place
from bohwsw.importers.yaml_files.roles import Shape, Term, data_spaces_of, layer_at, roles_of
from bohwsw.importers.yaml_files.scope import Scope
from bohwsw.workload import box_widths

WORKLOAD = (
    *("einsums", "iteration_space_shape", "rank_sizes", "n_instances", "bits_per_value"),
    "persistent_tensors",
)
EINSUM = (
    *("name", "tensor_accesses", "iteration_space_shape", "rank_sizes", "renames"),
    *("n_instances", "is_copy_operation"),
)
ACCESS = ("name", "projection", "output", "bits_per_value", "persistent")
NAMED = {
    "persistent_tensors": "which tensors stay on the chip: not modelled",
    "persistent": "a tensor that stays on the chip: not modelled",
}
_BOUND = re.compile(r"\s*0\s*<=\s*(\w+)\s*(<=?)\s*(\d{1,12})\s*\Z")
_TERM = re.compile(r"\s*(?:(\d{1,9})\s*\*\s*)?([A-Za-z_]\w*)(?:\s*\*\s*(\d{1,9}))?\s*\Z")


@dataclass(frozen=True)
class Workload:
    """A layer, and what names mean to machines and mappings."""

    shape: Shape  # the layer; rank variables are in capitals there
    einsum: str
    count: int
    sets: Mapping[str, frozenset[str]]  # tensors by the names that expressions may use
    bits: Mapping[str, int]
    """Of a value of each tensor, by the file's names; 0 where nothing is said."""


def workload_of(place: Place, scope: Scope) -> Workload:
    """The layer that a workload of one einsum is.

    Raises:
        SpecError: there are several, or the einsum is no convolution and no matrix product.
    """
    keys = place.known(WORKLOAD)
    _name(keys)
    place.require(keys, "a workload", "einsums")
    einsums = keys["einsums"].sequence()
    if len(einsums) != 1:
        raise keys["einsums"].error("several einsums, or none", "one einsum", len(einsums))
    entries = einsums[0].known(EINSUM)
    einsums[0].require(entries, "an einsum", "name", "tensor_accesses")
    if "is_copy_operation" in entries and not entries["is_copy_operation"].is_idle():
        raise entries["is_copy_operation"].error("a copy is no layer", "a product of two tensors")
    accesses = {}
    for access in entries["tensor_accesses"].sequence():
        found = access.known(ACCESS)
        _name(found)
        access.require(found, "an access", "name", "projection")
        if found["name"].text() in accesses:
            raise access.error("a tensor is accessed twice", got=found["name"].text())
        accesses[found["name"].text()] = found
    ranks = {name: _ranks(found["projection"]) for name, found in accesses.items()}
    name = entries["name"].text()
    written = [n for n, k in accesses.items() if "output" in k and k["output"].value is True]
    sets = _sets(entries.get("renames"), list(accesses), written)
    sizes = _sizes((keys, entries), ranks.values(), scope)
    axes = {tensor: [terms for terms in found.values() if terms] for tensor, found in ranks.items()}
    for terms in (terms for found in ranks.values() for terms in found.values()):
        for term in terms:
            if term.dim not in sizes:
                raise term.place.error(f"no size of rank variable {term.dim.lower()}", "a size")
    weight = next(iter(sets.get("weight", ())), None)
    spaces = data_spaces_of(einsums[0], axes, written, weight)
    dims, steps = roles_of({spaces[key]: value for key, value in axes.items()}, sizes, einsums[0])
    made = {ours: sizes[theirs] for theirs, ours in dims.items() if ours is not None}
    shape = Shape(dims, spaces, layer_at(einsums[0], name, {**made, **steps}))
    _name_skipped(keys, ranks, shape, scope)
    counts = [scope.whole(k["n_instances"]) for k in (keys, entries) if "n_instances" in k]
    bits = dict.fromkeys(accesses, 0)
    if "bits_per_value" in keys:
        for text, at in keys["bits_per_value"].mapping(as_written=True).items():
            for tensor in tensors_of(text, at, sets):
                bits[tensor] = scope.whole(at)
    for tensor, found in accesses.items():
        if "bits_per_value" in found:
            bits[tensor] = scope.whole(found["bits_per_value"])
    return Workload(shape, name, math.prod(counts), sets, bits)


def _name(keys: Mapping[str, Place]) -> None:
    for key, what in NAMED.items():
        if key in keys and not keys[key].is_idle():
            keys[key].note(what)


def _ranks(projection: Place) -> dict[str, list[Term]]:
    """The terms of each rank of a tensor."""
    if isinstance(projection.value, list):
        listed = projection.sequence()
        return {at.text().upper(): [Term(at.text().upper(), 1, at)] for at in listed}
    found = {}
    for rank, at in projection.mapping(as_written=True).items():
        terms = []
        for part in str(at.value).split("+"):
            match = _TERM.match(part)
            if match is None or (match[1] and match[3]):
                raise at.error("not a sum of rank variables", "a sum such as 2 * p + r")
            terms.append(Term(match[2].upper(), int(match[1] or match[3] or 1), at))
        found[rank] = terms
    return found


def _sets(
    renames: Place | None, tensors: list[str], written: list[str]
) -> dict[str, frozenset[str]]:
    """Tensors by the names that set expressions may use."""
    sets = {name: frozenset({name}) for name in tensors}
    sets |= {"All": frozenset(tensors), "Nothing": frozenset(), "Intermediates": frozenset()}
    sets.setdefault("Outputs", frozenset(written))
    sets.setdefault("Inputs", frozenset(tensors) - frozenset(written))
    if renames is not None and isinstance(renames.value, dict):
        for name, at in renames.mapping(as_written=True).items():
            sets.setdefault(name, tensors_of(at.text(), at, sets))
    elif renames is not None:
        renames.note("renames as a list: not read")
    return sets


def _sizes(
    levels: tuple[dict[str, Place], ...], tensors: Iterable[dict[str, list[Term]]], scope: Scope
) -> dict[str, int]:
    """Sizes of rank variables, which ranks of their own or bounds give."""
    sizes: dict[str, int] = {}

    def bound(variable: str, size: int) -> None:
        sizes[variable] = min(size, sizes.get(variable, size))

    given = _rank_sizes(levels, scope)
    for ranks in tensors:
        for rank, terms in ranks.items():
            if rank in given and len(terms) == 1 and terms[0].step == 1:
                bound(terms[0].dim, given[rank])
    for keys in levels:
        if "iteration_space_shape" in keys:
            place = keys["iteration_space_shape"]
            listed = isinstance(place.value, list)
            for at in place.sequence() if listed else place.mapping(as_written=True).values():
                match = _BOUND.match(at.text())
                if match is None:
                    raise at.error("not a bound that is read", "a bound such as 0 <= m < 128")
                bound(match[1].upper(), int(match[3]) + (match[2] == "<="))
    for variable, size in sizes.items():
        if size < 1:
            raise levels[0]["einsums"].error(f"rank variable {variable.lower()} has no size", "1")
    used = {term.dim for ranks in tensors for terms in ranks.values() for term in terms}
    return {variable: size for variable, size in sizes.items() if variable in used}


def _rank_sizes(levels: tuple[dict[str, Place], ...], scope: Scope) -> dict[str, int]:
    return {
        rank: scope.whole(at)
        for keys in levels
        if "rank_sizes" in keys
        for rank, at in keys["rank_sizes"].mapping(as_written=True).items()
    }


def _name_skipped(
    keys: dict[str, Place], ranks: Mapping[str, dict[str, list[Term]]], shape: Shape, scope: Scope
) -> None:
    """Name a rank that is shorter than its windows reach: AccelForge skips what is outside."""
    assert shape.layer is not None
    tensor = next(name for name, space in shape.spaces.items() if space == "Inputs")
    given = _rank_sizes((keys,), scope)
    reach = dict(zip("NGCWH", box_widths(shape.layer, "Inputs", shape.layer.sizes), strict=True))
    for rank, terms in ranks[tensor].items():
        ours = {shape.dims[term.dim] for term in terms}
        axis = "W" if ours & {"P", "R"} else "H" if ours & {"Q", "S"} else None
        if axis and rank in given and given[rank] < reach[axis]:
            what = f"rank {rank} ends before its windows: what is outside is counted here"
            keys["rank_sizes"].note(what)

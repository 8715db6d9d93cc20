"""What dimensions and data spaces of a problem are to us, from the projections alone.

A dimension is what it is by the tensors that it indexes: all three make it G, Weights and Outputs
K, Weights and Inputs C (R or S where it shares an axis of Inputs), Inputs and Outputs N (P or Q
where it shares an axis).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bohwsw.errors import SpecError
from bohwsw.importers.yaml_files.place import Place
from bohwsw.workload import DATA_SPACES, Layer

WINDOWS = (("P", "R", "stride_w", "dilation_w"), ("Q", "S", "stride_h", "dilation_h"))
ROLES: dict[frozenset[str], tuple[str, ...]] = {
    frozenset(DATA_SPACES): ("G",),
    frozenset({"Weights", "Outputs"}): ("K",),
    frozenset({"Weights", "Inputs"}): ("C", "R", "S"),
    frozenset({"Inputs", "Outputs"}): ("N", "P", "Q"),
}
"""What a dimension may be, by the data spaces that it indexes alone on their axes."""
SHARED = {"P": "R", "R": "P", "Q": "S", "S": "Q"}
"""Dimensions of one axis of Inputs: a product whose dimensions have axes of their own takes one."""


@dataclass(frozen=True)
class Shape:
    """What names in files mean."""

    dims: Mapping[str, str | None]
    """Our dimension for each of the file's; None for one of size 1 that has no place."""
    spaces: Mapping[str, str]  # our data space for each of the file's
    layer: Layer | None  # the layer; None where no problem is given

    def dim(self, name: str, place: Place) -> str | None:
        """Our name of a dimension; a SpecError if there is none of that name."""
        if name not in self.dims:
            raise place.unknown("dimension", name, self.dims)
        return self.dims[name]

    def size(self, dim: str | None) -> int | None:
        """The size of a dimension of ours; None if nobody says."""
        if dim is None:
            return 1
        return None if self.layer is None else self.layer.sizes[dim]

    def space(self, place: Place) -> str:
        """Our name of the data space that stands somewhere."""
        name = place.text()
        if name not in self.spaces:
            raise place.unknown("data space", name, self.spaces)
        return self.spaces[name]


class Term(NamedTuple):
    """A dimension in an axis, times a coefficient; ``place`` is of the axis."""

    dim: str
    step: int
    place: Place


def data_spaces_of(
    place: Place,
    axes: Mapping[str, list[list[Term]]],
    written: Sequence[str],
    weights: str | None = None,
) -> dict[str, str]:
    """Which of them is which: Outputs are written; Inputs have an axis that two share.

    Where none has, what the file calls weights decides, then names, then the order: Inputs first.
    """
    names = list(axes)
    if len(names) != 3 or len(written) != 1:
        raise place.error(
            "not a product of two tensors",
            "two data spaces that are read, and one that is written",
            f"{len(names)} data spaces, {len(written)} of them written",
        )
    first, second = (n for n in names if n not in written)
    slides = [any(len(a) > 1 or a[0].step > 1 for a in axes[n]) for n in (first, second)]
    words = ("weight", "filter", "kernel")
    says = [
        n == weights if weights else n.lower() == "w" or any(word in n.lower() for word in words)
        for n in (first, second)
    ]
    if slides[0] and slides[1]:
        shared = next(a for a in axes[second] if len(a) > 1 or a[0].step > 1)
        problem = f"both {first} and {second} have an axis that slides"
        raise shared[0].place.error(problem, "a convolution or a matrix product")
    if slides[1] or (not slides[0] and says[0] and not says[1]):
        first, second = second, first
    return {first: "Inputs", second: "Weights", written[0]: "Outputs"}


def roles_of(
    axes: Mapping[str, list[list[Term]]], sizes: Mapping[str, int], place: Place
) -> tuple[dict[str, str | None], dict[str, int]]:
    """Our dimension for each of the file's, and strides and dilations."""
    for space in ("Weights", "Outputs"):
        for axis in axes[space]:
            if len(axis) > 1 or axis[0].step > 1:
                problem = f"an axis of {space} is no single dimension"
                raise axis[0].place.error(problem, "a convolution or a matrix product")
    spaces = {
        dim: frozenset(s for s in DATA_SPACES if any(t.dim == dim for a in axes[s] for t in a))
        for dim in sizes
    }
    sliding = _windows([a for a in axes["Inputs"] if len(a) > 1 or a[0].step > 1])
    found: dict[str, str | None] = {}
    steps: dict[str, int] = {}
    for axis, window in sliding:
        for term in axis:
            is_position = spaces[term.dim] == {"Inputs", "Outputs"}
            role = window[0 if is_position else 1]
            is_filter = spaces[term.dim] == {"Inputs", "Weights"}
            if not (is_position or is_filter) or role in found.values():
                raise term.place.error(
                    f"an axis of Inputs that {term.dim} shares is no sliding window",
                    "one dimension of Inputs and Outputs, and one of Inputs and Weights",
                    " + ".join(f"{t.dim} * {t.step}" for t in axis),
                )
            found[term.dim] = role
            steps[window[2 if is_position else 3]] = term.step
    taken = {*found.values(), *(role for _, window in sliding for role in window[:2])}
    rest = [dim for dim in sizes if dim not in found]
    named = [dim for dim in rest if dim in ROLES.get(spaces[dim], ()) and dim not in taken]
    for dim in [*named, *(dim for dim in rest if dim not in named)]:
        free = _role(dim, spaces[dim], taken, is_product=not sliding)
        if free is None and sizes[dim] > 1:
            raise _no_role(dim, spaces[dim], axes, place)
        found[dim] = free
        taken |= {free, SHARED.get(free or "")}
    return {dim: found[dim] for dim in sizes}, steps


def _role(
    dim: str, spaces: frozenset[str], taken: set[str | None], *, is_product: bool
) -> str | None:
    """A free dimension of ours; one of the same name first, rows of a matrix product are P."""
    roles = [role for role in ROLES.get(spaces, ()) if role not in taken]
    if dim in roles:
        return dim
    if is_product and "P" in roles:
        return "P"
    return roles[0] if roles else None


def _no_role(
    dim: str, spaces: frozenset[str], axes: Mapping[str, list[list[Term]]], place: Place
) -> SpecError:
    at = next((t.place for s in DATA_SPACES for a in axes[s] for t in a if t.dim == dim), place)
    indexes = " and ".join(sorted(spaces)) or "nothing"
    if spaces in ROLES:
        return at.error(
            f"dimension {dim} indexes {indexes}, as more dimensions do than a layer has",
            "at most " + ", ".join(ROLES[spaces]),
        )
    return at.error(
        f"dimension {dim} indexes {indexes} only", "two or three of Weights, Inputs and Outputs"
    )


def _windows(sliding: list[list[Term]]) -> list[tuple[list[Term], tuple[str, str, str, str]]]:
    """Axes of width and of height: as names say, else width first."""
    if len(sliding) > 2:
        raise sliding[2][0].place.error("a third sliding axis", "a convolution in two dimensions")

    def is_height(axis: list[Term]) -> bool:
        return any(term.dim in ("Q", "S") for term in axis)

    ordered = sorted(sliding, key=is_height)
    start = 1 if len(ordered) == 1 and is_height(ordered[0]) else 0
    return list(zip(ordered, WINDOWS[start:], strict=False))


def layer_at(place: Place, name: str, sizes: Mapping[str, Any]) -> Layer:
    """The layer of these sizes; a SpecError at the place if it is none."""
    with place.explained():
        layer = Layer(name, **sizes)
        layer.require_countable()
    return layer

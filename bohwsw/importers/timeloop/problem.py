"""Problems of Timeloop as layers: recognised by their projections, whatever their names are."""

from __future__ import annotations

from collections.abc import Mapping

from bohwsw.importers.yaml_files.place import Place, similar_name
from bohwsw.importers.yaml_files.roles import Shape, Term, data_spaces_of, layer_at, roles_of
from bohwsw.workload import DATA_SPACES, DIMENSIONS

MAX_NAME = 100
COUNTED = ("cnn_layer", "cnn-layer")
"""The shape that comes with Timeloop."""
IGNORED = ("H", "W", "Hpad", "Wpad", "Hstride", "Wstride", "Hdilation", "Wdilation")
"""What people write into instances of any shape; Timeloop looks at shape's names only."""

USUAL = Shape(
    {**{dim: dim for dim in DIMENSIONS}, "M": "K"}, {space: space for space in DATA_SPACES}, None
)
"""What names mean where no problem is given: Timeloop's usual ones."""


def shape_of(problem: Place, name: str) -> Shape:
    """The layer that a problem is, and what its names are to us.

    Raises:
        SpecError: it is no convolution and no matrix product, and says which projection is in the
            way; or something in it is not valid.
    """
    keys = problem.mapping()
    if "shape" in keys and not isinstance(keys["shape"].value, str):
        problem.known(("version", "shape", "instance"))
        shape = keys["shape"].known(
            ("name", "dimensions", "data_spaces", "coefficients", "version", "data_space_order")
        )
        if "instance" not in keys:
            raise problem.error("no instance", "instance: the size of each dimension")
        instance = keys["instance"]
        name = shape["name"].text()[:MAX_NAME] if "name" in shape else name
        keys["shape"].require(shape, "a shape", "dimensions", "data_spaces")
        return _general(keys["shape"], shape, instance, name)
    if "shape" in keys and keys["shape"].text() not in COUNTED:
        raise keys["shape"].error(
            "a shape of which only the name is given", "dimensions, data_spaces and coefficients"
        )
    return _usual(keys.get("instance", problem), name)


def _usual(instance: Place, name: str) -> Shape:
    """An instance of the shape that comes with Timeloop."""
    steps = {"Wstride": "stride_w", "Hstride": "stride_h"}
    steps |= {"Wdilation": "dilation_w", "Hdilation": "dilation_h"}
    dims = {dim: dim for dim in "RSPQCKN"}
    entries = instance.mapping(as_written=True)
    for dim in dims:
        if dim not in entries:
            raise instance.error(f"no size of dimension {dim}, and no shape without it", "a shape")
    sizes = {ours: entries[key].whole(1) for key, ours in (dims | steps).items() if key in entries}
    _name_others(instance, [*dims, *steps], besides=("shape", "version"))
    return Shape(dims, USUAL.spaces, layer_at(instance, name, sizes))


def _general(place: Place, shape: Mapping[str, Place], instance: Place, name: str) -> Shape:
    dims = [at.text() for at in shape["dimensions"].sequence()]
    for position, dim in enumerate(dims):
        if dim in dims[:position]:
            raise shape["dimensions"].error("a dimension occurs twice", got=dim)
    numbers = _coefficients(shape.get("coefficients"), instance, dims)
    entries = instance.mapping(as_written=True)
    sizes = {}
    for dim in dims:
        if dim not in entries:
            raise instance.error(f"no size of dimension {dim}", "one for each dimension")
        sizes[dim] = entries[dim].whole(1)
    _name_others(instance, [*dims, *numbers])
    spaces = [
        at.known(("name", "projection", "read_write", "density"))
        for at in shape["data_spaces"].sequence()
    ]
    axes = _axes(place, spaces, dims, numbers)
    written = [
        name
        for name, keys in zip(axes, spaces, strict=True)
        if "read_write" in keys and keys["read_write"].value is True
    ]
    ours = data_spaces_of(place, axes, written)
    found, steps = roles_of({ours[key]: value for key, value in axes.items()}, sizes, place)
    made = {ours_: sizes[theirs] for theirs, ours_ in found.items() if ours_ is not None}
    return Shape(found, ours, layer_at(instance, name, {**made, **steps}))


def _name_others(instance: Place, names: list[str], besides: tuple[str, ...] = ()) -> None:
    """Name what an instance says besides sizes, densities for one."""
    for key, at in instance.mapping(as_written=True).items():
        if key in names or key in besides or at.is_idle():
            continue
        if key == "densities":
            for density in at.mapping().values():
                if density.value != 1:
                    density.note("density: every value is counted, zero or not")
            continue
        slip = similar_name(key, names, IGNORED)
        if slip is not None:
            raise at.unknown("dimension or coefficient", key, names)
        at.note("no dimension or coefficient of the shape: Timeloop ignores it, too")


def _coefficients(place: Place | None, instance: Place, dims: list[str]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    given = instance.mapping(as_written=True)
    for at in place.sequence() if place is not None else []:
        keys = at.known(("name", "default"))
        at.require(keys, "a coefficient", "name")
        name = keys["name"].text()
        if name in dims or name in numbers:
            raise at.error("a name is used twice", got=name)
        value = given.get(name, keys.get("default"))
        if value is None:
            raise at.error("a coefficient without a value", f"{name} in the instance, or a default")
        numbers[name] = value.whole(1)
    return numbers


def _axes(
    place: Place, spaces: list[dict[str, Place]], dims: list[str], numbers: Mapping[str, int]
) -> dict[str, list[list[Term]]]:
    """For each data space of the file its axes, as sums of dimensions times numbers."""
    found: dict[str, list[list[Term]]] = {}
    for keys in spaces:
        place.require(keys, "a data space", "name", "projection")
        name, projection = keys["name"].text(), keys["projection"]
        if name in found:
            raise keys["name"].error("a data space occurs twice")
        if isinstance(projection.value, str):
            raise projection.error("a projection as text", "a list for each axis")
        axes = [
            [_term(term, axis, dims, numbers) for term in axis.sequence()]
            for axis in projection.sequence()
        ]
        seen: list[str] = []
        for term in (term for axis in axes for term in axis):
            if term.dim in seen:
                raise term.place.error(f"dimension {term.dim} indexes {name} twice", "once")
            seen.append(term.dim)
        found[name] = [axis for axis in axes if axis]
    return found


def _term(place: Place, axis: Place, dims: list[str], numbers: Mapping[str, int]) -> Term:
    parts = place.sequence() if isinstance(place.value, list) else [place]
    if not 1 <= len(parts) <= 2:
        raise place.error("not a term of an axis", "[dimension] or [dimension, coefficient]")
    dim, step = parts[0].text(), 1
    if dim not in dims:
        raise parts[0].unknown("dimension", dim, dims)
    if len(parts) == 2 and isinstance(parts[1].value, str):
        coefficient = parts[1].text()
        if coefficient not in numbers:
            raise parts[1].unknown("coefficient", coefficient, numbers)
        step = numbers[coefficient]
    elif len(parts) == 2:
        step = parts[1].whole(1)
    return Term(dim, step, axis)

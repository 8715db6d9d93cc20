"""What mappings and constraints of Timeloop have in common: factors, orders, data spaces."""

from __future__ import annotations

import re
from typing import NamedTuple

from bohwsw.importers.yaml_files.place import Place
from bohwsw.importers.yaml_files.roles import Shape
from bohwsw.workload import DATA_SPACES

BYPASS_TYPES = ("bypass", "datatype", "bypassing", "dataspace")
_FACTOR = re.compile(
    r"\s*(?P<dim>[A-Za-z_]+)\s*(?P<sign><=|>=|==|=|<|>)?\s*(?P<number>\d+)(?P<rest>,\d+)?(?=[\s,A-Za-z_]|\Z),?"
)


class Factor(NamedTuple):
    """What is said of a dimension's factor."""

    name: str  # the file's name of a dimension
    dim: str | None  # ours; None for one of size 1 that has no place
    sign: str  # ``=``, ``<=``, ``<``, ``>=`` or ``>``
    number: int  # the factor or its limit; with ``=``, 0 is the dimension's size
    place: Place


def factors_of(place: Place, shape: Shape) -> list[Factor]:
    """Factors as ``N1 K=16``, as a list of such texts, or by dimension."""
    if isinstance(place.value, dict):
        entries = place.mapping(as_written=True)
        found = [
            Factor(name, shape.dim(name, at), "=", at.whole(0), at) for name, at in entries.items()
        ]
    else:
        pieces = place.sequence() if isinstance(place.value, list) else [place]
        found = [factor for piece in pieces for factor in _of_text(piece, shape)]
    dims = [factor.dim for factor in found if factor.dim is not None]
    for position, dim in enumerate(dims):
        if dim in dims[:position]:
            raise place.error(f"two factors of one dimension, ours {dim}", "one of each")
    return found


def _of_text(place: Place, shape: Shape) -> list[Factor]:
    if place.value in (None, ""):
        return []
    text, found, end = place.text().split("#")[0], [], 0
    while text[end:].strip():
        match = _FACTOR.match(text, end)
        if match is None:
            got = text[end : end + 40].strip()
            raise place.error("not a factor", "a dimension and a number, as K16 or K=16", got)
        if match["rest"]:
            problem = "a factor with a remainder (imperfect)"
            raise place.error(problem, "factors that multiply to the size", match[0].strip())
        if len(match["number"]) > 12:
            raise place.error("a factor is too large", "at most 12 digits", match["dim"])
        sign = (match["sign"] or "=").replace("==", "=")
        dim = shape.dim(match["dim"], place)
        found.append(Factor(match["dim"], dim, sign, int(match["number"]), place))
        end = match.end()
    return found


def order_of(place: Place, shape: Shape) -> list[str]:
    """Names of dimensions in a permutation, from the innermost: ``KCR``, ``K, C`` or a list."""
    if isinstance(place.value, list):
        names = [at.text() for at in place.sequence()]
    elif place.value in (None, ""):
        names = []
    else:
        text = place.text()
        names = [name for name in re.split(r"[\s,]+", text) if name]
        if not all(name in shape.dims for name in names):
            names = [letter for letter in text if letter not in " ,\t"]
    for position, name in enumerate(names):
        shape.dim(name, place)
        if name in names[:position]:
            raise place.error("a dimension occurs twice in an order", got=name)
    return names


def spaces_of(place: Place, shape: Shape) -> list[str]:
    """Our data spaces that stand in a list, in our order."""
    if place.value is None:
        return []
    pieces = place.sequence() if isinstance(place.value, list) else [place]
    found = {shape.space(at) for at in pieces}
    return [space for space in DATA_SPACES if space in found]

"""What a co-design search may minimise, one figure or several at once.

Strategies see natural logarithms: what counts is by how many times a design is better, whatever the
unit.
"""

from __future__ import annotations

from collections.abc import Sequence

from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapper.mapper import Objective

AREA = "area"

FIGURES = {
    "edp": "edp_pj_cycles",
    "energy": "energy_pj",
    "latency": "latency_cycles",
    AREA: "area_mm2",
}
"""The objectives by name, and the name of each one's figure."""


def read_objectives(given: str | Sequence[str]) -> tuple[str, ...]:
    """The objectives that are asked for.

    Args:
        given: names, as a list or as one text with commas, such as ``energy,latency,area``.

    Raises:
        SpecError: an unknown name, a name given twice, or none at all.
    """
    if isinstance(given, str):
        names = [name.strip() for name in given.split(",")]
    elif isinstance(given, Sequence):
        names = list(given)
    else:
        raise SpecError("not objectives", got=given, expected="one of, or a list of, the names")
    for name in names:
        if name not in FIGURES:
            raise unknown_name("objective", name, FIGURES)
    if not names or len(set(names)) < len(names):
        raise SpecError(
            "not a list of objectives", got=names, expected="distinct names, at least one"
        )
    return tuple(names)


def mapped_for(objectives: Sequence[str]) -> Objective:
    """What the layers are mapped for: one figure, even if the search has several objectives.

    The area does not depend on mappings. If only energy is asked for beside it, or only latency,
    that is it; in all other cases the energy-delay product.
    """
    of_mappings = set(objectives) - {AREA}
    if of_mappings == {"energy"}:
        return "energy"
    if of_mappings == {"latency"}:
        return "latency"
    return "edp"

"""Limits on what a design may need: area of the chip, mean power, time for one run of a network.

Limits stand in a space file; more may be given beside it, and then the stricter of two holds. The
area belongs to the machine. Power and latency belong to a network on it: on a machine with several
networks, each of them keeps to the limits by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bohwsw.codesign.design import Design, Rejection
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.space_spec import LimitsSpec
from bohwsw.errors import SpecError
from bohwsw.mapping.validity import Violation
from bohwsw.yamlfile import validate

PLACE = "limits"
"""What errors call limits that do not stand in a file."""


def limited(space: HardwareSpace, limits: Mapping[str, float]) -> HardwareSpace:
    """A space with limits on top of its own; of two on the same figure the stricter one holds.

    Args:
        space: the space.
        limits: by name, as under ``limits`` of a space file: ``area_mm2``, ``power_mw``,
            ``latency_ms``.

    Raises:
        SpecError: an unknown name, a value that is none, or a limit on an area that nobody knows.
    """
    if not limits:
        return space
    given = validate(LimitsSpec, dict(limits), file=PLACE)
    if given.area_mm2 is not None:
        require_areas(space, place=f"{PLACE}.area_mm2")
    own = space.spec.limits
    stricter: dict[str, float] = {}
    for name in LimitsSpec.model_fields:
        values = [x for x in (getattr(own, name), getattr(given, name)) if x is not None]
        if values:
            stricter[name] = min(values)
    return replace(
        space, spec=space.spec.model_copy(update={"limits": LimitsSpec.model_validate(stricter)})
    )


def require_areas(space: HardwareSpace, *, place: str) -> None:
    """Refuse a space whose technology knows no areas.

    Raises:
        SpecError: it does not; ``place`` says who asks for areas.
    """
    if space.baseline().area_mm2 is None:
        raise SpecError(
            f"areas are needed, but the technology of space {space.name!r} knows none",
            key_path=place,
            got=space.spec.technology,
            expected="a technology with areas, as in {energy: timeloop-pat, area: cacti-45nm}",
        )


def over_area(hardware: Hardware, limits: LimitsSpec) -> Rejection | None:
    """Why a machine is too large; None if it is not."""
    return _over([("area_mm2", hardware.area_mm2, limits.area_mm2)])


def over_running(design: Design, limits: LimitsSpec, clock_mhz: float) -> Rejection | None:
    """Why a network on a machine takes too much power or time; None if it does not."""
    return _over(
        [
            ("power_mw", design.power_mw(clock_mhz), limits.power_mw),
            ("latency_ms", design.latency_ms(clock_mhz), limits.latency_ms),
        ]
    )


def over_limits(designs: Sequence[Design], space: HardwareSpace) -> tuple[Rejection, ...]:
    """Every limit of a space that a machine is over, by itself or with a network; empty if none.

    Args:
        designs: of one machine, one for each network. Power and latency of a network are known
            where all its layers are mapped.
        space: whose limits hold.
    """
    limits, clock_mhz = space.spec.limits, space.spec.clock_mhz
    found = [over_area(designs[0].hardware, limits)]
    for design in designs:
        over = None if design.unmapped else over_running(design, limits, clock_mhz)
        found.append(over.named(design.network) if over and len(designs) > 1 else over)
    return tuple(over for over in found if over is not None)


def _over(figures: Sequence[tuple[str, float | None, float | None]]) -> Rejection | None:
    """Which of some figures are above their limits; each is a name, a value and a limit."""
    reasons, violations = [], []
    for name, value, limit in figures:
        if limit is not None and value is None:
            reasons.append(f"{name} is unknown to this technology, but limited to {limit:g}")
        elif limit is not None and value is not None and value > limit:
            reasons.append(f"{name} {value:.4g} of at most {limit:g} ({value / limit:.3g} times)")
            violations.append(Violation(name, "chip", None, value, limit))
    return Rejection("; ".join(reasons), None, tuple(violations)) if reasons else None

"""Limits on what a design may need: area of the chip, mean power, time for one run of a network.

Limits stand in a space file; more may be given beside it, and then the stricter of two holds. The
area belongs to the machine. Power and latency belong to a network on it: on a machine with several
networks, each of them keeps to the limits by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bohwsw.codesign.design import Design
from bohwsw.codesign.figures import figure_of
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.mapped_network import Rejection
from bohwsw.codesign.space_spec import LimitsSpec
from bohwsw.mapping import Violation
from bohwsw.yamlfile import validate


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
    given = validate(LimitsSpec, dict(limits), file="limits")
    if given.area_mm2 is not None:
        space.require_areas("limits.area_mm2")
    stricter = space.spec.limits.given()
    for name, value in given.given().items():
        stricter[name] = min(value, stricter.get(name, value))
    return replace(
        space, spec=space.spec.model_copy(update={"limits": LimitsSpec.model_validate(stricter)})
    )


def machine_over_limit(hardware: Hardware, limits: LimitsSpec) -> Rejection | None:
    """Why a machine by itself is over a limit, such as that of the area; None if it is not."""
    return _over(Design(hardware, ()), limits, of_machine=True)


def network_over_limit(design: Design, limits: LimitsSpec) -> Rejection | None:
    """Why a network on a machine takes too much power or time; None if it does not."""
    return _over(design, limits, of_machine=False)


def over_limits(design: Design, limits: LimitsSpec) -> tuple[Rejection, ...]:
    """Every limit that a machine is over, by itself or with a network; empty if none.

    Power and latency of a network are known where all its layers are mapped.
    """
    found = [machine_over_limit(design.hardware, limits)]
    for one in design.each():
        over = None if one.unmapped else network_over_limit(one, limits)
        found.append(over.named(one.network) if over and len(design.networks) > 1 else over)
    return tuple(over for over in found if over is not None)


def _over(design: Design, limits: LimitsSpec, *, of_machine: bool) -> Rejection | None:
    """Which figures of the machine, or of a network on it, are above their limits."""
    reasons, violations = [], []
    for name, limit in limits.given().items():
        figure = figure_of(name)
        if (figure.mapped_for is None) is not of_machine:
            continue
        value = figure.of(design)
        if value is None:
            reasons.append(f"{name} is unknown to this technology, but limited to {limit:g}")
        elif value > limit:
            reasons.append(f"{name} {value:.4g} of at most {limit:g} ({value / limit:.3g} times)")
            violations.append(Violation(name, "chip", None, value, limit))
    return Rejection("; ".join(reasons), None, tuple(violations)) if reasons else None

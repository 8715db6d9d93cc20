"""Limits on the figures of designs: area of the chip, mean power, time for one run, any other one.

Limits stand in a space file; more may be given beside it, and then the stricter of two holds. A
figure that is better when larger is limited from below. Some figures, such as the area, belong to
the machine. All others belong to a network on it: on a machine with several networks, each of them
keeps to the limits by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from bohwsw.codesign.design import Design
from bohwsw.codesign.figures import FIGURES, checked_limits
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.mapped_network import Rejection
from bohwsw.mapping import Violation

Limits = Mapping[str, float]
"""By the names of figures."""


def limited(space: HardwareSpace, limits: Limits) -> HardwareSpace:
    """A space with limits on top of its own; of two on the same figure the stricter one holds.

    Args:
        limits: by name, as under ``limits`` of a space file: ``area_mm2``, ``power_mw``,
            ``latency_ms``, or any other figure.

    Raises:
        SpecError: an unknown name, a value that is none, or a limit on an area that nobody knows.
    """
    if not limits:
        return space
    both = stricter(space.spec.limits, limits)
    if "area_mm2" in limits:
        space.require_areas("limits.area_mm2")
    return replace(space, spec=space.spec.model_copy(update={"limits": both}))


def stricter(known: Limits, given: Limits) -> dict[str, float]:
    """Known limits and given ones, which are checked; of two on a figure the stricter one."""
    found = dict(known)
    for name, value in checked_limits(given).items():
        if name not in found or FIGURES[name].exceeds(found[name], value):
            found[name] = value
    return found


def outcome_constraints(limits: Limits) -> tuple[str, ...]:
    """The limits as strategies are told them, of what ``measured_limits`` gives."""
    return tuple(
        f"{name} {'>=' if FIGURES[name].maximised else '<='} {limit!r}"
        for name, limit in _unknown(limits).items()
    )


def measured_limits(design: Design, limits: Limits) -> dict[str, float]:
    """The limited figures that are found out by trying; of several networks those of the worst."""
    each = [_figures(one, _unknown(limits)) for one in design.each()]
    return {
        name: (min if FIGURES[name].maximised else max)(values[name] for values in each)
        for name in each[0]
    }


def _unknown(limits: Limits) -> Limits:
    """All but that on the area: no machine over it is ever suggested."""
    return {name: limit for name, limit in limits.items() if name != "area_mm2"}


def machine_over_limit(hardware: Hardware, limits: Limits) -> Rejection | None:
    """Why a machine by itself is over a limit, such as that of the area; None if it is not."""
    return _over(Design(hardware, ()), _limits_on(limits, machines=True))


def network_over_limit(design: Design, limits: Limits) -> Rejection | None:
    """Why a network on a machine takes too much power or time; None if it does not."""
    return _over(design, _limits_on(limits, machines=False))


def over_limits(design: Design, limits: Limits) -> tuple[Rejection, ...]:
    """Every limit that a machine is over, by itself or with a network; empty if none.

    Power and latency of a network are known where all its layers are mapped.
    """
    found = [machine_over_limit(design.hardware, limits)]
    for one in design.each():
        over = None if one.unmapped else network_over_limit(one, limits)
        if over is None and any(network.measured for network in one.networks):
            over = measured_over_limit(one, limits)
        found.append(over.named(one.network) if over and len(design.networks) > 1 else over)
    return tuple(over for over in found if over is not None)


def measured_over_limit(design: Design, limits: Limits) -> Rejection | None:
    """Why a network is over a limit on a figure that a source has measured; None if it is not."""
    return _over(design, {k: x for k, x in limits.items() if FIGURES[k].measured})


def _limits_on(limits: Limits, *, machines: bool) -> Limits:
    """Those on figures of machines by themselves, or of networks on them; not measured ones."""
    known = {k: x for k, x in limits.items() if not FIGURES[k].measured}
    return {k: x for k, x in known.items() if (FIGURES[k].mapped_for is None) is machines}


def _figures(design: Design, names: Limits) -> dict[str, float]:
    """Those of a machine, or of a network on it, that are known."""
    values = {name: FIGURES[name].of(design) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _over(design: Design, limits: Limits) -> Rejection | None:
    """Which figures of the machine, or of a network on it, are beyond their limits."""
    return beyond(_figures(design, limits), limits)


def beyond(values: Mapping[str, float], limits: Limits) -> Rejection | None:
    """Which values, by the names of their figures, are beyond their limits, or unknown."""
    reasons, violations = [], []
    for name, limit in limits.items():
        figure, value = FIGURES[name], values.get(name)
        most = "at least" if figure.maximised else "at most"
        if value is None:
            reasons.append(f"{name} is unknown to this technology, but limited to {limit:g}")
        elif figure.exceeds(value, limit):
            violation = Violation(name, "chip", None, value, limit)
            violations.append(violation)
            reasons.append(f"{name} {value:.4g} of {most} {limit:g} ({violation.ratio:.3g} times)")
    if not reasons:
        return None
    measured = {name: value for name, value in values.items() if math.isfinite(value)}
    return Rejection("; ".join(reasons), None, tuple(violations), measured=measured)

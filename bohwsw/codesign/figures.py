"""Figures of designs by name, each with its unit: what results tell and what a search may minimise.

A new one is one function:

    register_figure(Figure("peak_words", "words", of=lambda design: ..., objective="words"))

It is then an objective of searches by that name, can be limited, and stands in the data and tables
of results.
Strategies see natural logarithms, unless a figure says otherwise: what counts is by how many times
a design is better, whatever the unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from bohwsw.checks import finite_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapper import Objective


@dataclass(frozen=True)
class Figure:
    """A figure of designs.

    Attributes:
        name: with its unit: ``energy_pj``.
        of: the figure of a ``Design`` of one network whose layers are all mapped; None where it is
            unknown. To be used by worker processes it has to be a function of a module.
        objective: its name as an objective; ``name`` if absent.
        mapped_for: what layers are mapped for where it is an objective; None if mappings have no
            influence on it, so that it belongs to the machine.
        logarithmic: whether it is above 0 and designs are compared by how many times they differ.
        follows_cycles: whether its logarithm rises with that of the cycles, one for one.
        measured: whether it is of the network alone and some source measures it, as an accuracy:
            known last, and of most designs never.
        rare: whether results of designs that do not know it leave it out.
    """

    name: str
    unit: str
    of: Callable[[Any], float | None]
    objective: str = ""
    mapped_for: Objective | None = "edp"
    logarithmic: bool = True
    maximised: bool = False
    follows_cycles: bool = False
    measured: bool = False
    rare: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "objective", self.objective or self.name)

    @property
    def of_all(self) -> bool:
        """Whether it is one of a whole design, not a mean over its networks."""
        return False

    @property
    def parts(self) -> tuple[Figure, ...]:
        """The figures that it is made of; itself if it is of none."""
        return (self,)

    def require_several(self, networks: int) -> None:
        """Refuse an aggregate of a single scenario, on so many networks."""

    @property
    def measure(self) -> str:
        """What outcomes call it where it is one of several objectives."""
        return f"ln_{self.name}" if self.logarithmic else f"minimised_{self.name}"

    def exceeds(self, value: float, limit: float) -> bool:
        """Whether a value is worse than a limit: above it, or below it if larger is better."""
        return value < limit if self.maximised else value > limit

    def mean(self, values: Sequence[float], weights: Sequence[float]) -> float:
        """The mean over networks; weights add up to 1."""
        if self.logarithmic:
            return float(math.prod(x**w for x, w in zip(values, weights, strict=True)))
        return sum(x * w for x, w in zip(values, weights, strict=True))

    def minimised(self, values: Sequence[float], weights: Sequence[float]) -> float:
        """What strategies are told: the logarithm of the mean, negative if larger is better."""
        if self.logarithmic and min(values) > 0.0:
            total = sum(w * math.log(x) for x, w in zip(values, weights, strict=True))
        elif self.logarithmic:
            raise SpecError(f"{self.name} has no logarithm", got=min(values), expected="above 0")
        else:
            total = self.mean(values, weights)
        return -total if self.maximised else total


FIGURES: dict[str, Figure] = {}
"""All figures by their names, in the order in which results tell them."""


def register_figure(figure: Figure) -> None:
    """Make a figure known, or another one by the name of an earlier one.

    Raises:
        SpecError: another figure has its name as an objective.
    """
    for other in FIGURES.values():
        names = {other.name, other.objective}
        if other.name != figure.name and names & {figure.name, figure.objective}:
            raise SpecError("two figures have one name", got=figure.objective, key_path=figure.name)
    FIGURES[figure.name] = figure


def checked_limits(limits: Mapping[str, object]) -> dict[str, float]:
    """Limits by the names of their figures: at most that much, at least if larger is better.

    Raises:
        SpecError: no figure has that name, or what it is limited to is not a value of it.
    """
    checked: dict[str, float] = {}
    for name, limit in limits.items():
        key_path = f"limits.{name}"
        if name not in FIGURES:
            raise unknown_name("figure to be limited", name, FIGURES).within(key_path=key_path)
        number, positive = finite_number(limit), FIGURES[name].logarithmic
        if number is None or (positive and number <= 0):
            expected = "a number above 0" if positive else "a number"
            raise SpecError("not a limit", key_path=key_path, got=limit, expected=expected)
        checked[name] = float(number)
    return checked


def _energy_pj(design: Any) -> float | None:
    if design.timeline is not None:
        return float(design.timeline.energy_pj)
    if design.fpga is not None:
        return None  # no model says
    return float(sum(layer.energy_pj for layer in design.layers))


def _latency_cycles(design: Any) -> float:
    if design.timeline is not None:
        return float(design.timeline.latency_cycles)
    if design.fpga is not None:
        return float(design.fpga.usage.cycles)
    cycles: int = sum(layer.latency_cycles for layer in design.layers)
    return cycles


def _edp_pj_cycles(design: Any) -> float | None:
    energy_pj = _energy_pj(design)
    return None if energy_pj is None else energy_pj * _latency_cycles(design)


def _power_mw(design: Any) -> float | None:
    clock_mhz = design.hardware.clock_mhz
    known = clock_mhz and design.fpga is None and design.latency_cycles
    return float(design.power_mw(clock_mhz)) if known else None


def _latency_ms(design: Any) -> float | None:
    clock_mhz = design.hardware.clock_mhz
    return float(design.latency_ms(clock_mhz)) if clock_mhz else None


def _images_per_s(design: Any) -> float | None:
    return 1e3 / time if design.fpga is not None and (time := _latency_ms(design)) else None


def _taken(resource: str, design: Any) -> float | None:
    run = design.fpga
    return None if run is None or resource not in run.says else float(getattr(run.usage, resource))


OF_BOARDS = ("luts", "dsps", "bram18", "urams", "port_bits")
"""What a design takes of an FPGA; see ``tech.FpgaUsage``."""

for _figure in (
    Figure("edp_pj_cycles", "pJ x cycles", _edp_pj_cycles, "edp", "edp", follows_cycles=True),
    Figure("energy_pj", "pJ", _energy_pj, "energy", "energy"),
    Figure("latency_cycles", "cycles", _latency_cycles, "latency", "latency", follows_cycles=True),
    Figure("area_mm2", "mm2", attrgetter("area_mm2"), "area", None),
    Figure("power_mw", "mW", _power_mw, "power"),
    Figure("latency_ms", "ms", _latency_ms, "time", "latency", follows_cycles=True),
    *(
        Figure(x, "", partial(_taken, x), "", "latency", logarithmic=x == "luts", rare=True)
        for x in OF_BOARDS
    ),
    Figure("images_per_s", "1/s", _images_per_s, "", "latency", maximised=True, rare=True),
):
    register_figure(_figure)


_MINIMISED = ("perplexity", "error", "loss")
"""What a figure is called of which less is better; of all others more is."""

_UNITS = {"percent": "%", "share": "", "perplexity": ""}
_COSTS = ("ms", "seconds", "cycles", "pj", "mj", "mw", "mm2", "macs")
"""Units of what a table of networks tells besides accuracies; less of it is better."""


def accuracy_figures(names: Iterable[str]) -> tuple[Figure, ...]:
    """The figures that a source measures, registered where they are new.

    ``accuracy_percent`` is the objective ``accuracy``, at its largest; of perplexities, errors,
    losses and costs the least is looked for, and perplexities and costs are compared by how many
    times they differ.
    """
    for name in names:
        if name not in FIGURES:
            register_figure(_accuracy_figure(name))
    return tuple(FIGURES[name] for name in names)


def _accuracy_figure(name: str) -> Figure:
    words = name.split("_")
    unit = words[-1] if words[-1] in _UNITS else ""
    short = name.removesuffix(f"_{unit}") if unit else name
    is_cost = words[-1] in _COSTS
    return Figure(
        name,
        words[-1] if is_cost else _UNITS.get(unit, ""),
        of=partial(_measured, name),
        objective=short,
        mapped_for=None,
        logarithmic="perplexity" in words or is_cost,
        maximised=not is_cost and not any(word in _MINIMISED for word in words),
        measured=True,
    )


def _measured(name: str, design: Any) -> float | None:
    """Of networks that share a schedule the mean by weight of those that were measured."""
    known = [(x.weight, x.measured[name]) for x in design.networks if name in x.measured]
    if not known or (len(design.networks) > 1 and design.schedule is None):
        return None
    return float(sum(w * x for w, x in known) / sum(w for w, _ in known))

"""Objectives as they are written: figures by name, and figures made of them.

``worst(accuracy, noisy_accuracy)``, ``mean(...)``, ``quantile(..., 0.1)``, ``cvar(..., 0.3)``: over
scenarios, which are the figures named, each on all networks of the design, as the phases and batch
sizes of ``each`` are. What robust search over distribution shifts looks for (Bai et al., "NAS-OoD",
ICCV 2021).

``robust(accuracy, neighbours, mean)``, also ``worst``, ``quantile=0.1`` or ``cvar=0.3``: over the
designs a step away, by the model of the search, so that it costs nothing. See the strategy
``robust``; ``neighbourhood_random`` evaluates them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bohwsw.aggregates import Aggregate, aggregate_of
from bohwsw.codesign.figures import FIGURES, Figure
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapper import Objective

OUTSIDE = re.compile(r",(?![^(]*\))")
"""Commas that are not in parentheses."""

OVER_SCENARIOS = ("worst", "mean", "quantile", "cvar")
MEAN, WORST = Aggregate("mean"), Aggregate("worst")
WRITTEN = "worst(FIGURE, FIGURE), cvar(FIGURE, FIGURE, 0.3), robust(FIGURE, neighbours, mean)"


@dataclass(frozen=True)
class ScenarioFigure(Figure):
    """An aggregate of figures over all networks of a design."""

    made_of: tuple[Figure, ...] = ()
    aggregate: Aggregate = WORST

    @property
    def of_all(self) -> bool:
        """Whether it is one of a whole design: it is."""
        return True

    @property
    def parts(self) -> tuple[Figure, ...]:
        """The figures of the scenarios."""
        return self.made_of

    def require_several(self, networks: int) -> None:
        """Refuse an aggregate of a single scenario, on so many networks.

        Raises:
            SpecError: it is one.
        """
        if networks * len(self.made_of) < 2:
            expected = "several figures, several networks, or a knob at each of several values"
            raise SpecError("one scenario only", key_path=self.objective, expected=expected)

    def binding(self, design: Any) -> str | None:
        """The scenario in which a design is worst; None where one is unknown."""
        values = _scenarios(self.made_of, design)
        if None in values.values():
            return None
        return (min if self.maximised else max)(values, key=lambda name: values[name] or 0.0)


@dataclass(frozen=True)
class RobustFigure(Figure):
    """A figure that is to be good around a design, too; its values are the design's own."""

    base: Figure | None = None
    aggregate: Aggregate = MEAN

    @property
    def parts(self) -> tuple[Figure, ...]:
        """The figure alone."""
        return () if self.base is None else (self.base,)


def figure_of(name: object) -> Figure:
    """The figure of an objective, or of its own name; or one that is made of others, see above.

    Raises:
        SpecError: there is none, or it is not made in one of these ways.
    """
    if isinstance(name, str) and "(" in name:
        return _compound(" ".join(name.split()))
    for figure in FIGURES.values():
        if name in (figure.objective, figure.name):
            return figure
    raise unknown_name("objective", name, [figure.objective for figure in FIGURES.values()])


def read_objectives(given: str | Sequence[str]) -> tuple[str, ...]:
    """The objectives that are asked for.

    Args:
        given: names, as a list or as one text with commas, such as ``energy,latency,area``.

    Raises:
        SpecError: an unknown name, a name given twice, or none at all.
    """
    if isinstance(given, str):
        names: list[object] = [name.strip() for name in OUTSIDE.split(given)]
    elif isinstance(given, Sequence):
        names = list(given)
    else:
        raise SpecError("not objectives", got=given, expected="one of, or a list of, the names")
    found = tuple(figure_of(name).objective for name in names)
    if not found or len(set(found)) < len(found):
        raise SpecError(
            "not a list of objectives", got=names, expected="distinct names, at least one"
        )
    return found


def mapped_for(objectives: Iterable[str]) -> Objective:
    """What the layers are mapped for: one figure, even if the search has several objectives.

    If all that mappings influence calls for the same, that is it; in all other cases the
    energy-delay product.
    """
    figures = [figure_of(name) for name in objectives]
    wanted = {figure.mapped_for for figure in figures if figure.mapped_for is not None}
    return next(iter(wanted)) if len(wanted) == 1 else "edp"


def scenario_data(design: Any, objectives: Iterable[str]) -> dict[str, Any]:
    """What a design comes to in objectives over scenarios, and in which of them it is worst."""
    found: dict[str, Any] = {}
    for name in objectives:
        figure = figure_of(name)
        if isinstance(figure, ScenarioFigure):
            found[figure.name] = design.figure(name) if design.is_whole else None
            found.setdefault("binding", {})[figure.objective] = figure.binding(design)
    return found


def strategy_for(
    name: str, options: dict[str, Any], figures: dict[str, Figure], knobs: Sequence[str] = ()
) -> tuple[str, dict[str, Any]]:
    """The strategy of a recipe and its options; another one where neighbours are looked at.

    Args:
        figures: objectives by their names in outcomes.
        knobs: of the network, whose neighbours alone matter where a source measures all of these.

    Raises:
        SpecError: the strategy does not know neighbours.
    """
    found = {key: x for key, x in figures.items() if isinstance(x, RobustFigure)}
    if not found:
        return name, options
    around = list(knobs) if all(figure.measured for figure in found.values()) else []
    aggregate: Any = {key: str(x.aggregate) for key, x in found.items()}
    if name == "neighbourhood_random":
        aggregate = next(iter(aggregate.values()))
    elif name in ("bayesian", "reusing", "robust"):
        name = "robust"
    else:
        objective, expected = next(iter(found.values())).objective, "robust or neighbourhood_random"
        problem = f"the strategy {name} does not know neighbours"
        raise SpecError(problem, key_path="strategy", got=objective, expected=expected)
    return name, {**options, "aggregate": aggregate, "around": around}


def _compound(text: str) -> Figure:
    """Read a figure that is made of others."""
    kind, _, rest = text.partition("(")
    kind, inside = kind.strip(), [word.strip() for word in rest.rstrip(" )").split(",")]
    if kind not in (*OVER_SCENARIOS, "robust"):
        raise unknown_name("objective", kind, (*OVER_SCENARIOS, "robust"))
    if not text.endswith(")") or text.count("(") > 1 or not all(inside):
        raise SpecError("not an objective", got=text, expected=WRITTEN)
    if kind == "robust":
        return _robust(text, inside)
    level = ""
    if kind in ("quantile", "cvar"):
        *inside, last = inside
        level = "=" + last.removeprefix("alpha=").strip()
    try:
        aggregate = aggregate_of(kind + level)
    except SpecError as error:
        raise error.within(key_path=text) from None
    return _over_scenarios(aggregate, tuple(figure_of(name) for name in inside))


def _over_scenarios(aggregate: Aggregate, parts: tuple[Figure, ...]) -> Figure:
    words = [figure.objective for figure in parts]
    text = f"{aggregate.kind}({', '.join(words)}{_level(aggregate, ', {:g}')})"
    if not parts or len(set(words)) < len(words):
        raise SpecError("scenarios are different figures", got=text, expected="at least one")
    first = parts[0]
    for other in parts[1:]:
        for what in ("unit", "maximised", "logarithmic", "measured"):
            if getattr(first, what) != getattr(other, what):
                problem = f"{other.objective} cannot be compared with {first.objective}"
                expected = "figures of one unit, of the network or of the hardware"
                raise SpecError(problem, key_path=text, got=other.name, expected=expected)
    level = _level(aggregate, "_{:g}").replace(".", "_")
    same = {figure.mapped_for for figure in parts}
    return ScenarioFigure(
        "_".join([aggregate.kind + level, *(figure.name for figure in parts)]),
        first.unit,
        partial(_aggregated, aggregate, parts),
        text,
        same.pop() if len(same) == 1 else "edp",
        first.logarithmic,
        first.maximised,
        measured=first.measured,
        made_of=parts,
        aggregate=aggregate,
    )


def _robust(text: str, inside: list[str]) -> Figure:
    if len(inside) != 3 or inside[1] not in ("neighbours", "neighbors"):
        raise SpecError("not an objective", got=text, expected="robust(FIGURE, neighbours, mean)")
    base = figure_of(inside[0])
    try:
        aggregate = aggregate_of(inside[2], maximised=base.maximised)
    except SpecError as error:
        raise error.within(key_path=text) from None
    values = {name: getattr(base, name) for name in Figure.__dataclass_fields__}
    values["objective"] = f"robust({base.objective}, neighbours, {aggregate})"
    return RobustFigure(**values, base=base, aggregate=aggregate)


def _level(aggregate: Aggregate, form: str) -> str:
    return "" if aggregate.level is None else form.format(aggregate.level)


def _aggregated(aggregate: Aggregate, parts: tuple[Figure, ...], design: Any) -> float | None:
    values = list(_scenarios(parts, design).values())
    if None in values:
        return None
    sign = -1.0 if parts[0].maximised else 1.0
    return sign * float(aggregate(sign * np.array(values, np.float64)))


def _scenarios(parts: tuple[Figure, ...], design: Any) -> dict[str, float | None]:
    """The value in each scenario, by what tells it from the others."""
    each, found = design.each(), {}
    for figure in parts:
        for one in each:
            words = [figure.objective] if len(parts) > 1 or len(each) == 1 else []
            words += [one.network] if len(each) > 1 else []
            found[" of ".join(words)] = figure.of(one)
    return found

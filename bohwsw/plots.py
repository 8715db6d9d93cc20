"""Figures for papers, by one call each: Matplotlib's, to be changed and saved as its figures are.

from bohwsw import plots

plots.course(result).savefig("course.pdf")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bohwsw.acquisition import non_dominated
from bohwsw.codesign import Design, figure_of
from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.study import CodesignResult

Drawn = Any
"""A ``matplotlib.figure.Figure``; Matplotlib is loaded when the first one is drawn."""

SIZE = (3.4, 2.4)
"""Inches: one column of a paper."""


def course(*results: CodesignResult, names: Sequence[str] = ()) -> Drawn:
    """The best value of the first objective by number of trials, a line a result.

    Args:
        results: searches with the same first objective.
        names: of the lines; none are told if absent.

    Raises:
        SpecError: no result, or not as many names.
        MissingExtraError: Matplotlib is not installed.
    """
    if not results or (names and len(names) != len(results)):
        raise SpecError("a course has results, and a name each or none", got=list(names))
    figure = figure_of(results[0].objective)
    drawn, axes = _axes("trials", f"{figure.name} {figure.unit}".strip())
    best_of = np.fmax.accumulate if figure.maximised else np.fmin.accumulate
    for position, result in enumerate(results):
        values = [
            trial.metrics.get(figure.name) if trial.state == "completed" else None
            for trial in result.trials
        ]
        known = np.array([np.nan if value is None else value for value in values], dtype=float)
        label = names[position] if names else None
        axes.step(np.arange(1, len(known) + 1), best_of(known), where="post", label=label)
    if figure.logarithmic:
        axes.set_yscale("log")
    if names:
        axes.legend(frameon=False)
    return drawn


def front(result: CodesignResult) -> Drawn:
    """All completed trials in the plane of the first two objectives, and which none dominates.

    Raises:
        SpecError: the search had one objective.
        MissingExtraError: Matplotlib is not installed.
    """
    if len(result.objectives) < 2:
        raise SpecError("a front has several objectives", got=list(result.objectives))
    figures = [figure_of(name) for name in result.objectives[:2]]
    told = [[trial.metrics.get(figure.name) for figure in figures] for trial in result.trials]
    points = np.array([row for row in told if None not in row], dtype=float)
    signs = np.array([-1.0 if figure.maximised else 1.0 for figure in figures])
    kept = points[non_dominated(points * signs)]
    kept = kept[np.argsort(kept[:, 0])]
    drawn, axes = _axes(*(f"{figure.name} {figure.unit}".strip() for figure in figures))
    axes.plot(points[:, 0], points[:, 1], ".", alpha=0.4)
    axes.plot(kept[:, 0], kept[:, 1], "o-")
    for figure, scale in zip(figures, (axes.set_xscale, axes.set_yscale), strict=True):
        if figure.logarithmic:
            scale("log")
    return drawn


def energy(design: Design) -> Drawn:
    """Energy of all runs of each layer, by storage level and multiply-accumulates.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    layers = [layer for layer in design.layers if layer.evaluation.valid]
    drawn, axes = _axes("energy uJ", "")
    drawn.set_figheight(0.6 + 0.2 * len(layers))
    left = np.zeros(len(layers))
    parts: dict[str, list[float]] = {}
    for layer in layers:
        evaluation, count = layer.evaluation, layer.entry.count
        told = {x.name: x.energy_pj + x.network_energy_pj for x in evaluation.levels}
        told["MAC"] = evaluation.mac_energy_pj or 0.0
        for name, value in told.items():
            parts.setdefault(name, []).append(count * value * 1e-6)
    names = [layer.entry.name for layer in layers]
    for name, values in parts.items():
        axes.barh(np.arange(len(layers)), values, left=left, label=name)
        left += np.array(values)
    axes.set_yticks(np.arange(len(layers)), names)
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize="small")
    return drawn


def _axes(x: str, y: str) -> tuple[Drawn, Any]:
    """An empty figure of one column with named axes; nothing of Matplotlib's state is touched."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "plots") from None
    drawn = Figure(figsize=SIZE, layout="constrained")
    axes = drawn.add_subplot()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return drawn, axes

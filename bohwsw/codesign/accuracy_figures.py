"""What an accuracy source measures, as figures of designs: objectives and limits like any other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from bohwsw.codesign.figures import FIGURES, Figure, register_figure

_MINIMISED = ("perplexity", "error", "loss")
"""What a figure is called of which less is better; of all others more is."""

_UNITS = {"percent": "%", "share": "", "perplexity": ""}


def accuracy_figures(names: Iterable[str]) -> tuple[Figure, ...]:
    """The figures that a source measures, registered where they are new.

    ``accuracy_percent`` is the objective ``accuracy``, at its largest; of perplexities, errors and
    losses the least is looked for, and perplexities are compared by how many times they differ.
    """
    for name in names:
        if name not in FIGURES:
            register_figure(_figure(name))
    return tuple(FIGURES[name] for name in names)


def _figure(name: str) -> Figure:
    words = name.split("_")
    unit = words[-1] if words[-1] in _UNITS else ""
    short = name.removesuffix(f"_{unit}") if unit else name
    return Figure(
        name,
        _UNITS.get(unit, ""),
        of=partial(_measured, name),
        objective=short,
        mapped_for=None,
        logarithmic="perplexity" in words,
        maximised=not any(word in _MINIMISED for word in words),
        measured=True,
    )


def _measured(name: str, design: Any) -> float | None:
    networks = design.networks
    value: float | None = networks[0].measured.get(name) if len(networks) == 1 else None
    return value

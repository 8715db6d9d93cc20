"""Curves of several methods, a panel a problem, as an SVG file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from bohwsw.atomicfile import atomic_write
from bohwsw.errors import MissingExtraError

COLUMNS = 4
"""Panels beside each other."""

Curve = Sequence[float | None]


def plot_curves(
    curves: Mapping[str, Mapping[str, Curve]],
    path: Path,
    *,
    ours: str,
    x_label: str,
    y_label: str,
    last_x: float | None = None,
    least: float = 0.0,
) -> None:
    """Draw curves on logarithmic axes of values.

    Args:
        curves: for each panel and method values at equal distances, None where there is none.
        path: of the file.
        ours: the method to be drawn in black.
        x_label: below all panels.
        y_label: beside them.
        last_x: where the last value of a curve lies; at their number if absent.
        least: smaller values are drawn as this one.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "peers") from None
    matplotlib.rcParams.update({"svg.hashsalt": "bohwsw", "svg.fonttype": "none", "font.size": 7})
    columns = min(COLUMNS, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(3.0 * columns, 2.2 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    colours = matplotlib.colormaps["tab10"]
    for panel, (name, by_method) in zip(panels, curves.items(), strict=False):
        for index, (method, curve) in enumerate(by_method.items()):
            step = 1.0 if last_x is None else last_x / len(curve)
            panel.plot(
                [step * (i + 1) for i in range(len(curve))],
                [float("nan") if value is None else max(value, least) for value in curve],
                label=method,
                color="black" if method == ours else colours(index % 10),
                linewidth=1.6 if method == ours else 0.8,
            )
        panel.set(title=name, yscale="log")
    for panel in panels[len(curves) :]:
        panel.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5)
    figure.supylabel(y_label)
    figure.supxlabel(x_label)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    atomic_write(path, drawn.getvalue())

"""What ``fit`` does: a model of a column of a table of networks, for searches and for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table
from scipy.stats import spearmanr

from bohwsw.accuracy import (
    LatencyTable,
    LinearPredictor,
    PredictedSource,
    check_table_form,
    fit_table,
    fit_terms,
    measured_rows,
)
from bohwsw.atomicfile import atomic_write, require_writable
from bohwsw.cli import console
from bohwsw.cli.views import plain_table
from bohwsw.errors import SpecError, unknown_name

WAYS = ("entries", "terms", "degree")
ONLY = {"part": "entries", "free": "entries", "out": "entries", "term": "terms", "model": "degree"}
"""Options that mean something for one way only."""
MOST_LEFT_OUT = 300
"""Networks that the fit has not seen and that are looked at."""

Point = Mapping[str, Any]
Model = Callable[[Point], float]


def fit_and_show(given: Mapping[str, Any]) -> None:
    """Fit, write the table of entries if asked to, print; ``given`` are the command's options."""
    by, figure, path, out = (given[name] for name in ("by", "figure", "path", "out"))
    if by not in WAYS:
        raise unknown_name("way to fit", by, WAYS).within(key_path="--by")
    for option, way in ONLY.items():
        if given[option] and by != way:
            expected = f"--by {way}"
            raise SpecError("an option of another fit", key_path=f"--{option}", expected=expected)
    if out is not None:
        check_table_form(out.suffix)
    require_writable(out, path)
    points, values = measured_rows(path, figure)
    order = np.random.default_rng(given["seed"]).permutation(len(points)).tolist()
    known, rest = order[: given["rows"]], order[given["rows"] :] if given["rows"] else []
    own, measured = [points[k] for k in known], [values[k] for k in known]
    found: dict[str, Any] = {"figure": figure, "by": by, "networks": len(own)}
    model: Model
    if by == "entries":
        parts, free = given["part"] or (), given["free"] or ()
        table = fit_table(figure, own, measured, parts=parts, free=free, base=given["base"])
        if out is not None:
            atomic_write(out, table.text(out.suffix))
        model, found = table, {**found, **_entries(table)}
    elif by == "terms":
        linear = fit_terms(figure, given["term"] or (), own, measured)
        model, found = linear, {**found, **_coefficients(linear)}
    else:
        source = PredictedSource(
            path, "degree", given["model"], samples=given["rows"], figure=figure, seed=given["seed"]
        )
        model, found = source.predict, {**found, "error": source.fitted.error}
    found |= _on_others(model, [points[k] for k in rest], [values[k] for k in rest])
    console.give(found, _views, None, given["json"])


def _entries(table: LatencyTable) -> dict[str, Any]:
    return {"error": table.error, "base": table.base, "entries": dict(table.entries)}


def _coefficients(linear: LinearPredictor) -> dict[str, Any]:
    fields = ("term", "value", "low", "high")
    rows = [{name: getattr(own, name) for name in fields} for own in linear.coefficients]
    return {"error": linear.error, "coefficients": rows, "sentences": linear.sentences()}


def _on_others(model: Model, points: Sequence[Point], values: Sequence[float]) -> dict[str, Any]:
    """How far off a model is on networks that it was not fitted to."""
    if len(points) < 2:
        return {}
    y = np.array(values[:MOST_LEFT_OUT])
    off = np.array([model(point) for point in points[:MOST_LEFT_OUT]]) - y
    error = float(np.sqrt((off**2).mean()))
    rank = float(spearmanr(off + y, y).statistic)
    others = {"networks": len(y), "error": error, "percent_of_mean": 100 * error / abs(y.mean())}
    return {"others": {**others, "rank_correlation": rank}}


def _views(data: Mapping[str, Any]) -> list[Table | str]:
    title = f"{data['figure']} of {data['networks']} networks by {data['by']}"
    views: list[Table | str] = []
    if "entries" in data:
        view = plain_table(title, "Entry", data["figure"])
        for key, value in {"base": data["base"], **data["entries"]}.items():
            view.add_row(key, f"{value:.5g}")
        views.append(view)
    else:
        views += [title, *data.get("sentences", ())]
    views.append(f"off by {data['error']:.4g} on networks left out of the fit, five folds")
    if "others" in data:
        told = data["others"]
        views.append(
            f"off by {told['error']:.4g}, {told['percent_of_mean']:.2g} % of the mean, on "
            f"{told['networks']} others; rank correlation {told['rank_correlation']:.3f}"
        )
    return views

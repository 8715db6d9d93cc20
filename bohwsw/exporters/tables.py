"""Latency and energy tables in the forms that searches of networks read.

- ``ofa``: once-for-all's YAML (Cai et al., ICLR 2020): a mean for each layer, by its sizes as text.
- ``proxylessnas``: ProxylessNAS's JSON (Cai et al., ICLR 2019): count, mean and variance for each.
- ``hw-nas-bench``: one value for each network of a space (Li et al., ICLR 2021): a column of an npz
  file, beside a column for each knob, in the order of the points.
- ``yaml``, ``csv``: our own latency tables, an entry for each layer, which searches read.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import yaml

from bohwsw.accuracy import LatencyTable
from bohwsw.codesign import Design, MappedLayer
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapper import Objective
from bohwsw.space import Point
from bohwsw.workload import Layer, ModelFile, Network, layer_key

FORMS = ("ofa", "proxylessnas", "hw-nas-bench", "yaml", "csv")
MOST_POINTS = 20_000
"""Networks of a space that one table holds."""
KNOB = "knob_"
"""Before the names of columns that are knobs."""

FIGURE = Callable[[Design, MappedLayer], float]


def _cycles(_: Design, mapped: MappedLayer) -> float:
    return float(mapped.evaluation.latency_cycles or 0)


def _milliseconds(design: Design, mapped: MappedLayer) -> float:
    clock_mhz = design.hardware.clock_mhz
    if not clock_mhz:
        raise SpecError("the machine has no clock", key_path="--figure", expected="latency_cycles")
    return _cycles(design, mapped) / (clock_mhz * 1e3)


TABLE_FIGURES: dict[str, tuple[Objective, FIGURE]] = {
    "latency_ms": ("latency", _milliseconds),
    "latency_cycles": ("latency", _cycles),
    "energy_mj": ("energy", lambda _, mapped: (mapped.evaluation.energy_pj or 0.0) * 1e-9),
    "energy_pj": ("energy", lambda _, mapped: mapped.evaluation.energy_pj or 0.0),
}
"""What layers are mapped for, and the figure of one run of a layer; those of layers add up."""


@dataclass(frozen=True)
class Networks:
    """The networks of a model's points."""

    points: tuple[Point, ...]  # values of the knobs, in order
    networks: tuple[Network, ...]
    layers: tuple[Layer, ...]  # every layer of any of them once, named by ``layer_key``


def networks_of_model(model: ModelFile, fixed: Mapping[str, Any]) -> Networks:
    """The networks at all points of a model's knobs that have some values fixed.

    Raises:
        SpecError: the model has no such knob or value, or more than ``MOST_POINTS`` points.
    """
    default = model.with_point(fixed)
    if model.space is None:
        points: list[Point] = [default]
    else:
        rows = model.space.all_rows(MOST_POINTS)
        if rows is None:
            problem, most = (
                "the model has too many points for one table",
                f"at most {MOST_POINTS:,}",
            )
            raise SpecError(problem, key_path="--model", got=model.name, expected=most)
        points = [model.space.point(row) for row in rows]
        points = [p for p in points if all(p[knob] == default[knob] for knob in fixed)]
    networks = tuple(model.network(point) for point in points)
    layers: dict[tuple[int, ...], Layer] = {}
    for network in networks:
        for entry in network.unique_layers():
            layers.setdefault(entry.layer.shape, replace(entry.layer, name=layer_key(entry.layer)))
    return Networks(tuple(points), networks, tuple(layers.values()))


def layer_values(design: Design, figure: str) -> dict[str, float]:
    """The figure of one run of each layer of a design, by the layer's name.

    Raises:
        SpecError: the figure is none of ``TABLE_FIGURES``.
    """
    value = table_figure(figure)[1]
    return {mapped.entry.name: value(design, mapped) for mapped in design.layers}


def table_figure(name: str) -> tuple[Objective, FIGURE]:
    """What layers are mapped for, and how the figure is read; a SpecError if unknown."""
    if name not in TABLE_FIGURES:
        raise unknown_name("figure of a table", name, TABLE_FIGURES).within(key_path="--figure")
    return TABLE_FIGURES[name]


def network_values(values: Mapping[str, float], networks: Iterable[Network]) -> list[float]:
    """The figure of each network: the sum over its layers."""
    return [
        sum(entry.count * values[layer_key(entry.layer)] for entry in network.unique_layers())
        for network in networks
    ]


def table_content(
    form: str, name: str, values: Mapping[str, float], networks: Networks
) -> str | bytes:
    """The content of a file.

    Args:
        form: one of ``FORMS``.
        name: the column of the networks' values, such as ``eyeriss-168_latency_ms``.

    Raises:
        SpecError: an unknown form.
    """
    check_form(form)
    if form in ("yaml", "csv"):
        return LatencyTable(name.replace("-", "_"), values).text(f".{form}")
    if form == "ofa":
        return yaml.safe_dump({key: {"mean": x} for key, x in values.items()}, sort_keys=False)
    if form == "proxylessnas":
        rows = {key: {"count": 1.0, "mean": x, "var": 0.0} for key, x in values.items()}
        return json.dumps(rows, indent=1, allow_nan=False) + "\n"
    columns = {name: np.array(network_values(values, networks.networks))}
    for knob in networks.points[0]:
        columns[KNOB + knob] = np.array([point[knob] for point in networks.points])
    stream = io.BytesIO()
    np.savez_compressed(stream, **cast(Any, columns))
    return stream.getvalue()


def check_form(form: str) -> None:
    """Refuse an unknown form; a SpecError if it is one."""
    if form not in FORMS:
        raise unknown_name("form of a table", form, FORMS).within(key_path="--form")

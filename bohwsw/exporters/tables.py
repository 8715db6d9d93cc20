"""Latency and energy tables in the forms that searches of networks read.

- ``ofa``: once-for-all's YAML (Cai et al., ICLR 2020): a mean for each layer, by its sizes as text.
- ``proxylessnas``: ProxylessNAS's JSON (Cai et al., ICLR 2019): count, mean and variance for each.
- ``hw-nas-bench``: one value for each network of a space (Li et al., ICLR 2021): a column of an npz
  file, beside a column for each knob, in the order of the points.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import yaml

from bohwsw.codesign import Design, MappedLayer
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapper import Objective
from bohwsw.space import Point
from bohwsw.workload import Layer, ModelFile, Network, box_widths
from bohwsw.yamlfile import read_yaml

FORMS = ("ofa", "proxylessnas", "hw-nas-bench")
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
    """The networks of a model's points.

    Attributes:
        points: values of the knobs, in order.
        networks: one for each point.
        layers: every layer of any of them once, named by ``layer_key``.
    """

    points: tuple[Point, ...]
    networks: tuple[Network, ...]
    layers: tuple[Layer, ...]


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


def layer_key(layer: Layer) -> str:
    """A layer's sizes as text: equal for layers of equal shape only."""
    *_, width, height = box_widths(layer, "Inputs", layer.sizes)
    parts = [
        f"Conv-input:{height}x{width}x{layer.G * layer.C}",
        f"output:{layer.Q}x{layer.P}x{layer.G * layer.K}",
        f"kernel:{layer.S}x{layer.R}",
        f"stride:{layer.stride_h}x{layer.stride_w}",
    ]
    if (layer.dilation_h, layer.dilation_w) != (1, 1):
        parts.append(f"dilation:{layer.dilation_h}x{layer.dilation_w}")
    if layer.G > 1:
        parts.append(f"groups:{layer.G}")
    if layer.N > 1:
        parts.append(f"batch:{layer.N}")
    if layer.sequential is not None and layer.steps > 1:
        parts.append(f"sequential:{layer.sequential}")
    if layer.is_padded:
        parts.append("inputs:{1}x{0}".format(*layer.input_extents))
    parts += [f"{space.lower()}_bits:{bits}" for space, bits in layer.bits.items() if bits]
    parts += [f"{k.lower()}_density:{x:.9g}" for k, x in layer.density.items() if x is not None]
    return "-".join(parts)


def layer_values(design: Design, figure: str) -> dict[str, float]:
    """The figure of one run of each layer of a design, by the layer's name.

    Raises:
        SpecError: the figure is none of ``TABLE_FIGURES``.
    """
    value = table_figure(figure)[1]
    return {mapped.entry.name: value(design, mapped) for mapped in design.layers}


def table_figure(name: str) -> tuple[Objective, FIGURE]:
    """What layers are mapped for, and how the figure is read.

    Raises:
        SpecError: unknown.
    """
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
        values: by layer.
        networks: whose values they are.

    Raises:
        SpecError: an unknown form.
    """
    check_form(form)
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
    """Refuse an unknown form.

    Raises:
        SpecError: it is one.
    """
    if form not in FORMS:
        raise unknown_name("form of a table", form, FORMS).within(key_path="--form")


def read_layer_table(path: str | Path) -> dict[str, float]:
    """The means by layer of a file in the form of once-for-all or ProxylessNAS.

    Raises:
        SpecError: no such file, or it is none of the two.
    """
    if Path(path).suffix == ".json":  # its numbers may be written as YAML's are not, 1e-05
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise SpecError(f"cannot be read: {error}", file=str(path)) from error
    else:
        data = read_yaml(path)
    if not isinstance(data, dict):
        raise SpecError("not a table", file=str(path), got=data, expected="rows by their keys")
    values = {}
    for key, row in data.items():
        mean = row.get("mean") if isinstance(row, dict) else None
        if not isinstance(mean, int | float) or isinstance(mean, bool):
            raise SpecError(
                "a row has no mean", file=str(path), key_path=str(key), got=row, expected="a number"
            )
        values[str(key)] = float(mean)
    return values


def read_network_table(path: str | Path) -> tuple[list[Point], dict[str, Sequence[float]]]:
    """The points and the columns of values of a file in the form of HW-NAS-Bench.

    Raises:
        SpecError: no such file, or it is none.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            columns = {name: data[name].tolist() for name in data.files}
    except (OSError, ValueError, AttributeError, EOFError) as error:
        raise SpecError(f"cannot be read: {error}", file=str(path)) from error
    knobs = {k.removeprefix(KNOB): v for k, v in columns.items() if k.startswith(KNOB)}
    values = {k: v for k, v in columns.items() if not k.startswith(KNOB)}
    rows = len(next(iter(values.values()), []))
    return [{knob: knobs[knob][row] for knob in knobs} for row in range(rows)], values

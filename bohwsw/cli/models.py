"""What ``--model`` names: shipped models, model files at their knobs, ONNX files at their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bohwsw import importers  # loads its names when they are used
from bohwsw.errors import SpecError, unknown_name
from bohwsw.space import Value
from bohwsw.workload import Network, load_model

Bindings = Mapping[str, bool | int | float | str]


def is_onnx(name: str) -> bool:
    """Whether a model is named by the path of an ONNX file."""
    return name.lower().endswith(".onnx")


def network_of(name: str, knobs: Mapping[str, Value], bindings: Bindings) -> Network:
    """The network of a model.

    Args:
        name: a shipped name, or the path of a model file or an ONNX file.
        knobs: of a model file, where they differ from the default.
        bindings: sizes that an ONNX file leaves open.

    Raises:
        SpecError: there is no such model, or knobs or sizes that it does not have.
        MissingExtraError: it is an ONNX file, and the package onnx is not installed.
    """
    if not is_onnx(name):
        _require_onnx_for(bindings)
        model = load_model(name)
        return model.network(model.with_point(knobs))
    if knobs:
        raise SpecError(
            "an ONNX file has no knobs", file=name, got=list(knobs), expected="--bind for sizes"
        )
    return importers.import_onnx(name, bindings).network()


def networks_at(
    models: Sequence[tuple[str, float]], knobs: Mapping[str, Value], bindings: Bindings
) -> Sequence[tuple[str | Network, float]]:
    """Models with their weights, each with those knobs and sizes that it has.

    Raises:
        SpecError: a knob or a size that none of them has, or not that value of it.
        MissingExtraError: one is an ONNX file, and the package onnx is not installed.
    """
    files = {name: load_model(name) for name, _ in models if not is_onnx(name)}
    known = {knob for file in files.values() for knob in file.spec.knobs}
    for knob in knobs:
        if knob not in known:
            raise unknown_name("knob of the models", knob, sorted(known))
    sizes = {name: importers.onnx_open_sizes(name) for name, _ in models if is_onnx(name)}
    if not sizes:
        _require_onnx_for(bindings)
    for size in bindings:
        if not any(size in own for own in sizes.values()):
            names = sorted({each for own in sizes.values() for each in own})
            raise unknown_name("size of the models", size, names).within(key_path="--bind")
    networks: list[tuple[str | Network, float]] = []
    for name, weight in models:
        if name in sizes:
            own = {size: given for size, given in bindings.items() if size in sizes[name]}
            networks.append((importers.import_onnx(name, own).network(), weight))
        elif knobs:
            at = {k: value for k, value in knobs.items() if k in files[name].spec.knobs}
            networks.append((files[name].network(files[name].with_point(at)), weight))
        else:
            networks.append((name, weight))
    return networks


def _require_onnx_for(bindings: Bindings) -> None:
    if bindings:
        raise SpecError(
            "no size to bind", key_path="--bind", got=list(bindings), expected="an ONNX file"
        )


def onnx_among(files: Sequence[Path]) -> bool:
    """Whether files to import are one ONNX file; a SpecError if one of several is."""
    if not any(is_onnx(str(file)) for file in files):
        return False
    if len(files) > 1:
        raise SpecError("one ONNX file at a time", got=[str(file) for file in files])
    return True

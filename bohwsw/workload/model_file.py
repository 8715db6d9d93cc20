"""Networks from YAML files, shipped or the user's own; ``docs/models.md`` has the format."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bohwsw.errors import SpecError, SpecWarning, located
from bohwsw.shipped import find_spec
from bohwsw.space import Integer, Parameter, Point, Space, Value
from bohwsw.space.specification import Text, check_neighbours, checked_point, names_in, space_of
from bohwsw.workload.expansion import expand
from bohwsw.workload.layer_spec import layer_data
from bohwsw.workload.model_spec import MAX_ENTRIES, ModelSpec, texts
from bohwsw.workload.network import CountedLayer, Network
from bohwsw.workload.operator import TENSOR_DIMENSIONS
from bohwsw.yamlfile import read_yaml, validate

MAX_CHECKED_NEIGHBOURS = 20
"""Networks around the default that are made when a file is read, to find slips early."""

SIZE = "64, 8 * width or ceil(64 * width / 8) * 8: a whole number, without a unit"
CONDITION = "true, or a comparison such as depth > 2 or operator == 'conv'"


@dataclass(frozen=True)
class ModelFile:
    """A network whose sizes may be expressions over knobs."""

    spec: ModelSpec
    space: Space | None  # its knobs and the constraints on them; None if it has no knobs
    file: str | None = None

    @property
    def name(self) -> str:
        """The network's name."""
        return self.spec.name

    @property
    def default(self) -> Point:
        """The point whose network the file stands for where nobody says another."""
        return self._checked(self.spec.default, "default")

    def with_point(self, changes: Mapping[str, Value]) -> Point:
        """The default with some knobs changed, checked.

        Raises:
            SpecError: an unknown knob, a value that it does not have, or a broken constraint.
        """
        return self._checked({**self.spec.default, **changes}, "point")

    def network(self, point: Mapping[str, Value] | None = None) -> Network:
        """The network at a point, which has a value for each knob; at the default if absent.

        Raises:
            SpecError: the point is none of the space, or the file describes no network there.
        """
        if point is None:
            return self._default_network
        return self._expanded(self._checked(point, "point"))

    def to_data(self) -> dict[str, Any]:
        """Its contents as plain data, of which `model_from_dict` makes the same."""
        return self.spec.model_dump(mode="json", exclude_defaults=True, warnings=False)

    @cached_property
    def _default_network(self) -> Network:
        return self._expanded(self.default)

    def _expanded(self, point: Point) -> Network:
        with located(file=self.file):
            return expand(self.spec, point)

    def _checked(self, point: Mapping[str, Value], place: str) -> Point:
        with located(file=self.file, key_path=place):
            return checked_point(self.space, point, "knob")


def load_model(name_or_path: str | Path) -> ModelFile:
    """A model file by the name of a shipped one or by the path of a YAML file.

    Raises:
        SpecError: no such model or file, or something in the file is not valid.
    """
    path = find_spec("models", name_or_path)
    return model_from_dict(read_yaml(path), file=str(path))


def load_network(name_or_path: str | Path) -> Network:
    """The network of a model file, at the default of its knobs if it has any.

    Raises:
        SpecError: no such model or file, or something in the file is not valid.
    """
    return load_model(name_or_path).network()


def network_from_dict(data: object, file: str | None = None) -> Network:
    """``load_network`` for plain data laid out like a model file."""
    return model_from_dict(data, file).network()


def model_from_dict(data: object, file: str | None = None) -> ModelFile:
    """A model file from plain data; its default network and those next to it are made to check it.

    Args:
        data: dictionaries, lists, text and numbers, as ``read_yaml`` returns them.
        file: where they come from, for errors.

    Raises:
        SpecError: unknown or missing keys, wrong types, sizes out of range, an expression over
            unknown knobs, names that occur twice or are not there, tensors that do not fit, or
            more work than can be counted in 64-bit integers.
    """
    spec = validate(ModelSpec, data, file=file)
    with located(file=file):
        space = space_of(spec.knobs, spec.constraints, section="knobs")
        _check_texts(spec, () if space is None else space.parameters, file)
    model = ModelFile(spec, space, file)
    model.network()
    if space is not None:
        limit = MAX_CHECKED_NEIGHBOURS
        check_neighbours(spec, space, model.default, model.network, "the default", limit)
    return model


def _check_texts(spec: ModelSpec, knobs: tuple[Parameter, ...], file: str | None) -> None:
    """Names and literal values of all expressions; warns of knobs on which nothing depends."""
    used: set[str] = set()
    for place, text, indices, is_condition in texts(spec.layers):
        known = [*knobs, *(_index(name, place, spec) for name in dict.fromkeys(indices))]
        used |= names_in([Text(place, text, CONDITION if is_condition else SIZE)], known)
    for name in spec.knobs:
        if name not in used:
            warnings.warn(
                f"{file or spec.name}: knobs.{name}: no node depends on this knob, so a search "
                "takes networks that are alike for different ones",
                SpecWarning,
                stacklevel=2,
            )


def _index(name: str, place: str, spec: ModelSpec) -> Integer:
    """The number of a block's repetition, as expressions in the block know it."""
    if name in spec.knobs:
        raise SpecError(
            "the index of this block has the name of a knob",
            key_path=place,
            got=name,
            expected="another name; index: gives the block one",
        )
    with located(key_path=place):
        return Integer(name, 0, 2 * MAX_ENTRIES)


def network_data(network: Network) -> dict[str, Any]:
    """A network in numbers; ``network_from_dict`` makes an equal one of it."""
    nodes = []
    for node in network.nodes:
        if isinstance(node, CountedLayer):
            data = layer_data(node)
            if node.count == 1:
                del data["count"]
        else:
            data = {"name": node.name, "op": node.kind}
            keys = (*TENSOR_DIMENSIONS, "bits")
            data |= {key: n for key in keys if (n := getattr(node, key)) is not None}
            data |= {"axis": node.axis} if node.axis != "K" else {}
        if inputs := network.inputs(node.name):
            data["inputs"] = list(inputs) if len(inputs) > 1 else inputs[0]
        if weights := network.inputs(node.name, "Weights"):
            data["weights"] = weights[0]
        nodes.append(data)
    described = {"description": network.description} if network.description else {}
    return {"name": network.name, **described, "layers": nodes}

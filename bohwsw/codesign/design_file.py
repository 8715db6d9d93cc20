"""Designs as YAML files: a machine in numbers and the loop nest of every layer.

What ``codesign`` and ``map`` write, ``evaluate`` reads.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field

from bohwsw.arch import Architecture
from bohwsw.arch.machine_file import ArchitectureSpec, Name
from bohwsw.arch.machine_sizes import MachineSizes
from bohwsw.atomicfile import atomic_write
from bohwsw.codesign.design import Design
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.mapped_network import MappedLayer, MappedNetwork, UnmappedLayer
from bohwsw.codesign.mapping_data import NestSpec, mapping_data, mapping_of
from bohwsw.codesign.space_spec import TechnologySpec, technology_of
from bohwsw.errors import SpecError
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.nest import check_factors
from bohwsw.simulator.costs import costs_of
from bohwsw.simulator.imperfect import simulate_imperfect
from bohwsw.simulator.reference import simulate
from bohwsw.workload import DATA_SPACES, CountedLayer, Layer, LayerSpec
from bohwsw.yamlfile import SpecModel, read_yaml, validate

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


class MappedLayerSpec(SpecModel):
    """A layer with its count and its mapping; ``imperfect``: factors may exceed the sizes."""

    layer: LayerSpec
    imperfect: bool = False
    mapping: Annotated[tuple[NestSpec, ...], Field(min_length=1)]


class UnmappedLayerSpec(SpecModel):
    """A layer with its count that has no mapping, and why."""

    layer: LayerSpec
    reason: str


class DesignSpec(SpecModel):
    """A design file."""

    network: Name
    space: str = ""
    point: dict[str, bool | int | float | str] = Field(default_factory=dict)
    technology: Name | TechnologySpec
    architecture: ArchitectureSpec
    layers: Annotated[tuple[MappedLayerSpec, ...], Field(min_length=1)]
    unmapped: tuple[UnmappedLayerSpec, ...] = ()


def load_design(path: str | Path) -> Design:
    """Read a design and evaluate it again; nothing that the file says of costs is trusted.

    A mapping that does not fit its machine is kept, with the violations in its evaluation.

    Raises:
        SpecError: no such file, or something in it is not valid.
    """
    return design_from_dict(read_yaml(path), file=str(path))


def design_from_dict(data: object, file: str | None = None) -> Design:
    """``load_design`` for plain data laid out like a design file.

    Args:
        data: dictionaries, lists, text and numbers, as ``read_yaml`` returns them.
        file: where they come from, for errors.

    Raises:
        SpecError: something in it is not valid.
    """
    spec = validate(DesignSpec, data, file=file)
    try:
        sizes = MachineSizes.at(spec.architecture, {})
        architecture = sizes.architecture(spec.space or spec.network)
        hardware = Hardware(
            spec.point, architecture, FREE, costs_of(architecture, technology_of(spec.technology))
        )
        layers = []
        for position, entry in enumerate(spec.layers):
            try:
                layers.append(_mapped_layer(entry, hardware))
            except SpecError as error:
                raise error.within(key_path=f"layers[{position}]") from error
        unmapped = tuple(
            UnmappedLayer(entry.layer.build({}), entry.reason) for entry in spec.unmapped
        )
        network = MappedNetwork(spec.network, tuple(layers), unmapped=unmapped)
        return Design(hardware, (network,))
    except SpecError as error:
        raise error.within(file=file) from error


def save_design(
    design: Design, path: Path, *, space: str, technology: str | TechnologySpec
) -> None:
    """Write a design; the file is there whole or not at all.

    Raises:
        ResultFolderError: it cannot be written.
    """
    text = yaml.dump(
        _design_data(design, space, technology), Dumper=_Dumper, sort_keys=False, width=100
    )
    atomic_write(path, text)


def _mapped_layer(entry: MappedLayerSpec, hardware: Hardware) -> MappedLayer:
    counted = entry.layer.build({})
    layer = counted.layer
    mapping = mapping_of(entry.mapping, hardware.architecture)
    check_factors(layer, mapping, imperfect=entry.imperfect)
    evaluate = simulate_imperfect if entry.imperfect else simulate
    evaluation = evaluate(layer, hardware.architecture, mapping, hardware.costs)
    return MappedLayer(counted, mapping, evaluation)


def _design_data(design: Design, space: str, technology: str | TechnologySpec) -> dict[str, Any]:
    architecture = design.hardware.architecture
    unmapped = [
        {"layer": _layer_data(layer.entry), "reason": layer.reason} for layer in design.unmapped
    ]
    return {
        "network": design.network,
        "space": space,
        "point": dict(design.hardware.point),
        "technology": technology if isinstance(technology, str) else technology.model_dump(),
        "architecture": _architecture_data(architecture),
        "layers": [
            {
                "layer": _layer_data(mapped.entry),
                **({"imperfect": True} if mapped.imperfect else {}),
                "mapping": mapping_data(architecture, mapped.mapping),
            }
            for mapped in design.layers
        ],
        **({"unmapped": unmapped} if unmapped else {}),
    }


def _architecture_data(architecture: Architecture) -> dict[str, Any]:
    levels = []
    for index, level in enumerate(architecture.levels):
        data: dict[str, Any] = {"name": level.name, "kind": level.kind}
        if level.entries is not None:
            data["entries"] = level.entries
        data["word_bits"] = level.word_bits
        data["block_size"] = level.block_size
        data["cluster_size"] = level.cluster_size
        bandwidth = {"read": level.read_words_per_cycle, "write": level.write_words_per_cycle}
        data["bandwidth"] = {key: value for key, value in bandwidth.items() if value is not None}
        data["keeps"] = [space for space in DATA_SPACES if space in level.keeps]
        data["fanout"] = list(architecture.fanout(index))
        levels.append(data)
    return {"mac": {"word_bits": architecture.mac.word_bits}, "levels": levels}


def _layer_data(entry: CountedLayer) -> dict[str, Any]:
    layer: Layer = entry.layer
    data: dict[str, Any] = {"name": layer.name}
    data |= {dim: size for dim, size in layer.sizes.items() if size > 1}
    if (layer.stride_w, layer.stride_h) != (1, 1):
        data["stride"] = [layer.stride_w, layer.stride_h]
    if (layer.dilation_w, layer.dilation_h) != (1, 1):
        data["dilation"] = [layer.dilation_w, layer.dilation_h]
    bits = {space: width for space, width in layer.bits.items() if width is not None}
    data |= {"bits": bits} if bits else {}
    data["count"] = entry.count
    return data


class _Dumper(yaml.SafeDumper):
    """Short lists and mappings of plain values on one line, no aliases, only plain names unquoted.

    PyYAML writes by YAML 1.1, where ``1e3`` is text. Our reader goes by YAML 1.2, where it is a
    number.
    """

    def represent_str(self, data: str) -> Any:
        is_plain = _PLAIN_NAME.fullmatch(data) and data.lower() not in _WORDS
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if is_plain else '"')

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        return super().represent_sequence(tag, sequence, flow_style or _short(sequence))

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        plain = isinstance(mapping, dict) and _short(list(mapping.values())) and len(mapping) < 8
        return super().represent_mapping(tag, mapping, flow_style or plain)


def _short(values: Any) -> bool:
    """Whether a list holds plain values or loops only."""
    return all(
        not isinstance(value, dict | list)
        or (isinstance(value, list) and not any(isinstance(v, dict | list) for v in value))
        for value in values
    )


_Dumper.add_representer(str, _Dumper.represent_str)

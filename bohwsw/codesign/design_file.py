"""Designs as YAML files: a machine in numbers and the loop nest of every layer.

What ``codesign`` and ``map`` write, ``evaluate`` reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from bohwsw.arch import ArchitectureSpec, MachineSizes, Name, architecture_data
from bohwsw.atomicfile import atomic_write
from bohwsw.codesign.design import Design
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.mapped_network import MappedLayer, MappedNetwork, UnmappedLayer
from bohwsw.errors import SpecError
from bohwsw.mapping import FREE, NestSpec, check_factors, mapping_data, mapping_of
from bohwsw.simulator import costs_of, simulate, simulate_imperfect
from bohwsw.tech import TechnologySpec, technology_of
from bohwsw.workload import LayerSpec, layer_data
from bohwsw.yamlfile import SpecModel, read_yaml, validate, yaml_text


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
    atomic_write(path, yaml_text(_design_data(design, space, technology)))


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
        {"layer": layer_data(layer.entry), "reason": layer.reason} for layer in design.unmapped
    ]
    return {
        "network": design.network,
        "space": space,
        "point": dict(design.hardware.point),
        "technology": technology if isinstance(technology, str) else technology.model_dump(),
        "architecture": architecture_data(architecture),
        "layers": [
            {
                "layer": layer_data(mapped.entry),
                **({"imperfect": True} if mapped.imperfect else {}),
                "mapping": mapping_data(architecture, mapped.mapping),
            }
            for mapped in design.layers
        ],
        **({"unmapped": unmapped} if unmapped else {}),
    }

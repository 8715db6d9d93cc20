"""The mappings of designs as plain data, as they are stored with trials."""

from __future__ import annotations

from collections import abc
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.codesign.design import Design
from bohwsw.codesign.networks import Networks
from bohwsw.errors import SpecError
from bohwsw.mapping import Mapping, MappingSpec, mapping_data, mapping_of
from bohwsw.workload import Layer
from bohwsw.yamlfile import validate


def mappings_data(design: Design) -> dict[str, dict[str, Any]]:
    """All mappings of a design as plain data: by network and layer, by their names.

    Raises:
        SpecError: the design has a schedule; ``save_design`` keeps that, and which core runs what.
    """
    if design.schedule is not None:
        raise SpecError("mappings without their cores", got="a schedule", expected="one core")
    architecture = design.hardware.architecture
    return {
        network: {layer.name: mapping_data(architecture, x) for layer, x in mappings.items()}
        for network, mappings in design.mappings().items()
    }


def mappings_of(
    data: abc.Mapping[str, Any], networks: Networks, architecture: Architecture
) -> dict[str, dict[Layer, Mapping]]:
    """The mappings from what ``mappings_data`` gave.

    Studies of earlier versions have a list for each network, in the order of its unique layers.

    Raises:
        SpecError: they are not mappings, not for this machine, or not those of these networks.
    """
    found: dict[str, dict[Layer, Mapping]] = {}
    for network in networks.networks:
        given = data.get(network.name, {})
        if given == {} and network.name in data:  # engines of an FPGA have none
            found[network.name] = {}
            continue
        layers = [entry.layer for entry in network.unique_layers()]
        if isinstance(given, list):
            given = {layer.name: nests for layer, nests in zip(layers, given, strict=False)}
        missing = [layer.name for layer in layers if layer.name not in given]
        if missing:
            raise SpecError(f"a layer of {network.name!r} has no mapping", got=missing[0])
        found[network.name] = {
            layer: mapping_of(
                validate(MappingSpec, {"mapping": given[layer.name]}).mapping, architecture
            )
            for layer in layers
        }
    return found

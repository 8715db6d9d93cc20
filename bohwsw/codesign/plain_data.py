"""Designs as plain data, from which JSON, files and tables are made."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.codesign.design import Design
from bohwsw.codesign.mapped_network import MappedLayer, Rejection
from bohwsw.codesign.networks import Networks
from bohwsw.codesign.objectives import figure_of, scenario_data
from bohwsw.errors import SpecError
from bohwsw.mapping import Mapping, MappingSpec, mapping_data, mapping_of, nest_text
from bohwsw.scheduling import FoundSchedule
from bohwsw.workload import Layer
from bohwsw.yamlfile import validate


def design_data(
    design: Design, mapped_for: str | None = None, objectives: Iterable[str] = ()
) -> dict[str, Any]:
    """A design with its figures; null where a mapping is not valid or a figure is unknown.

    With the objective that it was mapped for, lower bounds and gaps are told too. A design over
    limits has its figures, but is not valid. A single network has its layers here, and so have all
    that share a schedule; several others have an entry each under ``networks``, and the figures are
    means of theirs. Those of ``objectives`` over scenarios are told with the one that binds.
    """
    whole = design.is_whole
    data: dict[str, Any] = {
        "network": design.network,
        "machine": design.hardware.chip.name,
        "point": dict(design.hardware.point),
        **_knobs(design),
        "valid": whole and not design.over_limits,
        "violations": [entry for over in design.over_limits for entry in over.to_json()],
        "over_limits": [over.reason for over in design.over_limits],
        **design.figures(),
        **scenario_data(design, objectives),
        **_bound_data(mapped_for, design.lower_bound, design.gap if whole else None),
        **({"hops_in_bound": design.hops_in_bound} if mapped_for else {}),
    }
    if design.fpga is not None:
        data["fpga"] = design.fpga.to_data()
    if design.schedule is not None:
        data["schedule"] = _schedule_data(design, design.timeline) if whole else None
    if design.found is not None:
        data["found"] = _found_data(design.found)
        data |= {"measured": measured} if (measured := _measured_data(design)) else {}
    if len(design.networks) == 1 or design.schedule is not None:
        data["layers"] = [
            {
                **({"network": network.name, "core": mapped.core} if mapped.core else {}),
                **_layer_data(design.core_of(mapped).architecture, mapped, mapped_for),
            }
            for network in design.networks
            for mapped in network.layers
        ]
        data["unmapped"] = [
            {
                "name": layer.entry.layer.name,
                "count": layer.entry.count,
                "reason": layer.reason,
                "violations": [violation.to_json() for violation in layer.violations],
            }
            for layer in design.unmapped
        ]
    else:
        data["networks"] = {
            network.name: {"weight": network.weight, **design_data(alone, mapped_for)}
            for network, alone in zip(design.networks, design.each(), strict=True)
        }
    return data


def _knobs(design: Design) -> dict[str, Any]:
    """The knobs of the network, where those were searched, too; those in which several agree."""
    first, *others = (network.knobs for network in design.networks)
    knobs = {k: x for k, x in first.items() if all(other.get(k) == x for other in others)}
    return {"knobs": knobs} if knobs else {}


def _schedule_data(design: Design, timeline: Any) -> dict[str, Any]:
    """The cores, and when each node runs on which of them: what a Gantt chart is drawn from."""
    return {
        "cores": {
            core.architecture.name: {
                "area_mm2": core.area_mm2,
                "utilisation": timeline.utilisation[core.architecture.name],
            }
            for core in design.hardware.cores
        },
        "dram_bits": timeline.dram_bits,
        "stretch": timeline.stretch,
        "latency_cycles": {x.name: timeline.latency_of(x.name) for x in design.networks},
        "nodes": [asdict(node) for node in timeline.nodes],
    }


def _found_data(found: FoundSchedule) -> dict[str, Any]:
    """What is known of a schedule."""
    return {
        "objective": found.objective,
        "value": found.value,
        "lower_bound": found.lower_bound,
        "gap": None if found.lower_bound <= 0.0 < found.value else found.gap,
        "networks": {name: dict(figures) for name, figures in found.networks.items()},
        "over_limits": {name: dict(over) for name, over in found.over_limits.items()},
    }


def _measured_data(design: Design) -> dict[str, Any]:
    return {x.name: dict(x.measured) for x in design.networks if x.measured}


def rejection_data(rejection: Rejection) -> dict[str, Any]:
    """What stands in the place of a design that there is not."""
    return {"valid": False, "reason": rejection.reason, "violations": rejection.to_json()}


def _bound_data(
    mapped_for: str | None, lower_bound: float, gap: Callable[[str], float] | None
) -> dict[str, Any]:
    """A lower bound with its unit, and the gap; null where nothing is proven."""
    if mapped_for is None:
        return {}
    proven = lower_bound > 0.0 and gap is not None
    return {
        f"bound_{figure_of(mapped_for).name}": lower_bound if proven else None,
        "gap": gap(mapped_for) if proven and gap is not None else None,
    }


def _layer_data(core: Architecture, mapped: MappedLayer, mapped_for: str | None) -> dict[str, Any]:
    """One layer of a design; figures are of one run, ``count`` says how many there are."""
    evaluation = mapped.evaluation
    return {
        "name": mapped.entry.layer.name,
        "count": mapped.entry.count,
        "valid": evaluation.valid,
        "violations": [
            {**violation.to_json(), "text": str(violation)} for violation in evaluation.violations
        ],
        "edp_pj_cycles": evaluation.edp_pj_cycles,
        "energy_pj": evaluation.energy_pj,
        "latency_cycles": evaluation.latency_cycles,
        "utilisation": evaluation.utilisation,
        **_bound_data(mapped_for, mapped.lower_bound, mapped.gap if evaluation.valid else None),
        "levels": {level.name: level.to_json() for level in evaluation.levels},
        "loop_nest": nest_text(mapped.mapping, [level.name for level in core.levels]).splitlines(),
    }


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

"""Designs as YAML files: a machine in numbers and the loop nest of every layer.

What ``codesign`` and ``map`` write, ``evaluate`` reads. Networks stand as graphs under ``models``;
files from before that have none, and are read. A chip of several cores has the others under
``cores``, and a schedule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from bohwsw.arch import ArchitectureSpec, MachineSizes, Name, architecture_data
from bohwsw.atomicfile import atomic_write
from bohwsw.codesign.design import Design
from bohwsw.codesign.figures import accuracy_figures
from bohwsw.codesign.fpga_design_file import fpga_design_data, fpga_design_from
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.mapped_network import MappedLayer, MappedNetwork, UnmappedLayer
from bohwsw.codesign.network_mapper import mapped_layer
from bohwsw.codesign.several_cores import scheduled_design
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.mapping import FREE, Mapping, NestSpec, check_factors, mapping_data, mapping_of
from bohwsw.scheduling import Schedule, Step
from bohwsw.simulator import (
    SparseSpec,
    check_sparse,
    costs_of,
    is_sparse,
    simulate,
    simulate_imperfect,
)
from bohwsw.tech import TechnologySpec, technology_of
from bohwsw.workload import (
    MAX_ENTRIES,
    CountedLayer,
    Layer,
    LayerSpec,
    Network,
    layer_data,
    network_data,
    network_from_dict,
)
from bohwsw.yamlfile import SpecModel, read_yaml, validate, yaml_text


class MappedLayerSpec(SpecModel):
    """A layer with its count and its mapping."""

    layer: LayerSpec  #: sizes and count, as in a model file
    imperfect: bool = False  #: factors may exceed the sizes
    core: str = ""  #: where it runs, of several
    #: a block a level, outermost first
    mapping: Annotated[tuple[NestSpec, ...], Field(min_length=1)]


class UnmappedLayerSpec(SpecModel):
    """A layer with its count that has no mapping, and why."""

    layer: LayerSpec  #: sizes and count
    reason: str  #: why it has no mapping


class CoreSpec(SpecModel):
    """Another core of a chip."""

    name: Name  #: of the core
    point: dict[str, bool | int | float | str] = Field(default_factory=dict)  #: its parameters
    architecture: ArchitectureSpec  #: the machine in numbers


class DesignSpec(SpecModel):
    """A design file."""

    network: Name  #: its name
    space: str = ""  #: the hardware space that it comes from
    point: dict[str, bool | int | float | str] = Field(default_factory=dict)  #: its parameters
    technology: Name | TechnologySpec  #: energies and areas
    architecture: ArchitectureSpec  #: the machine in numbers
    layers: Annotated[tuple[MappedLayerSpec, ...], Field(min_length=1)]  #: with their mappings
    unmapped: tuple[UnmappedLayerSpec, ...] = ()  #: layers without a mapping
    core: str = ""  #: name of the first core
    cores: tuple[CoreSpec, ...] = ()  #: the other cores
    clock_mhz: Annotated[float, Field(gt=0)] | None = None  #: for power and time [MHz]
    dram_bits_per_cycle: float | None = None  #: of all cores [bits a cycle]
    models: tuple[dict[str, Any], ...] = ()  #: each network as a graph, as in a model file
    schedule: tuple[tuple[str, str, str], ...] = ()  #: network, node and core of each step
    knobs: dict[str, bool | int | float | str] = Field(default_factory=dict)  #: of the network
    measured: dict[str, float] = Field(default_factory=dict)  #: accuracies [of the figure]
    sparse: SparseSpec | None = None  #: what is saved on zeros


_OF_CHIPS = frozenset(("core", "cores", "dram_bits_per_cycle", "schedule"))
"""Keys of files of designs with a schedule."""


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
    if isinstance(data, dict) and "fpga" in data:
        return fpga_design_from(data, file)
    spec = validate(DesignSpec, data, file=file)
    with located(file=file):
        check_sparse(spec.sparse, spec.architecture)
        technology = technology_of(spec.technology)

        def core(name: str, of: DesignSpec | CoreSpec) -> Hardware:
            architecture = MachineSizes.at(of.architecture, {}).architecture(name)
            costs = costs_of(architecture, technology)
            return Hardware(of.point, architecture, FREE, costs, spec.clock_mhz, sparse=spec.sparse)

        first = core(spec.core or spec.space or spec.network, spec)
        if not spec.model_fields_set & _OF_CHIPS:
            return _on_one_core(spec, first)
        others = tuple(core(each.name, each) for each in spec.cores)
        chip = replace(first, others=others, dram_bits_per_cycle=spec.dram_bits_per_cycle)
        return _scheduled(spec, chip)


def _on_one_core(spec: DesignSpec, hardware: Hardware) -> Design:
    layers = []
    for position, entry in enumerate(spec.layers):
        with located(key_path=f"layers[{position}]"):
            layers.append(_mapped_layer(entry, hardware))
    unmapped = tuple(UnmappedLayer(x.layer.build({}), x.reason) for x in spec.unmapped)
    network = _graph(spec, [*(x.entry for x in layers), *(x.entry for x in unmapped)])
    accuracy_figures(spec.measured)
    mapped = MappedNetwork(
        spec.network,
        tuple(layers),
        unmapped=unmapped,
        network=network,
        knobs=spec.knobs,
        measured=spec.measured,
    )
    return Design(hardware, (mapped,))


def _graph(spec: DesignSpec, entries: Sequence[CountedLayer]) -> Network | None:
    """The graph of the one network of a file, which has the file's layers, as often."""
    if len(spec.models) > 1:
        raise SpecError("several networks on one core", key_path="models", expected="one")
    if not spec.models:
        return None
    with located(key_path="models[0]"):
        network = network_from_dict(spec.models[0])
    left: Counter[tuple[int, ...]] = Counter()
    for sign, each in ((1, entries), (-1, network.unique_layers())):
        for entry in each:
            left[entry.layer.shape] += sign * entry.count
    differing = [x.name for x in (*entries, *network.unique_layers()) if left[x.layer.shape]]
    if differing:
        raise SpecError(
            "the graph has other layers than those that are mapped, or has them more often",
            key_path="models[0]",
            got=differing[0],
            expected="a node for each run of each layer of the file",
        )
    return network


def _scheduled(spec: DesignSpec, hardware: Hardware) -> Design:
    networks = []
    for position, model in enumerate(spec.models):
        with located(key_path=f"models[{position}]"):
            networks.append(network_from_dict(model))
    cores = {core.name: core for core in hardware.chip.cores}
    mappings: dict[str, dict[Layer, Mapping]] = {}
    for position, entry in enumerate(spec.layers):
        with located(key_path=f"layers[{position}]"):
            if entry.core not in cores:
                raise unknown_name("core", entry.core, cores).within(key_path="core")
            layer = entry.layer.build({}).layer
            mapping = mapping_of(entry.mapping, cores[entry.core])
            check_factors(layer, mapping, imperfect=entry.imperfect)
        mappings.setdefault(entry.core, {})[layer] = mapping
    schedule = Schedule(tuple(Step(*step) for step in spec.schedule))
    with located(key_path="schedule"):
        return scheduled_design(hardware, networks, schedule, mappings)


def save_design(
    design: Design, path: Path, *, space: str, technology: str | TechnologySpec
) -> None:
    """Write a design; the file is there whole or not at all.

    Raises:
        ResultFolderError: it cannot be written.
        SpecError: a core of several has other prices than the technology says.
    """
    is_fpga = design.fpga is not None
    data = fpga_design_data(design) if is_fpga else _design_data(design, space, technology)
    atomic_write(path, yaml_text(data))


def _mapped_layer(entry: MappedLayerSpec, hardware: Hardware) -> MappedLayer:
    counted = entry.layer.build({})
    layer = counted.layer
    mapping = mapping_of(entry.mapping, hardware.architecture)
    check_factors(layer, mapping, imperfect=entry.imperfect)
    evaluate = simulate_imperfect if entry.imperfect else simulate
    if entry.imperfect and is_sparse(hardware.sparse, layer):
        raise SpecError("what imperfect mappings save on zeros is not modelled")
    evaluation = evaluate(layer, hardware.architecture, mapping, hardware.costs)
    return mapped_layer(hardware, counted, mapping, evaluation)


def _design_data(design: Design, space: str, technology: str | TechnologySpec) -> dict[str, Any]:
    architecture = design.hardware.architecture
    unmapped = [
        {"layer": layer_data(layer.entry), "reason": layer.reason} for layer in design.unmapped
    ]
    return {
        "network": design.network,
        "space": space,
        "point": dict(design.hardware.point),
        **_own_network(design),
        "technology": technology if isinstance(technology, str) else technology.model_dump(),
        "architecture": architecture_data(architecture),
        **_chip_data(design, technology),
        **(
            {"sparse": sparse.model_dump(mode="json")} if (sparse := design.hardware.sparse) else {}
        ),
        "layers": [
            {
                "layer": layer_data(mapped.entry),
                **({"imperfect": True} if mapped.imperfect else {}),
                **({"core": mapped.core} if mapped.core else {}),
                "mapping": mapping_data(design.core_of(mapped).architecture, mapped.mapping),
            }
            for mapped in design.layers
        ],
        **({"unmapped": unmapped} if unmapped else {}),
    }


def _own_network(design: Design) -> dict[str, Any]:
    """Knobs and what was measured, of a network that was searched together with its machine."""
    if len(design.networks) != 1:
        return {}
    network = design.networks[0]
    told = {"knobs": dict(network.knobs), "measured": dict(network.measured)}
    return {key: value for key, value in told.items() if value}


def _chip_data(design: Design, technology: str | TechnologySpec) -> dict[str, Any]:
    """The graph and the clock; and more of a schedule, whose one technology prices all cores."""
    hardware, schedule = design.hardware, design.schedule
    graphs = [x.network for x in design.networks if x.network is not None]
    clock = {} if hardware.clock_mhz is None else {"clock_mhz": hardware.clock_mhz}
    if schedule is None:
        worth = [x for x in graphs if x.edges and len(x.nodes) <= MAX_ENTRIES]
        is_worth = len(graphs) == len(worth) == 1
        return clock | ({"models": [network_data(x) for x in worth]} if is_worth else {})
    for core in hardware.cores:
        if core.costs != costs_of(core.architecture, technology_of(technology)):
            raise SpecError(
                f"core {core.architecture.name!r} has other prices than those of the technology",
                key_path="technology",
                got=technology,
                expected="one technology for the whole chip",
            )
    return {
        "core": hardware.architecture.name,
        "cores": [
            {
                "name": core.architecture.name,
                "point": dict(core.point),
                "architecture": architecture_data(core.architecture),
            }
            for core in hardware.others
        ],
        **clock,
        **({"dram_bits_per_cycle": shared} if (shared := hardware.dram_bits_per_cycle) else {}),
        "models": [network_data(x) for x in graphs],
        "schedule": [list(step) for step in schedule.steps],
    }

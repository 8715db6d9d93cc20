"""Networks mapped onto every core of a chip that can run their layers, and a schedule of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bohwsw.checks import MOST_THREADS, whole_number
from bohwsw.codesign import (
    Design,
    Hardware,
    HardwareSpace,
    MappedLayer,
    Models,
    NetworkMapper,
    Recipe,
    Rejection,
    UnmappedLayer,
    joint_recipe,
    load_space,
    networks_of,
    scheduled_design,
)
from bohwsw.errors import NoValidMappingError, SpecError, located
from bohwsw.mapping import warn_of_widths
from bohwsw.scheduling import (
    Aim,
    FoundSchedule,
    checked_aim,
    possible_costs,
    search_schedule,
)
from bohwsw.workload import CountedLayer, Network, network_from_layers


@dataclass(frozen=True)
class ChipMapper:
    """Maps networks onto chips: every layer onto every core, then the nodes into a schedule.

    Attributes:
        networks: what is to run, each under a name of its own.
        objective: ``edp``, ``latency`` or ``energy`` of all together; of layers, too.
        layers_for: what layers are mapped for if for something else.
        recipe: the inner search of mappings, and its budget. One that remembers what it has found
            maps no layer twice onto equal cores.
        latency_limits: of networks, in cycles, by their names.
        with_operators: whether operators that are no contractions are counted.
        moves: of the search for a schedule, see ``search_schedule``, as are ``branches``.
        branches: see there.
        seed: of all searches.
        threads: how many; the results do not depend on it.
    """

    networks: tuple[Network, ...]
    objective: Aim = "edp"
    recipe: Recipe = field(default_factory=joint_recipe)
    latency_limits: Mapping[str, float] = field(default_factory=dict)
    with_operators: bool = False
    moves: int = 5_000
    branches: int = 20_000
    seed: int = 0
    threads: int = 1
    layers_for: Aim | None = None

    def map_chip(self, chip: Hardware) -> Design | Rejection:
        """The design of a chip; its ``found`` is what is known of its schedule.

        The bound of the schedule holds for these mappings, one of each layer on each core.

        Returns:
            It; or why not, which names a layer that no core can run.

        Raises:
            SpecError: two networks or two cores have one name, or the cores do not fit together.
        """
        layers = [x for network in self.networks for x in network.unique_layers()]
        shapes = {entry.layer.shape: entry for entry in layers}
        reasons: dict[tuple[int, ...], str] = {}
        mapped: dict[str, dict[tuple[int, ...], MappedLayer]] = {}
        for core in chip.cores:
            found, unmapped = self._mapped_onto(core, shapes)
            mapped[core.architecture.name] = {x.entry.layer.shape: x for x in found}
            reasons |= {x.entry.layer.shape: x.reason for x in unmapped}
        for shape, entry in shapes.items():
            if not any(shape in on_core for on_core in mapped.values()):
                reason = f"no core can run layer {entry.name!r}: {reasons[shape]}"
                return Rejection(reason, entry.name, ())
        return self._scheduled(chip, mapped)

    def _mapped_onto(
        self, core: Hardware, shapes: Mapping[tuple[int, ...], CountedLayer]
    ) -> tuple[tuple[MappedLayer, ...], tuple[UnmappedLayer, ...]]:
        """The layers that a core can run, and those that it cannot.

        Cores that are equal but for their names are mapped once.
        """
        anonymous = replace(core, architecture=replace(core.architecture, name="core"))
        named = [
            (replace(entry.layer, name=f"{number} {entry.name}"), 1)
            for number, entry in enumerate(shapes.values())
        ]
        network, recipe = network_from_layers("layers", named), self.recipe
        goal = self.layers_for or self.objective
        task = NetworkMapper(network, goal, recipe, self.seed, self.threads)
        mappable, unmapped = task.mappable(anonymous)
        if mappable is None:
            return (), unmapped
        found = mappable.map_network(anonymous)
        if isinstance(found, Rejection):
            raise SpecError(f"a layer that has a mapping was not mapped: {found.reason}")
        return found.layers, unmapped

    def _scheduled(
        self, chip: Hardware, mapped: Mapping[str, Mapping[tuple[int, ...], MappedLayer]]
    ) -> Design:
        evaluations = {
            core: {shape: layer.evaluation for shape, layer in layers.items()}
            for core, layers in mapped.items()
        }
        prices = {core.architecture.name: core.costs for core in chip.cores}
        costs = possible_costs(
            self.networks,
            chip.chip,
            evaluations,
            prices,
            with_operators=self.with_operators,
        )
        found = search_schedule(
            self.networks,
            chip.chip,
            costs,
            objective=self.objective,
            latency_limits=self.latency_limits,
            moves=self.moves,
            branches=self.branches,
            seed=self.seed,
        )
        mappings = {
            core: {layer.entry.layer: layer.mapping for layer in layers.values()}
            for core, layers in mapped.items()
        }
        return replace(scheduled_design(chip, self.networks, found.schedule, mappings), found=found)


def chip_of(cores: Sequence[Hardware], dram_bits_per_cycle: float | None = None) -> Hardware:
    """Machines side by side as one chip; of a name that occurs again the later ones get a number.

    Raises:
        SpecError: there is none, or they do not fit together, see ``Chip``.
    """
    if not cores:
        raise SpecError("a chip needs a core", key_path="cores", got=[], expected="machines")
    named: list[Hardware] = []
    for core in cores:
        name = core.architecture.name
        count = sum(other.architecture.name == name for other in cores[: len(named)])
        if count:
            renamed = replace(core.architecture, name=f"{name} {count + 1}")
            core = replace(core, architecture=renamed)
        named.append(core)
    chip = replace(named[0], others=tuple(named[1:]), dram_bits_per_cycle=dram_bits_per_cycle)
    _ = chip.chip  # made here, so that what does not fit shows at once
    return chip


def schedule_networks(
    spaces: Sequence[str | Path | HardwareSpace],
    models: Models,
    *,
    dram_bits_per_cycle: float | None = None,
    objective: Aim = "latency",
    latency_limits: Mapping[str, float] | None = None,
    with_operators: bool = False,
    evaluations: int = 20_000,
    moves: int = 200_000,
    seed: int = 0,
    threads: int = 1,
) -> tuple[Design, FoundSchedule]:
    """Run networks on a chip with a core for each space: the machine of its baseline's point.

    Every layer is mapped onto every core, then the nodes are scheduled; see ``search_schedule`` for
    what is not explained here.

    Args:
        spaces: shipped ones, paths of files, or loaded ones; one given twice makes two cores.
        models: see ``networks_of``; weights mean nothing here.
        dram_bits_per_cycle: what the DRAM moves for all cores together; None: no limit.
        objective: ``edp``, ``latency`` or ``energy``; layers are mapped for it, too.
        latency_limits: of networks, in cycles.
        with_operators: whether operators that are no contractions are counted.
        evaluations: mappings that are tried for each unique layer on each core.
        moves: of the search for a schedule.
        seed: same seed, same result.
        threads: how many; the results do not depend on it.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: no core can run a layer.
    """
    cores = []
    for position, space in enumerate(spaces):
        with located(key_path=f"spaces[{position}]"):
            loaded = space if isinstance(space, HardwareSpace) else load_space(space)
            cores.append(loaded.baseline(free=True))
    mapper = ChipMapper(
        networks_of(models).networks,
        checked_aim(objective),
        joint_recipe().changed(evaluations=evaluations),
        latency_limits or {},
        with_operators,
        moves,
        seed=whole_number("seed", seed, least=0),
        threads=whole_number("threads", threads, most=MOST_THREADS),
    )
    warn_of_widths(mapper.networks, dict.fromkeys(core.architecture for core in cores))
    found = mapper.map_chip(chip_of(cores, dram_bits_per_cycle))
    if isinstance(found, Rejection):
        raise NoValidMappingError(found.reason, found.layer or "", found.violations)
    assert found.found is not None
    return found, found.found

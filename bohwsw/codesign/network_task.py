"""One network to be mapped onto machines: what is minimised, by which search, from which seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from bohwsw.codesign.design import Design, MappedLayer, Rejection
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.recipe import Recipe, best_recipe
from bohwsw.codesign.warm_starts import most_similar
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper.imperfect_mapper import ImperfectMapper
from bohwsw.mapper.mapper import Objective
from bohwsw.mapper.network_mapper import NetworkProgress, least_objective, map_layers
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import Mapping
from bohwsw.mapping.validity import Violation
from bohwsw.simulator.reference import simulate
from bohwsw.workload import CountedLayer, Network


@dataclass(frozen=True)
class NetworkTask:
    """Maps a network onto any machine.

    Attributes:
        network: the layers.
        objective: what to minimise, over the whole network.
        recipe: the inner search, its budget, and how the best machines are mapped at the end.
        seed: of the inner searches.
        threads: how many; the results do not depend on it.
    """

    network: Network
    objective: Objective = "edp"
    recipe: Recipe = field(default_factory=best_recipe)
    seed: int = 0
    threads: int = 1

    def map_finally(
        self, hardware: Hardware, warm_starts: Sequence[Sequence[Mapping]] = ()
    ) -> Design | Rejection:
        """Map the network as the recipe maps the best machines, and the baseline, at the end.

        Args:
            hardware: the machine.
            warm_starts: see ``map_together``.
        """
        gap = self.recipe.final_gap
        if gap is None:
            return self.map_network(hardware, warm_starts)
        seconds = self.recipe.final_seconds
        return self.map_together(hardware, gap=gap, seconds=seconds, warm_starts=warm_starts)

    def map_network(
        self, hardware: Hardware, warm_starts: Sequence[Sequence[Mapping]] = ()
    ) -> Design | Rejection:
        """Map every unique layer onto a machine by the recipe's inner search.

        Args:
            hardware: the machine.
            warm_starts: for each layer, mappings to start from, besides those that the recipe
                itself starts from.
        """
        seeds = np.random.SeedSequence(self.seed).generate_state(len(self.network.layers))

        def map_layer(
            position: int, before: Sequence[MappedLayer] = (), threads: int = 1
        ) -> MappedLayer | Rejection:
            entry = self.network.layers[position]
            given = [
                *(warm_starts[position] if warm_starts else ()),
                *most_similar(entry.layer, before),
            ]
            return self._map_layer(entry, hardware, int(seeds[position]), given, threads)

        layers: list[MappedLayer] = []
        positions = range(len(self.network.layers))
        if self.recipe.warm_starts or self.threads == 1:
            for position in positions:
                before = layers if self.recipe.warm_starts else ()
                result = map_layer(position, before, self.threads)
                if isinstance(result, Rejection):
                    return result
                layers.append(result)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                for result in list(pool.map(map_layer, positions)):
                    if isinstance(result, Rejection):
                        return result
                    layers.append(result)
        bound = least_objective(
            [layer.lower_bound for layer in layers],
            [layer.entry.count for layer in layers],
            self.objective,
        )
        return Design(self.network.name, hardware, tuple(layers), bound)

    def mapped(self, hardware: Hardware, mappings: Sequence[Mapping]) -> Design:
        """The design of mappings that are known, one for each unique layer."""
        layers = tuple(
            MappedLayer(
                entry,
                mapping,
                simulate(entry.layer, hardware.architecture, mapping, hardware.costs),
            )
            for entry, mapping in zip(self.network.layers, mappings, strict=True)
        )
        return Design(self.network.name, hardware, layers)

    def map_together(
        self,
        hardware: Hardware,
        *,
        gap: float,
        seconds: float = math.inf,
        imperfect: bool = False,
        warm_starts: Sequence[Sequence[Mapping]] = (),
        progress: NetworkProgress | None = None,
    ) -> Design | Rejection:
        """Map every unique layer onto a machine so that the network's objective is smallest.

        Args:
            hardware: the machine.
            gap: stop when the network is proven to be within this share of its optimum.
            seconds: stop after about this time, after each layer has been mapped once.
            imperfect: try imperfect factors for each layer as well; nothing is proven then.
            warm_starts: for each layer, mappings to start from.
            progress: see ``map_layers``.
        """
        spaces = []
        for entry in self.network.layers:
            space = _map_space(entry, hardware)
            if isinstance(space, Rejection):
                return space
            spaces.append((space, entry.count))
        try:
            found = map_layers(
                spaces,
                hardware.costs,
                objective=self.objective,
                gap=gap,
                seconds=seconds,
                seed=self.seed,
                threads=self.threads,
                warm_starts=warm_starts,
                progress=progress,
            )
        except NoValidMappingError as error:
            return _no_mapping(error)
        if imperfect:
            improved = [
                ImperfectMapper().improve(
                    space,
                    hardware.costs,
                    result,
                    objective=self.objective,
                    seed=self.seed,
                    threads=self.threads,
                )
                for (space, _), result in zip(spaces, found.layers, strict=True)
            ]
            return Design(
                self.network.name,
                hardware,
                tuple(
                    MappedLayer(entry, result.mapping, result.evaluation)
                    for entry, result in zip(self.network.layers, improved, strict=True)
                ),
            )
        layers = tuple(
            MappedLayer(entry, result.mapping, result.evaluation, bound)
            for entry, result, bound in zip(
                self.network.layers, found.layers, found.layer_bounds, strict=True
            )
        )
        return Design(self.network.name, hardware, layers, found.lower_bound)

    def _map_layer(
        self,
        entry: CountedLayer,
        hardware: Hardware,
        seed: int,
        warm_starts: Sequence[Mapping],
        threads: int,
    ) -> MappedLayer | Rejection:
        space = _map_space(entry, hardware)
        if isinstance(space, Rejection):
            return space
        try:
            found = self.recipe.mapper.search(
                space,
                hardware.costs,
                objective=self.objective,
                evaluations=self.recipe.evaluations,
                seed=seed,
                threads=threads,
                warm_starts=warm_starts,
            )
        except NoValidMappingError as error:
            return _no_mapping(error)
        return MappedLayer(
            entry, found.mapping, found.evaluation, found.lower_bound, found.evaluations
        )


def _map_space(entry: CountedLayer, hardware: Hardware) -> MapSpace | Rejection:
    try:
        return MapSpace(entry.layer, hardware.architecture, hardware.dataflow)
    except SpecError as error:  # the dataflow leaves a dimension of this layer no place
        return Rejection(error.problem, entry.layer.name, ())


def _no_mapping(error: NoValidMappingError) -> Rejection:
    violations = tuple(v for v in error.violations if isinstance(v, Violation))
    return Rejection(str(error), error.layer, violations)

"""One network to be mapped onto machines: what is minimised, by which search, from which seed."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from bohwsw.codesign.design import Design, MappedLayer, Rejection
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.recipe import Recipe, best_recipe
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper.imperfect_mapper import ImperfectMapper
from bohwsw.mapper.mapper import Objective
from bohwsw.mapper.network_mapper import NetworkProgress, least_objective, map_layers
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.validity import Violation
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

    def map_finally(self, hardware: Hardware) -> Design | Rejection:
        """Map the network as the recipe maps the best machines, and the baseline, at the end."""
        gap = self.recipe.final_gap
        if gap is None:
            return self.map_network(hardware)
        return self.map_together(hardware, gap=gap, seconds=self.recipe.final_seconds)

    def map_network(self, hardware: Hardware) -> Design | Rejection:
        """Map every unique layer onto a machine by the recipe's inner search."""
        seeds = np.random.SeedSequence(self.seed).generate_state(len(self.network.layers))

        def map_layer(position: int) -> MappedLayer | Rejection:
            entry = self.network.layers[position]
            return self._map_layer(entry, hardware, int(seeds[position]))

        positions = range(len(self.network.layers))
        if self.threads > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                results = list(pool.map(map_layer, positions))
        else:
            results = [map_layer(position) for position in positions]
        for result in results:
            if isinstance(result, Rejection):
                return result
        layers = tuple(result for result in results if isinstance(result, MappedLayer))
        bound = least_objective(
            [layer.lower_bound for layer in layers],
            [layer.entry.count for layer in layers],
            self.objective,
        )
        return Design(self.network.name, hardware, layers, bound)

    def map_together(
        self,
        hardware: Hardware,
        *,
        gap: float,
        seconds: float = math.inf,
        imperfect: bool = False,
        progress: NetworkProgress | None = None,
    ) -> Design | Rejection:
        """Map every unique layer onto a machine so that the network's objective is smallest.

        Args:
            hardware: the machine.
            gap: stop when the network is proven to be within this share of its optimum.
            seconds: stop after about this time, after each layer has been mapped once.
            imperfect: try imperfect factors for each layer as well; nothing is proven then.
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
        self, entry: CountedLayer, hardware: Hardware, seed: int
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

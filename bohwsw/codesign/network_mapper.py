"""One network to be mapped onto machines: what is minimised, by which search, from which seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any

import numpy as np

from bohwsw.clock import Clock
from bohwsw.codesign.design import Design
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.mapped_network import MappedLayer, MappedNetwork, Rejection, UnmappedLayer
from bohwsw.codesign.recipe import Recipe, best_recipe
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper import (
    ImperfectMapper,
    MapperResult,
    NetworkProgress,
    NetworkResult,
    Objective,
    least_objective,
    map_layers,
)
from bohwsw.mapping import Mapping, MapSpace, Violation, find_start, space_arrays
from bohwsw.mapping_search import NO_STARTS, LayerMappings, LayerStarts, most_similar
from bohwsw.simulator import Evaluation, is_sparse, simulate, sparse_evaluation
from bohwsw.workload import CountedLayer, Network


class MappingInterrupted(KeyboardInterrupt):
    """Ctrl-C while a network was mapped.

    Attributes:
        design: what there is; layers that were not reached are among its ``unmapped``.
    """

    def __init__(self, design: Design) -> None:
        super().__init__()
        self.design = design


@dataclass(frozen=True)
class NetworkMapper:
    """Maps a network onto any machine."""

    network: Network
    objective: Objective = "edp"  # what to minimise, over the whole network
    recipe: Recipe = field(default_factory=best_recipe)
    """The inner search, its budget, and how the best machines are mapped at the end."""
    seed: int = 0
    threads: int = 1  # how many; the results do not depend on it

    def map_finally(
        self, hardware: Hardware, warm_starts: LayerStarts = NO_STARTS
    ) -> MappedNetwork | Rejection:
        """Map the network as the recipe maps the best machines, and the baseline, at the end."""
        gap = self.recipe.final_gap
        if gap is None:
            return self.map_network(hardware, warm_starts)
        seconds = self.recipe.final_seconds
        return self.map_together(hardware, gap=gap, seconds=seconds, warm_starts=warm_starts)

    def mappable(
        self, hardware: Hardware
    ) -> tuple[NetworkMapper | None, tuple[UnmappedLayer, ...]]:
        """The task of those layers that have a valid mapping, None if none has; and the others."""
        mappable, unmapped = [], []
        for entry in self.network.unique_layers():
            try:
                space = _map_space(entry, hardware)
                find_start(space, space_arrays(space))
            except NoValidMappingError as error:
                found = _rejection(error)
                unmapped.append(UnmappedLayer(entry, found.reason, found.violations))
            else:
                mappable.append(entry)
        network = replace(self.network, nodes=tuple(mappable), edges=()) if mappable else None
        return replace(self, network=network) if network else None, tuple(unmapped)

    def map_network(
        self,
        hardware: Hardware,
        warm_starts: LayerStarts = NO_STARTS,
        progress: NetworkProgress | None = None,
    ) -> MappedNetwork | Rejection:
        """Map every unique layer onto a machine by the recipe's inner search.

        Args:
            warm_starts: for each layer, mappings to start from, besides those that the recipe
                itself starts from.
            progress: called as the work goes on; nothing is proven before the end.

        Raises:
            MappingInterrupted: Ctrl-C.
        """
        layers = [entry.layer for entry in self.network.unique_layers()]
        drawn = np.random.SeedSequence(self.seed).generate_state(len(layers))
        seeds = dict(zip(layers, drawn.tolist(), strict=True))
        mapped: list[MappedLayer] = []

        def map_layer(entry: CountedLayer, threads: int) -> MappedLayer:
            starts = list(warm_starts.get(entry.layer, ()))
            if self.recipe.warm_starts:
                starts += most_similar(entry.layer, {x.entry.layer: x.mapping for x in mapped})
            found = self.recipe.mapper.search(
                _map_space(entry, hardware),
                hardware.costs,
                objective=self.objective,
                evaluations=self.recipe.evaluations,
                seed=seeds[entry.layer],
                threads=threads,
                warm_starts=starts,
            )
            bound, tried = found.lower_bound, found.evaluations
            return mapped_layer(hardware, entry, found.mapping, found.evaluation, bound, tried)

        report = progress or (lambda *_: None)
        try:
            for layer in self._in_turn(map_layer):
                mapped.append(layer)
                report(len(mapped), len(layers), math.inf)
        except NoValidMappingError as error:
            return _rejection(error)
        except KeyboardInterrupt:
            raise MappingInterrupted(Design(hardware, (self._of(mapped),))) from None
        return self._of(mapped)

    def _in_turn(
        self, map_layer: Callable[[CountedLayer, int], MappedLayer]
    ) -> Iterator[MappedLayer]:
        """Each layer mapped; where none starts from others, several are mapped at once."""
        entries = self.network.unique_layers()
        if self.recipe.warm_starts or self.threads == 1:
            yield from (map_layer(entry, self.threads) for entry in entries)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                yield from pool.map(map_layer, entries, repeat(1))

    def _of(self, layers: Sequence[MappedLayer], lower_bound: float | None = None) -> MappedNetwork:
        """The first layers mapped; the bound is that of the layers unless one is given."""
        if lower_bound is None:
            lower_bound = least_objective(
                [layer.lower_bound for layer in layers],
                [layer.entry.count for layer in layers],
                self.objective,
            )
        left = self.network.unique_layers()[len(layers) :]
        return MappedNetwork(
            self.network.name,
            tuple(layers),
            0.0 if left else lower_bound,
            tuple(UnmappedLayer(entry, "interrupted before it was mapped") for entry in left),
            network=self.network,
        )

    def mapped(self, hardware: Hardware, mappings: LayerMappings) -> MappedNetwork:
        """The network with mappings that are known, one for each unique layer."""

        def layer(entry: CountedLayer) -> MappedLayer:
            mapping = mappings[entry.layer]
            evaluation = simulate(entry.layer, hardware.architecture, mapping, hardware.costs)
            return mapped_layer(hardware, entry, mapping, evaluation)

        layers = tuple(map(layer, self.network.unique_layers()))
        return MappedNetwork(self.network.name, layers, network=self.network)

    def map_together(
        self,
        hardware: Hardware,
        *,
        gap: float,
        seconds: float = math.inf,
        imperfect: bool = False,
        warm_starts: LayerStarts = NO_STARTS,
        progress: NetworkProgress | None = None,
    ) -> MappedNetwork | Rejection:
        """Map every unique layer onto a machine so that the network's objective is smallest.

        Args:
            gap: stop when the network is proven to be within this share of its optimum.
            seconds: stop after about this time; each layer has a mapping then.
            imperfect: try imperfect factors for each layer as well, in half of the time or more;
                nothing is proven then.
            warm_starts: for each layer, mappings to start from.

        Raises:
            MappingInterrupted: Ctrl-C.
        """
        options: dict[str, Any] = {"objective": self.objective, "threads": self.threads}
        reached: list[NetworkResult] = []
        improved: list[MapperResult] = []
        clock = Clock.of(seconds)
        if imperfect and self._is_sparse(hardware):
            raise SpecError("what imperfect mappings save on zeros is not modelled")
        try:
            spaces = [
                (_map_space(entry, hardware), entry.count) for entry in self.network.unique_layers()
            ]
            map_layers(
                spaces,
                hardware.costs,
                gap=gap,
                seconds=seconds / 2 if imperfect else seconds,
                seed=self.seed,
                warm_starts=[warm_starts.get(x.layer, ()) for x in self.network.unique_layers()],
                progress=progress,
                so_far=reached.append,
                **options,
            )
            perfect = reached[-1].layers if imperfect else ()
            for (space, _), result in zip(spaces, perfect, strict=False):
                share = clock.share(1.0 / (len(perfect) - len(improved)))
                improved.append(
                    ImperfectMapper().improve(
                        space, hardware.costs, result, seed=self.seed, clock=share, **options
                    )
                )
        except NoValidMappingError as error:
            return _rejection(error)
        except KeyboardInterrupt:
            network = self._together(hardware, reached, improved, imperfect)
            raise MappingInterrupted(Design(hardware, (network,))) from None
        return self._together(hardware, reached, improved, imperfect)

    def _is_sparse(self, hardware: Hardware) -> bool:
        return any(is_sparse(hardware.sparse, x.layer) for x in self.network.unique_layers())

    def _together(
        self,
        hardware: Hardware,
        reached: Sequence[NetworkResult],
        improved: Sequence[MapperResult],
        imperfect: bool,
    ) -> MappedNetwork:
        """The last of some results, the first layers replaced by improved ones."""
        if not reached:
            return self._of(())
        found = reached[-1]
        results = [*improved, *found.layers[len(improved) :]]
        bounds: Sequence[float] = found.layer_bounds
        if imperfect:  # a bound with perfect factors says nothing of the others
            bounds = [x.lower_bound for x in improved] + [0.0] * (len(results) - len(improved))
        layers = [
            mapped_layer(hardware, entry, result.mapping, result.evaluation, bound)
            for entry, result, bound in zip(
                self.network.unique_layers(), results, bounds, strict=False
            )
        ]
        if self._is_sparse(hardware):
            return self._of(layers)
        return self._of(layers, None if imperfect else found.lower_bound)


def mapped_layer(
    hardware: Hardware,
    entry: CountedLayer,
    mapping: Mapping,
    dense: Evaluation,
    lower_bound: float = 0.0,
    evaluations: int = 0,
) -> MappedLayer:
    """A layer with its mapping, less what the machine saves on zeros; nothing is proven then."""
    sparse, layer = hardware.sparse, entry.layer
    evaluation = sparse_evaluation(sparse, layer, hardware.architecture, mapping, dense)
    bound = 0.0 if is_sparse(sparse, layer) else lower_bound
    return MappedLayer(entry, mapping, evaluation, bound, evaluations)


def _map_space(entry: CountedLayer, hardware: Hardware) -> MapSpace:
    """The map space of a layer.

    Raises:
        NoValidMappingError: the dataflow leaves a dimension of the layer no place.
    """
    try:
        return MapSpace(entry.layer.dense, hardware.architecture, hardware.dataflow)
    except SpecError as error:
        raise NoValidMappingError(error.problem, entry.layer.name, ()) from error


def _rejection(error: NoValidMappingError) -> Rejection:
    violations = tuple(v for v in error.violations if isinstance(v, Violation))
    return Rejection(str(error), error.layer, violations)

"""Bounds of a network from those of its layers: the least of summed energies x summed cycles.

Of a layer three bounds are known: energy E >= e, cycles L >= l, and E x L >= b. So at a price p of
a cycle its energy + p x cycles is least at L = sqrt(b / p), or at the nearer end of l .. b / e. The
layers' least energies for each sum of their cycles are those where all have the same price
(Everett, "Generalized Lagrange multiplier method", Operations Research 11, 1963). Along them the
product is least at a price at which a layer comes to one of its ends, or in between where

    energies of the layers at an end = p x cycles of the layers at an end:

with the others it is (a + B / sqrt(p)) (c + B sqrt(p)), a, c and B sums over layers. Layers all
between their ends give Cauchy's and Schwarz's (sum of sqrt(b))^2, all at their ends the sum of e x
the sum of l. Mapping the network proves more, and takes longer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from bohwsw.certificate.known_bounds import Dominance
from bohwsw.certificate.layer_bounds import LayerBounds
from bohwsw.certificate.machine_table import Floats, Integers
from bohwsw.certificate.relaxed_machine import RelaxedMachine
from bohwsw.clock import Clock
from bohwsw.divisors import LargestProduct
from bohwsw.errors import NoValidMappingError
from bohwsw.mapper import Objective, map_layers
from bohwsw.workload import CountedLayer

GAP = 0.001
"""How near to the optimum of a relaxed machine the bound of a network is brought."""

MAPPING = 0.25
"""Share of the time that is left for one relaxed machine at most."""

START_EVALUATIONS = 1_000
"""Mappings of a layer tried by annealing before: bounds need no good start."""


class NetworkBounds:
    """What is known of a network on relaxed machines.

    Args:
        entries: its layers, each once.
        objective: ``edp``, ``energy`` or ``latency``.
        products: int64 ``[kinds, levels]``; children below each level of each kind of machine.
    """

    def __init__(
        self, entries: Sequence[CountedLayer], objective: Objective, products: Integers
    ) -> None:
        self.objective = objective
        self.layers = [LayerBounds(entry.layer) for entry in entries]
        self.counts = np.array([entry.count for entry in entries], dtype=np.float64)
        each = [entry.layer for entry in entries]
        self._proven: dict[tuple[float, ...], Dominance] = defaultdict(Dominance)
        self._cycles = np.stack(
            [x.macs / LargestProduct(x.macs // x.steps).of(products) for x in each], axis=1
        )

    def bounds(self, kinds: Integers, machine: RelaxedMachine) -> Floats:
        """No machine of a kind that the relaxed one stands for is below: ``[kinds]``."""
        least = self._proven[machine.widths].largest_of_better(machine.needs)
        return np.maximum(least, self.together(kinds, machine, self.layer_bounds(kinds, machine)))

    def prove(self, machine: RelaxedMachine, clock: Clock) -> bool:
        """Map the network onto a relaxed machine, and remember what is proven of it.

        Returns:
            Whether that came to its end.
        """
        spaces = [layer.space(machine) for layer in self.layers]
        each = [
            (space, int(count))
            for space, count in zip(spaces, self.counts, strict=True)
            if space is not None
        ]
        if len(each) < len(spaces):
            return True
        with suppress(NoValidMappingError):  # as far as anybody looked
            found = map_layers(
                each,
                machine.costs,
                objective=self.objective,
                gap=GAP,
                seconds=clock.share(MAPPING).left,
                start_evaluations=START_EVALUATIONS,
            )
            self._proven[machine.widths].add(machine.allows, found.lower_bound)
        return not clock.over

    def layer_bounds(self, kinds: Integers, machine: RelaxedMachine) -> Floats:
        """Bounds ``[kinds, layers]`` of each layer by itself."""
        cycles = self._cycles[kinds]
        known = [layer.least(self.objective, machine) for layer in self.layers]
        if self.objective == "latency":
            return np.maximum(cycles, known)
        energies = self._energies(machine)
        if self.objective == "energy":
            return np.maximum(energies, known) + np.zeros_like(cycles)
        return np.maximum(energies * cycles, known)

    def together(self, kinds: Integers, machine: RelaxedMachine, own: Floats) -> Floats:
        """The network's, from what each layer cannot be below, ``[layers]`` or for each kind."""
        cycles = self._cycles[kinds]
        if self.objective != "edp":
            return np.asarray((own + np.zeros_like(cycles)) @ self.counts)
        energies = self._energies(machine)
        return least_products(energies, cycles, np.maximum(own, energies * cycles), self.counts)

    def _energies(self, machine: RelaxedMachine) -> Floats:
        for layer in self.layers:
            layer.begin(machine)
        return np.array([layer.least("energy", machine) for layer in self.layers])


def least_products(energies: Floats, cycles: Floats, products: Floats, counts: Floats) -> Floats:
    """Bounds on the energy x latency of a network, from those of its layers.

    Args:
        energies: ``[layers]`` (pJ).
        cycles: ``[machines, layers]``, above 0.
        products: ``[machines, layers]`` (pJ x cycles), each at least its energy x cycles.
        counts: ``[layers]``; how often the network has each.

    Returns:
        pJ x cycles ``[machines]``; infinite where a layer cannot run.
    """
    by_parts = (np.sqrt(products) @ counts) ** 2
    known = np.isfinite(by_parts)
    if not (energies > 0.0).all() or not known.any():
        return np.asarray(by_parts)
    b, fewest = products[known], cycles[known]
    most = np.maximum(fewest, b / energies)
    # Prices at which a layer is at its fewest cycles, or at its least energy.
    prices = np.sort(np.concatenate([b / fewest**2, b / most**2], axis=1), axis=1)
    middles = np.sqrt(prices[:, 1:] * prices[:, :-1])[:, :, None]
    best = np.sqrt(b[:, None] / middles)
    at_end = (best <= fewest[:, None]) | (best >= most[:, None])
    taken = np.clip(best, fewest[:, None], most[:, None])
    still_cycles = (at_end * taken) @ counts
    still_energy = (at_end * (b[:, None] / taken)) @ counts
    with np.errstate(divide="ignore", invalid="ignore"):
        turning = np.nan_to_num(still_energy / still_cycles, nan=0.0, posinf=np.inf)
    between = np.clip(turning, prices[:, :-1], prices[:, 1:])
    tried = np.concatenate([prices, between], axis=1)[:, :, None]
    taken = np.clip(np.sqrt(b[:, None] / tried), fewest[:, None], most[:, None])
    by_parts[known] = ((taken @ counts) * ((b[:, None] / taken) @ counts)).min(axis=1)
    return np.asarray(by_parts)

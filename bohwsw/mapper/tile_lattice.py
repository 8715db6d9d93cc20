"""All tile sizes that loops in time can make, and what the loops outside a tile leave in place.

With the spatial factors of a mapping fixed, a tile is a choice of one divisor for each dimension: a
*node* of a lattice. Node 0 is the tile of one iteration, the last node that of the whole layer.
Dividing by a prime leads to a smaller node.

The words that a tile fetches depend on its size and on the innermost loops outside it, in short the
*label* of its arrival:

- A loop over N, P or Q leaves Weights in place, one over K leaves Inputs, one over C, R or S leaves
  Outputs. Those three sets share no dimension, so the innermost loop says which data space stays,
  and the *run*, the product of the bounds of the innermost loops of its set, how long.
- If the innermost loop is over P, Q, R or S, a part of Inputs (the halo) stays from one iteration
  to the next; how often depends on that loop's own *bound*.

A label is therefore (data space, run), or (dimension, run, bound) where there is a halo.

Steps that wait for one another are no part of the lattice: their loop stands outside all others, as
a block of its own would, and a path starts with the label that it gives.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from math import prod
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.divisors import divisors, prime_factors
from bohwsw.mapping import INPUTS, OUTPUTS, WEIGHTS, C, K, N, P, Q, R, S
from bohwsw.workload import DIMENSION_INDEX, Layer

Integers = npt.NDArray[np.int64]
Key = tuple[tuple[int, ...], tuple[int, ...], bool, int]

MOST_CACHED_BYTES = 64 * 2**20
"""Bytes of the lattices that are kept for later skeletons, the last ones used."""

STAYING = np.array([WEIGHTS, INPUTS, OUTPUTS, WEIGHTS, WEIGHTS, OUTPUTS, OUTPUTS, -1])
"""The data space that a loop over each dimension leaves in place; -1 for none (G)."""

SETS: tuple[tuple[int, ...], ...] = ((N, P, Q), (K,), (C, R, S))
"""The dimensions that leave each data space in place."""


class Lattice(NamedTuple):
    """Nodes and labels as compiled functions take them; see the module's head."""

    sizes: Integers  # int64, 8; extents of the last node
    extent: Integers  # int64, nodes x 8; extents of each node
    digit: Integers  # int64, nodes x 8; position of each extent among the divisors of its size
    # int64, 8 x divisors x primes; how many nodes lie between an extent and that extent divided by
    # the j-th prime of its dimension; -1 if it does not divide
    down: Integers
    runs: Integers  # int64, 3 x runs; all runs of each data space, ascending
    outer_run: Integers  # int64, nodes x 3; position of the longest run that fits outside a node
    run_fits: npt.NDArray[np.bool_]  # bool, 3 x runs x runs; whether a run divides the longest one
    divisor: Integers  # int64, 8 x divisors; the divisors of each size, ascending
    divisors: Integers  # int64, 8; how many there are
    # bool, 8 x divisors x divisors; whether a bound fits outside an extent
    bound_fits: npt.NDArray[np.bool_]
    space: Integers  # int64, labels; the data space that stays
    run: Integers  # int64, labels; position of the run
    dim: Integers  # int64, labels; the dimension of the innermost loop; -1 if it does not matter
    # int64, labels; position of its bound; 0 (a bound of 1) marks a label that is no arrival yet:
    # such a loop is still to come
    bound: Integers
    # bool, nodes x labels; whether the loops outside a node can give an arrival the label
    fits: npt.NDArray[np.bool_]
    plain: Integers  # int64, 3; first label of each data space: its run of 1
    first: Integers  # int64, 8; first label of each dimension that has labels of its own, else -1
    # int64, labels x moves x 3; the loops that may follow inside a label without ending it:
    # dimension, position of a prime, label then; -1 where there are no more
    steps: Integers
    resumed: Integers  # int64, labels x 3; the labels that go on with the same data space and run
    # Whether labels do not tell the innermost loop though there are halos; the best loop is assumed
    # then
    halo_guessed: bool
    start: int  # label of what stands outside all blocks: the sequential steps
    outside: int  # how many there are, 1 for none


def halo_dimensions(layer: Layer) -> tuple[int, ...]:
    """The dimensions whose loops move an Inputs tile by less than its width, or into padding."""
    padded = [true < whole for true, whole in zip(layer.input_extents, layer.reach, strict=True)]
    axes = ((P, R, layer.P, layer.R, padded[0]), (Q, S, layer.Q, layer.S, padded[1]))
    return tuple(
        d
        for a, b, out, taps, is_padded in axes
        if (out > 1 and taps > 1) or is_padded
        for d, size in ((a, out), (b, taps))
        if size > 1
    )


@lru_cache(maxsize=4096)
def lattice_shape(
    sizes: tuple[int, ...], halo_dims: tuple[int, ...], guess_halo: bool, steps: int = 1
) -> tuple[int, int]:
    """How many nodes and labels a lattice has; see ``lattice`` for the arguments."""
    runs = [len(_all_runs(sizes, space, steps)) for space in range(3)]
    with_halo = () if guess_halo else halo_dims
    nodes = prod(len(divisors(size)) for size in sizes)
    return nodes, sum(runs) + sum(runs[STAYING[d]] * len(divisors(sizes[d])) for d in with_halo)


def lattice(
    sizes: tuple[int, ...], halo_dims: tuple[int, ...], guess_halo: bool, steps: int = 1
) -> Lattice:
    """The lattice of some temporal extents; those asked for last are kept.

    Args:
        sizes: 8 extents, what the loops in time multiply to; 1 of a sequential dimension.
        halo_dims: see ``halo_dimensions``.
        guess_halo: whether to leave the innermost loop out of the labels: many fewer labels, and
            costs that are a lower bound.
        steps: of a sequential dimension, if there is one.
    """
    key = (sizes, halo_dims, guess_halo, steps)
    known = _cache.get(key)
    if known is None:
        known = _new_lattice(*key)
        _cache.add(key, known)
    return known


class _Cache:
    """The lattices used last, up to so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes, self.bytes = most_bytes, 0
        self._lock = Lock()
        self._lattices: OrderedDict[Key, Lattice] = OrderedDict()

    def get(self, key: Key) -> Lattice | None:
        with self._lock:
            if key in self._lattices:
                self._lattices.move_to_end(key)
            return self._lattices.get(key)

    def add(self, key: Key, new: Lattice) -> None:
        with self._lock:
            if key not in self._lattices:
                self._lattices[key] = new
                self.bytes += lattice_bytes(new)
            while self.bytes > self.most_bytes:
                self.bytes -= lattice_bytes(self._lattices.popitem(last=False)[1])


_cache = _Cache(MOST_CACHED_BYTES)


def lattice_bytes(tiles: Lattice) -> int:
    """Memory that a lattice takes."""
    return sum(array.nbytes for array in tiles if isinstance(array, np.ndarray))


def _new_lattice(
    sizes: tuple[int, ...], halo_dims: tuple[int, ...], guess_halo: bool, steps: int
) -> Lattice:
    dims = len(DIMENSION_INDEX)
    all_divisors = [divisors(size) for size in sizes]
    primes = [sorted(prime_factors(size)) for size in sizes]
    most, most_primes = max(map(len, all_divisors)), max(1, *map(len, primes))
    divisor = np.ones((dims, most), dtype=np.int64)
    down = np.full((dims, most, most_primes), -1, dtype=np.int64)
    bound_fits = np.zeros((dims, most, most), dtype=np.bool_)
    stride, strides = 1, []
    for d, own in enumerate(all_divisors):
        divisor[d, : len(own)] = own
        for position, extent in enumerate(own):
            for j, prime in enumerate(primes[d]):
                if extent % prime == 0:
                    down[d, position, j] = (position - own.index(extent // prime)) * stride
            bound_fits[d, position, : len(own)] = [sizes[d] // x % extent == 0 for x in own]
        strides.append(stride)
        stride *= len(own)
    counts = np.array([len(own) for own in all_divisors])
    digit = np.arange(stride)[:, None] // np.array(strides) % counts
    extent = divisor[np.arange(dims), digit]
    all_runs = [_all_runs(sizes, space, steps) for space in range(3)]
    runs, outer_run, run_fits = _runs(all_runs, sizes, extent, steps)
    known = _Labels(all_runs, all_divisors, primes, () if guess_halo else halo_dims)
    labels = known.arrays()
    fits = np.zeros((len(extent), len(labels["space"])), dtype=np.bool_)
    for label, (space, run, dim, bound) in enumerate(
        zip(*(labels[name].tolist() for name in ("space", "run", "dim", "bound")), strict=True)
    ):
        fits[:, label] = run_fits[space, run, outer_run[:, space]]
        if dim >= 0:
            fits[:, label] &= bound_fits[dim, digit[:, dim], bound]
            fits[:, label] &= runs[space, run] % divisor[dim, bound] == 0
    return Lattice(
        sizes=np.array(sizes, dtype=np.int64),
        extent=extent,
        digit=digit,
        down=down,
        runs=runs,
        outer_run=outer_run,
        run_fits=run_fits,
        divisor=divisor,
        divisors=counts,
        bound_fits=bound_fits,
        fits=fits,
        **labels,
        halo_guessed=guess_halo and bool(halo_dims),
        start=known.number[(int(WEIGHTS), steps, -1, 1)],
        outside=steps,
    )


def _all_runs(sizes: tuple[int, ...], space: int, steps: int) -> list[int]:
    """Runs of a data space, ascending: sequential steps are part of one as a whole or not."""
    own = divisors(prod(sizes[d] for d in SETS[space]))
    return own if space != WEIGHTS else sorted({*own, *(steps * run for run in own)})


def _runs(
    lists: list[list[int]], sizes: tuple[int, ...], extent: Integers, steps: int
) -> tuple[Integers, Integers, npt.NDArray[np.bool_]]:
    """The arrays ``runs``, ``outer_run`` and ``run_fits`` of a lattice."""
    most = max(map(len, lists))
    runs = np.ones((3, most), dtype=np.int64)
    fits = np.zeros((3, most, most), dtype=np.bool_)
    outer_run = np.zeros((len(extent), 3), dtype=np.int64)
    for space, own in enumerate(lists):
        values = np.array(own, dtype=np.int64)
        dims = list(SETS[space])
        runs[space, : len(own)] = values
        fits[space, : len(own), : len(own)] = values[None, :] % values[:, None] == 0
        outside = (np.array(sizes)[dims] // extent[:, dims]).prod(axis=1)
        outside *= steps if space == WEIGHTS else 1
        outer_run[:, space] = np.searchsorted(values, outside)
    return runs, outer_run, fits


class _Labels:
    """Numbers the labels of a lattice and works out which can follow which."""

    def __init__(
        self,
        runs: list[list[int]],
        all_divisors: list[list[int]],
        primes: list[list[int]],
        halo_dims: tuple[int, ...],
    ) -> None:
        self.runs, self.bounds, self.primes = runs, all_divisors, primes
        self.keys: list[tuple[int, int, int, int]] = []  # space, run, dimension, bound
        for space in range(3):
            self.keys += [(space, run, -1, 1) for run in self.runs[space]]
        for d in halo_dims:
            space = int(STAYING[d])
            self.keys += [
                (space, run, d, bound) for run in self.runs[space] for bound in self.bounds[d]
            ]
        self.number = {key: label for label, key in enumerate(self.keys)}
        self.halo_dims = halo_dims

    def arrays(self) -> dict[str, Integers]:
        """The fields of ``Lattice`` that describe labels."""
        steps = [self._steps(key) for key in self.keys]
        most = max(1, *map(len, steps)) + 1
        padded = np.full((len(steps), most, 3), -1, dtype=np.int64)
        for label, own in enumerate(steps):
            padded[label, : len(own)] = np.array(own, dtype=np.int64).reshape(-1, 3)
        resumed = np.full((len(steps), 3), -1, dtype=np.int64)
        first = np.full(len(DIMENSION_INDEX), -1, dtype=np.int64)
        for label, (space, run, _, _) in enumerate(self.keys):
            same = [(space, run, -1, 1)]
            same += [(space, run, d, 1) for d in self.halo_dims if STAYING[d] == space]
            resumed[label, : len(same)] = [self.number[key] for key in same]
        for d in self.halo_dims:
            first[d] = self.number[(int(STAYING[d]), 1, d, 1)]
        columns = [
            [space for space, _, _, _ in self.keys],
            [self.runs[space].index(run) for space, run, _, _ in self.keys],
            [d for _, _, d, _ in self.keys],
            [0 if d < 0 else self.bounds[d].index(bound) for _, _, d, bound in self.keys],
        ]
        space_of, run_of, dim_of, bound_of = np.array(columns, dtype=np.int64)
        plain = np.array([self.number[(s, 1, -1, 1)] for s in range(3)], dtype=np.int64)
        return {
            "space": space_of,
            "run": run_of,
            "dim": dim_of,
            "bound": bound_of,
            "plain": plain,
            "first": first,
            "steps": padded,
            "resumed": resumed,
        }

    def _steps(self, key: tuple[int, int, int, int]) -> list[tuple[int, int, int]]:
        """Loops of the same set that may follow inside; the innermost one of a halo comes last."""
        space, run, dim, bound = key
        found = []
        for d in SETS[space]:
            if dim >= 0 and bound > 1 and d != dim:
                continue
            for j, prime in enumerate(self.primes[d]):
                then = (space, run * prime, dim, bound * prime if d == dim else bound)
                if then in self.number:
                    found.append((d, j, self.number[then]))
        return found

"""The lattice of tiles and labels, against loops written out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest

from bohwsw.divisors import divisors, prime_factors
from bohwsw.mapper.tile_lattice import SETS, STAYING, Lattice, halo_dimensions, lattice
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, DIMENSIONS, Layer

N, K, C, P, Q, R, S, G = (DIMENSION_INDEX[dim] for dim in "NKCPQRSG")
Label = tuple[int, int, int, int]
Loops = tuple[tuple[int, int], ...]


def sizes_of(**sizes: int) -> tuple[int, ...]:
    return tuple(sizes.get(dim, 1) for dim in DIMENSIONS)


def labels_of(tiles: Lattice) -> list[Label]:
    """Data space, run, dimension and bound of each label."""
    return [
        (
            int(space),
            int(tiles.runs[space, run]),
            int(dim),
            int(tiles.divisor[dim, bound]) if dim >= 0 else 1,
        )
        for space, run, dim, bound in zip(
            tiles.space, tiles.run, tiles.dim, tiles.bound, strict=True
        )
    ]


def orders(outside: tuple[int, ...]) -> Iterator[Loops]:
    """All loop nests that multiply to some extents, outermost loop first."""
    if max(outside) == 1:
        yield ()
    for d, size in enumerate(outside):
        for factor in divisors(size)[1:]:
            rest = (*outside[:d], size // factor, *outside[d + 1 :])
            yield from ((*outer, (d, factor)) for outer in orders(rest))


def arrival(loops: Loops, halo_dims: tuple[int, ...]) -> Label | None:
    """The label behind some loops, by its definition; None where nothing stays in place."""
    if not loops or STAYING[loops[-1][0]] < 0:
        return None
    dim, bound = loops[-1]
    same = itertools.takewhile(lambda loop: STAYING[loop[0]] == STAYING[dim], reversed(loops))
    run = math.prod(factor for _, factor in same)
    return (int(STAYING[dim]), run, dim, bound) if dim in halo_dims else (STAYING[dim], run, -1, 1)


SIZES = (
    sizes_of(),
    sizes_of(K=12, P=5),
    sizes_of(N=2, K=2, C=2, P=2, R=2, G=2),
    sizes_of(P=4, R=2, G=2),
    sizes_of(Q=6, S=3, K=2),
)


@pytest.mark.parametrize("sizes", SIZES)
def test_nodes_are_all_tiles(sizes: tuple[int, ...]) -> None:
    tiles = lattice(sizes, (), False)
    everything = set(itertools.product(*map(divisors, sizes)))
    assert sorted(map(tuple, tiles.extent.tolist())) == sorted(everything)
    assert tuple(tiles.extent[0]) == sizes_of()
    assert tuple(tiles.extent[-1]) == sizes


@pytest.mark.parametrize("sizes", SIZES)
def test_one_prime_down(sizes: tuple[int, ...]) -> None:
    tiles = lattice(sizes, (), False)
    for node, extent in enumerate(tiles.extent):
        for d, size in enumerate(sizes):
            for j, prime in enumerate(sorted(prime_factors(size))):
                below = tiles.down[d, tiles.digit[node, d], j]
                if extent[d] % prime:
                    assert below == -1
                else:
                    smaller = extent.copy()
                    smaller[d] //= prime
                    assert 0 < below <= node
                    assert np.array_equal(tiles.extent[node - below], smaller)


@pytest.mark.parametrize("sizes", SIZES)
def test_the_longest_run_outside_a_node(sizes: tuple[int, ...]) -> None:
    tiles = lattice(sizes, (), False)
    for node, extent in enumerate(tiles.extent):
        for space, dims in enumerate(SETS):
            longest = math.prod(sizes[d] // int(extent[d]) for d in dims)
            position = tiles.outer_run[node, space]
            assert tiles.runs[space, position] == longest
            fitting = tiles.runs[space][tiles.run_fits[space, :, position]]
            assert sorted(fitting.tolist()) == divisors(longest)


@pytest.mark.parametrize("halo_dims", [(), (P, R), (P, R, Q, S)])
@pytest.mark.parametrize("sizes", SIZES[1:])
def test_labels_that_fit_are_those_that_loops_make(
    sizes: tuple[int, ...], halo_dims: tuple[int, ...]
) -> None:
    """All of them; and where a loop over groups may end a run, no others with a halo."""
    tiles = lattice(sizes, halo_dims, False)
    labels = labels_of(tiles)
    fits = tiles.fits & ~((tiles.dim >= 0) & (tiles.bound == 0))
    for node, extent in enumerate(tiles.extent.tolist()):
        outside = tuple(size // part for size, part in zip(sizes, extent, strict=True))
        made = {arrival(loops, halo_dims) for loops in orders(outside)} - {None}
        fitting = {label for label, fit in zip(labels, fits[node], strict=True) if fit}
        assert made <= fitting
        if outside[G] > 1:
            assert {x for x in fitting if x[2] >= 0} == {x for x in made if x and x[2] >= 0}


@pytest.mark.parametrize("halo_dims", [(), (P, R)])
def test_steps_prolong_the_run(halo_dims: tuple[int, ...]) -> None:
    sizes = sizes_of(N=2, K=6, P=4, R=2, C=3)
    tiles = lattice(sizes, halo_dims, False)
    labels = labels_of(tiles)
    for label, (space, run, dim, bound) in enumerate(labels):
        found = set()
        for d, j, then in tiles.steps[label].tolist():
            if d < 0:
                break
            prime = sorted(prime_factors(sizes[d]))[j]
            found.add((d, prime))
            longer = bound * prime if d == dim else bound
            assert labels[then] == (space, run * prime, dim, longer)
        allowed = [dim] if bound > 1 else SETS[space]
        assert found == {
            (d, prime)
            for d in allowed
            for prime in prime_factors(sizes[d])
            if (space, run * prime, dim, bound * prime if d == dim else bound) in labels
        }
        again = {labels[k][:2] for k in tiles.resumed[label] if k >= 0}
        assert again == {(space, run)}


def test_guessed_halos_need_no_labels_of_their_own() -> None:
    sizes = sizes_of(P=4, R=3)
    exact, guessed = lattice(sizes, (P, R), False), lattice(sizes, (P, R), True)
    assert not exact.halo_guessed
    assert guessed.halo_guessed
    assert len(guessed.space) < len(exact.space)
    assert (guessed.dim < 0).all()
    assert not lattice(sizes, (), True).halo_guessed


def test_what_stays_in_place() -> None:
    """A loop leaves the data space in place that its dimension does not index."""
    for d, dim in enumerate(DIMENSIONS):
        without = [s for s, name in enumerate(DATA_SPACES) if dim not in used_by(name)]
        assert without == ([STAYING[d]] if STAYING[d] >= 0 else [])


def used_by(data_space: str) -> str:
    return {"Weights": "GKCRS", "Inputs": "NGCPQRS", "Outputs": "NGKPQ"}[data_space]


def test_halo_dimensions() -> None:
    assert halo_dimensions(Layer("square", P=4, Q=4, R=3, S=3)) == (P, R, Q, S)
    assert halo_dimensions(Layer("row", P=4, Q=4, R=3)) == (P, R)
    assert halo_dimensions(Layer("column", P=1, Q=4, R=3, S=3)) == (Q, S)
    assert halo_dimensions(Layer("point", K=8, P=4, Q=4)) == ()

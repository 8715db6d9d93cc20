"""Mappings taken to another layer or machine: valid, and as they were wherever they fit."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from random_nests import random_layer

from bohwsw.errors import NoValidMappingError
from bohwsw.mapping.batch import MappingBatch, empty_batch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import fitting, sample, space_arrays
from bohwsw.mapping.sampling_kernel import new_workspace
from bohwsw.mapping.start import find_start
from bohwsw.mapping.transfer_kernel import transfer_rows
from bohwsw.testing.small_map_spaces import machine, random_space
from bohwsw.workload import Layer

LAYER = Layer("conv", K=8, C=6, P=7, Q=4, R=3, S=3)


def transferred(given: MappingBatch, space: MapSpace, seed: int = 0) -> MappingBatch:
    arrays = space_arrays(space)
    batch = empty_batch(given.size, space.architecture.depth)
    transfer_rows(batch, given, arrays, find_start(space, arrays), seed, new_workspace(arrays))
    return batch


def in_space(space: MapSpace, batch: MappingBatch) -> bool:
    sizes = np.array(list(space.layer.sizes.values()))
    products = batch.factors.prod(axis=(1, 2))
    crossed = (batch.factors[:, :, 1] > 1) & (batch.factors[:, :, 2] > 1)
    return bool(
        fitting(space_arrays(space), batch).all()
        and (products == sizes).all()
        and not (batch.factors > 1)[:, ~space.allowed].any()
        and (batch.keep >= space.keep_must).all()
        and (batch.keep <= space.keep_may).all()
        and not (space.dataflow.single_axis and crossed.any())
    )


@pytest.mark.parametrize("seed", range(40))
def test_what_is_taken_elsewhere_is_valid_there(seed: int) -> None:
    """Another layer, another machine and another dataflow, all at random."""
    rng = Random(seed)
    try:
        given = sample(random_space(rng, random_layer(rng, 3000)), 50, seed)
        space = random_space(rng, random_layer(rng, 3000))
        moved = transferred(given, space, seed)
    except NoValidMappingError:
        return
    assert in_space(space, moved)


def test_what_fits_stays_as_it_is() -> None:
    small = MapSpace(LAYER, machine(200, 12, (4, 2)))
    given = sample(small, 200, 1)
    for space in (small, MapSpace(LAYER, machine(400, 24, (8, 4)))):
        moved = transferred(given, space)
        for row in range(given.size):
            assert moved.mapping(row) == given.mapping(row)


def test_only_what_does_not_fit_is_changed() -> None:
    large = MapSpace(LAYER, machine(300, 16, (4, 2)))
    small = MapSpace(LAYER, machine(200, 12, (4, 2)))
    given = sample(large, 200, 2)
    moved = transferred(given, small)
    fresh = sample(small, 200, 3)
    assert in_space(small, moved)

    def unlike(batch: MappingBatch) -> float:
        return float((batch.factors != given.factors).mean())

    assert 0.0 < unlike(moved) < 0.3 * unlike(fresh)


def test_a_machine_that_cannot_keep_as_much_gets_a_random_mapping() -> None:
    given = sample(MapSpace(LAYER, machine(200, 12, (4, 2))), 20, 0)
    given.keep[:] = True
    tight = MapSpace(LAYER, machine(200, 2, (4, 2)))
    moved = transferred(given, tight)
    assert in_space(tight, moved)
    assert not moved.keep[:, -1].all(axis=-1).any()

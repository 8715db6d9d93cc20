"""Neighbours of a mapping: valid, one move away, each move can be undone, all is reached."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from random_nests import random_layer

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.divisors import prime_factors
from bohwsw.errors import NoValidMappingError
from bohwsw.mapping.batch import MappingBatch
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.neighbours import neighbours
from bohwsw.mapping.nest import Mapping
from bohwsw.mapping.sampling import sample
from bohwsw.mapping.validity import violations
from bohwsw.testing.small_map_spaces import machine, random_space, tiny_space, valid_mappings
from bohwsw.workload import Layer


def key(batch: MappingBatch, row: int) -> tuple[bytes, bytes, bytes]:
    return tuple(part[row].tobytes() for part in batch)  # type: ignore[return-value]


def moves_between(batch: MappingBatch, row: int, near: MappingBatch, other: int) -> int:
    """How many moves of different kinds lie between two mappings; each must be a single move."""
    moves = 0
    ratio = near.factors[other] / batch.factors[row]
    if (ratio != 1).any():
        (gained,), (lost,) = ratio[ratio > 1], ratio[ratio < 1]
        assert gained * lost == pytest.approx(1.0)
        assert list(prime_factors(round(gained)).values()) == [1]
        moves += 1
    changed = near.order[other] != batch.order[row]
    if changed.any():
        assert changed.sum() == 2
        moves += 1
    return moves + int((near.keep[other] != batch.keep[row]).sum())


@pytest.mark.parametrize("seed", range(25))
def test_valid_one_move_away_and_symmetric(seed: int) -> None:
    rng = Random(seed)
    layer = random_layer(rng, 400)
    tight = machine(rng.randint(4, 30), rng.randint(2, 9), (2, 3))
    space = random_space(rng, layer, tight)
    try:
        batch = sample(space, 1, seed)
    except NoValidMappingError:  # rightly: see test_start
        return
    near = neighbours(space, batch, 0)
    assert len({key(near, row) for row in range(near.size)}) == near.size
    for row in range(near.size):
        assert not violations(layer, tight, near.mapping(row))
        assert moves_between(batch, 0, near, row) == 1
    for row in rng.sample(range(near.size), min(8, near.size)):
        back = neighbours(space, near, row)
        assert key(batch, 0) in {key(back, other) for other in range(back.size)}


STATIONARY = dict.fromkeys(("DRAM", "Spad"), LevelDataflow(stationary="Weights"))


@pytest.mark.parametrize(
    ("dataflow", "layer"),
    [
        (Dataflow(), Layer("tiny", K=4)),
        (Dataflow(single_axis=False), Layer("tiny", K=4)),
        (Dataflow(STATIONARY), Layer("tiny", K=2, P=2)),
    ],
)
def test_moves_reach_every_valid_mapping(dataflow: Dataflow, layer: Layer) -> None:
    space = tiny_space(dataflow, layer)
    batch = sample(space, 1, 0)
    seen: dict[Mapping, MappingBatch] = {batch.mapping(0): batch}
    todo = [batch]
    while todo:
        current = todo.pop()
        near = neighbours(space, current, 0)
        for row in range(near.size):
            mapping = near.mapping(row)
            if mapping not in seen:
                seen[mapping] = near.select(np.array([row]))
                todo.append(seen[mapping])
    assert set(seen) == valid_mappings(space)


def test_no_choice_no_neighbour() -> None:
    flat = Architecture("flat", (StorageLevel("DRAM"),), MacArray())
    space = MapSpace(Layer("one"), flat)
    assert neighbours(space, sample(space, 1, 0), 0).size == 0
    space = MapSpace(Layer("line", K=6), flat)
    assert neighbours(space, sample(space, 1, 0), 0).size == 0
    space = MapSpace(Layer("plane", K=6, C=2), flat)
    assert neighbours(space, sample(space, 1, 0), 0).size == 1

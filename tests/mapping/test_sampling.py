"""Random mappings: valid, within the dataflow, reaching everything, uniform where asked."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import numpy as np
import pytest
from random_nests import random_layer

from bohwsw.codesign import load_space
from bohwsw.errors import NoValidMappingError
from bohwsw.mapping.batch import MappingBatch, empty_batch
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import Mapping
from bohwsw.mapping.sampling import fitting, sample, sample_uniform, space_arrays
from bohwsw.mapping.sampling_kernel import fill_rows, new_workspace
from bohwsw.mapping.start import find_start
from bohwsw.mapping.validity import violations
from bohwsw.testing.small_map_spaces import (
    KINDS,
    keeps,
    machine,
    places,
    random_space,
    tiny_space,
    valid_mappings,
)
from bohwsw.workload import DATA_SPACES, Layer


def check_in_space(
    space: MapSpace, mapping: Mapping, kept: set[tuple[frozenset[str], ...]]
) -> None:
    """Valid by the scalar rules and within the dataflow, by its words."""
    assert not violations(space.layer, space.architecture, mapping)
    assert mapping.factor_products() == space.layer.sizes
    for level, block in enumerate(mapping.levels):
        for kind in KINDS:
            for dim, _ in getattr(block, kind):
                assert (level, kind) in places(space, dim)
        if space.dataflow.single_axis:
            assert not {dim for dim, _ in block.spatial_x} & {dim for dim, _ in block.spatial_y}
    assert tuple(block.keep for block in mapping.levels) in kept


def check_batch(space: MapSpace, batch: MappingBatch) -> None:
    kept = {tuple(frozenset(k) for k in choice) for choice in keeps(space)}
    for row in range(batch.size):
        check_in_space(space, batch.mapping(row), kept)
    assert (np.sort(batch.order, axis=-1) == np.arange(8)).all()


@pytest.mark.parametrize("seed", range(40))
def test_samples_are_valid_and_within_the_dataflow(seed: int) -> None:
    rng = Random(seed)
    layer = random_layer(rng, 3000, sizes=(1, 2, 3, 4, 5, 6, 8, 12))
    tight = machine(rng.randint(2, 40), rng.randint(1, 9), rng.choice(((2, 2), (3, 1), (4, 5))))
    space = random_space(rng, layer, tight)
    try:
        batch = sample(space, 20, seed)
    except NoValidMappingError:  # rightly: see test_start
        return
    check_batch(space, batch)
    uniform, _ = sample_uniform(space, 5, seed, max_draws=20_000)
    check_batch(space, uniform)


@pytest.mark.parametrize("free", [True, False])
def test_eyeriss(free: bool) -> None:
    hardware = load_space("eyeriss-168").baseline(free=free)
    layer = Layer("conv2", K=64, C=64, P=56, Q=56, R=3, S=3)
    space = MapSpace(layer, hardware.architecture, hardware.dataflow)
    batch = sample(space, 200, 1)
    check_batch(space, batch)
    assert len({batch.mapping(row) for row in range(200)}) > 190


def test_same_seed_same_sample() -> None:
    space = tiny_space()
    first, again, other = (sample(space, 50, seed) for seed in (7, 7, 8))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))
    first, again = (sample_uniform(space, 50, 7)[0] for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_none_asked_for() -> None:
    assert sample(tiny_space(), 0, 0).size == 0
    batch, draws = sample_uniform(tiny_space(), 0, 0)
    assert (batch.size, draws) == (0, 0)


RESTRICTED = Dataflow(
    {
        "DRAM": LevelDataflow(temporal=frozenset({"K"})),
        "GLB": LevelDataflow(spatial_x=frozenset({"P"}), keep=frozenset({"Outputs"})),
    }
)
STATIONARY = Dataflow(
    {"DRAM": LevelDataflow(stationary="Weights"), "GLB": LevelDataflow(stationary="Outputs")}
)


@pytest.mark.parametrize("layer", [Layer("tiny", K=4), Layer("tiny", K=2, P=2)])
@pytest.mark.parametrize(
    "dataflow", [Dataflow(), Dataflow(single_axis=False), RESTRICTED, STATIONARY]
)
def test_every_valid_mapping_is_reached(dataflow: Dataflow, layer: Layer) -> None:
    space = tiny_space(dataflow, layer)
    batch = sample(space, 120_000, 3)
    one_of_each = np.unique(distinct_rows(batch), return_index=True)[1]
    assert {batch.mapping(int(row)) for row in one_of_each} == valid_mappings(space)


def distinct_rows(batch: MappingBatch) -> np.ndarray:
    """One value a mapping, equal for equal mappings: loops of factor 1 do not matter."""
    loops = np.take_along_axis(batch.factors, batch.order.astype(int), axis=-1) > 1
    inwards = np.argsort(loops, axis=-1, kind="stable")
    order = np.take_along_axis(np.where(loops, batch.order, -1), inwards, axis=-1)
    parts = [part.reshape(batch.size, -1).astype(np.int8) for part in (*batch[::2], order)]
    whole = np.ascontiguousarray(np.concatenate(parts, axis=1))
    return whole.view(np.dtype((np.void, whole.shape[1]))).ravel()


def test_pinned_dimensions_fall_back_upon_a_known_start() -> None:
    """C fills the scratchpad only if K goes elsewhere: most random placements meet a dead end."""
    rule = LevelDataflow(whole=frozenset("C"), keep=frozenset({"Weights"}))
    glb = LevelDataflow(whole=frozenset("KC"))
    space = MapSpace(
        Layer("filter", K=2**6, C=2**6),
        machine(None, spad=2**6, mesh=(1, 1)),
        Dataflow({"GLB": glb, "Spad": rule}),
    )
    arrays, batch = space_arrays(space), empty_batch(200, 3)
    fallbacks = fill_rows(batch, arrays, find_start(space, arrays), 0, new_workspace(arrays))
    assert 0 < fallbacks < 200
    check_batch(space, batch)


def rows(part: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in part]


def choices(batch: MappingBatch) -> list[tuple[bytes, bytes]]:
    return list(zip(rows(batch.factors), rows(batch.keep), strict=True))


def test_uniform_is_uniform() -> None:
    """Chi-square over factors and keeps; ``sample`` itself is far from passing it."""
    space = tiny_space(layer=Layer("tiny", K=4))
    mappings = valid_mappings(space)  # one loop a slot: orders add no further mapping
    assert len(mappings) == 384
    drawn = 200 * len(mappings)
    batch, draws = sample_uniform(space, drawn, 11)
    assert batch.size == drawn

    def chi_square(batch: MappingBatch) -> float:
        counts = Counter(choices(batch))
        assert len(counts) == len(mappings)
        return sum((n - 200) ** 2 / 200 for n in counts.values())

    freedom = len(mappings) - 1
    assert abs(chi_square(batch) - freedom) < 4 * math.sqrt(2 * freedom)
    assert chi_square(sample(space, drawn, 11)) > freedom + 40 * math.sqrt(2 * freedom)
    share = len(mappings) / space.size().total
    error = math.sqrt(share * (1 - share) / draws)
    assert abs(drawn / draws - share) < 4 * error


def test_uniform_orders() -> None:
    space = tiny_space(layer=Layer("tiny", K=2, P=2, R=2))
    batch, _ = sample_uniform(space, 30_000, 5)
    full = np.flatnonzero((batch.factors[:, 0, 0] > 1).sum(axis=1) == 3)
    three = [batch.mapping(int(row)) for row in full]
    orders = Counter(m.levels[0].temporal for m in three)
    expected = len(three) / 6
    assert len(orders) == 6
    assert expected > 20
    assert sum((n - expected) ** 2 / expected for n in orders.values()) < 20.5  # 0.1 % for 5


def test_uniform_reports_what_it_drew_and_ends() -> None:
    rule = LevelDataflow(keep=frozenset({"Weights"}), whole=frozenset({"K"}))
    hopeless = MapSpace(Layer("wide", K=64), machine(spad=5), Dataflow({"Spad": rule}))
    batch, draws = sample_uniform(hopeless, 10, 0, max_draws=5000)
    assert (batch.size, draws) == (0, 5000)
    _, short = sample_uniform(tiny_space(), 10, 0)
    _, longer = sample_uniform(tiny_space(), 20, 0)
    assert 10 <= short < longer


def test_fitting_is_the_scalar_verdict() -> None:
    space = tiny_space()
    wide = MapSpace(space.layer, machine(None, None, (8, 8)), space.dataflow)
    batch = sample(wide, 500, 0)
    fits = fitting(space_arrays(space), batch)
    assert 0 < fits.sum() < 500
    for row in range(500):
        valid = not violations(space.layer, space.architecture, batch.mapping(row))
        assert fits[row] == valid


def test_data_spaces_are_kept_at_random_but_always_where_they_must_be() -> None:
    space = tiny_space(RESTRICTED)
    share = sample(space, 2000, 0).keep.mean(axis=0)
    assert share[0].tolist() == [1.0] * 3
    assert share[1, DATA_SPACES.index("Outputs")] == 1.0
    assert share[2, DATA_SPACES.index("Outputs")] == 0.0
    assert 0.2 < share[1, DATA_SPACES.index("Weights")] < 0.9

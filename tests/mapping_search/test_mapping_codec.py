"""Named values of mappings: nothing is lost, and the text constraints mean what validity means."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from bohwsw.mapping.batch import SPATIAL_X, TEMPORAL, MappingBatch
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import fitting, sample, space_arrays
from bohwsw.mapping_search import MappingCodec
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.space import parse
from bohwsw.testing.small_map_spaces import costs, machine
from bohwsw.workload import DIMENSION_INDEX, Layer

LAYER = Layer("strided", K=8, C=6, P=6, Q=4, R=3, S=2, stride_w=2)


def codec_of(dataflow: Dataflow | None = None, **sizes: int) -> MappingCodec:
    architecture = machine(glb=300, spad=40, mesh=(4, 3))
    layer = Layer("given", **sizes) if sizes else LAYER
    return MappingCodec(MapSpace(layer, architecture, dataflow or Dataflow()))


def test_a_round_trip_costs_the_same() -> None:
    codec = codec_of()
    batch = sample(codec.space, 300, seed=1)
    back = codec.batch(codec.columns(batch))
    np.testing.assert_array_equal(back.factors, batch.factors)
    np.testing.assert_array_equal(back.keep, batch.keep)
    hardware = hardware_batch([(codec.space.architecture, costs(3))])
    before, after = (simulate_batch(LAYER, hardware, b).edp_pj_cycles for b in (batch, back))
    np.testing.assert_array_equal(before, after)


def test_orders_of_all_levels_but_the_innermost_matter() -> None:
    codec = codec_of()
    assert set(codec.orders) == {"order_DRAM", "order_GLB"}
    batch = sample(codec.space, 300, seed=2)
    hardware = hardware_batch([(codec.space.architecture, costs(3))])
    before = simulate_batch(LAYER, hardware, batch).edp_pj_cycles
    rng = np.random.default_rng(0)
    for level, matters in ((0, True), (1, True), (2, False)):
        order = batch.order.copy()
        order[:, level, TEMPORAL] = rng.permuted(order[:, level, TEMPORAL], axis=-1)
        after = simulate_batch(LAYER, hardware, batch._replace(order=order)).edp_pj_cycles
        assert (before != after).any() == matters


def test_only_what_is_free_is_a_parameter() -> None:
    dataflow = Dataflow(
        {
            "GLB": LevelDataflow(
                temporal=frozenset("K"), spatial_y=frozenset(), keep=frozenset({"Inputs"})
            ),
            "Spad": LevelDataflow(whole=frozenset("R"), bypass=frozenset({"Inputs"})),
        }
    )
    codec = codec_of(dataflow, K=8, R=3, C=4)
    assert set(codec.places) == {"K", "C"}  # all of R stands in the scratchpad
    assert codec.places["C"] == ((0, 0), (1, SPATIAL_X), (2, 0))
    assert codec.orders == {"order_DRAM": (0, ("K", "C"))}
    assert set(codec.keeps) == {"keep_GLB_Weights", "keep_GLB_Outputs", "keep_Spad_Weights"}
    batch = sample(codec.space, 50, seed=0)
    back = codec.batch(codec.columns(batch))
    np.testing.assert_array_equal(back.factors, batch.factors)
    np.testing.assert_array_equal(back.keep, batch.keep)


def test_a_stationary_data_space_splits_an_order_in_two() -> None:
    codec = codec_of(Dataflow({"GLB": LevelDataflow(stationary="Outputs")}), K=8, R=3, C=4, P=2)
    assert codec.orders == {
        "order_DRAM": (0, ("K", "C", "P", "R")),
        "order_GLB": (1, ("K", "P")),
        "inner_order_GLB": (1, ("C", "R")),
    }
    batch = sample(codec.space, 200, seed=0)
    back = codec.batch(codec.columns(batch))
    for row in range(200):
        for level in (0, 1):  # no order matters at the innermost level
            loops = [mappings.mapping(row).levels[level].temporal for mappings in (back, batch)]
            assert loops[0] == loops[1]
    columns = codec.columns(batch)
    columns["inner_order_GLB"] = columns["inner_order_GLB"][:, ::-1]
    turned = codec.batch(columns)
    assert any(back.mapping(row) != turned.mapping(row) for row in range(200))
    settled = codec.space.settle_orders(turned.order)
    np.testing.assert_array_equal(settled, turned.order)


@pytest.mark.parametrize("seed", range(6))
def test_text_constraints_equal_the_validity_of_mappings(seed: int) -> None:
    """On random mappings, most of them invalid, each kind of constraint on its own."""
    rng = Random(seed)
    layer = Layer(
        "random",
        N=rng.choice([1, 2]),
        K=rng.choice([1, 4, 6]),
        C=rng.choice([4, 6]),
        P=rng.choice([4, 5]),
        Q=rng.choice([1, 2]),
        R=rng.choice([1, 3]),
        stride_w=rng.choice([1, 2, 4]),
        dilation_w=rng.choice([1, 2]),
        input_width=rng.choice([None, 3]),
    )
    dataflow = Dataflow({"Spad": LevelDataflow(keep=frozenset({"Inputs"}))})
    space = MapSpace(layer, machine(glb=60, spad=9, mesh=(4, 3)), dataflow)
    codec = MappingCodec(space)
    batch = random_mappings(codec, 400, np.random.default_rng(seed))
    columns = codec.columns(batch)
    texts = [*codec.capacity_constraints(), *codec.fanout_constraints()]
    assert len(texts) >= 3
    tiles = {f"tile_{dim}": (len(places), None) for dim, places in codec.places.items()}
    met = np.all([parse(t, sequences=tiles).evaluate(columns) for t in texts], axis=0)
    np.testing.assert_array_equal(met, fitting(space_arrays(space), batch))
    assert 0 < met.sum() < batch.size


def random_mappings(codec: MappingCodec, count: int, draw: np.random.Generator) -> MappingBatch:
    """Factors, orders and keeps at random, fitting or not; dimensions without a choice stay."""
    fixed = codec.batch(codec.columns(sample(codec.space, 1, seed=0)))
    batch = fixed.select(np.zeros(count, dtype=np.int64))
    for dim, places in codec.places.items():
        d = DIMENSION_INDEX[dim]
        batch.factors[:, :, :, d] = 1
        for row in range(count):
            rest = codec.space.layer.sizes[dim]
            for level, kind in draw.permutation(places).tolist():
                taken = int(draw.choice([f for f in range(1, rest + 1) if rest % f == 0]))
                batch.factors[row, level, kind, d] = taken
                rest //= taken
            batch.factors[row, level, kind, d] *= rest
    space = codec.space
    batch.keep[:] = space.keep_must | (space.keep_may & (draw.random(batch.keep.shape) < 0.6))
    return batch

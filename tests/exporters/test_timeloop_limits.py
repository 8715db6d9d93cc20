"""What Timeloop cannot hold is said before it runs, with what it can."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from plugins.timeloop_cases import LAYER, MACHINE, PRICES, nest, timeloop

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.exporters import timeloop_files_of
from bohwsw.exporters.timeloop_target import check_expressible
from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.nest import Mapping as Nest
from bohwsw.simulator.costs import Costs
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer

FREE = StorageCost(0.0, 0.0, 0.0, None)


def deep(depth: int, **inner: int) -> tuple[Architecture, Costs]:
    """A DRAM over buffers without limits, and a unit below each of the innermost."""
    levels = [StorageLevel(f"B{i}", **(inner if i else {})) for i in range(depth)]
    machine = Architecture("deep", tuple(levels), MacArray(16, inner.get("mesh_x", 1)))
    return machine, Costs((FREE,) * depth, (0.0,) * depth, 1.0)


def at_the_outermost(layer: Layer, depth: int) -> Nest:
    loops = tuple(layer.sizes.items())
    return Nest((LevelNest(loops), *(LevelNest() for _ in range(depth - 1))))


def test_sixteen_levels_and_not_one_more() -> None:
    layer = Layer("tiny", K=2)
    for depth in (16, 17):
        architecture, prices = deep(depth)
        if depth == 16:
            check_expressible(layer, architecture, at_the_outermost(layer, depth), prices)
            continue
        with pytest.raises(SpecError, match=r"(?s)room for 16 levels.*got: +17"):
            check_expressible(layer, architecture, at_the_outermost(layer, depth), prices)


@pytest.mark.parametrize(
    ("sizes", "key_path"),
    [
        ({"K": 2**31}, "K"),
        ({"Q": 2**16, "stride_h": 2**16}, "Inputs"),
    ],
)
def test_sizes_and_coordinates_have_32_bits(sizes: dict[str, int], key_path: str) -> None:
    architecture, prices = deep(2)
    layer = Layer("large", **sizes)
    with pytest.raises(SpecError, match="expected: at most 2147483647") as caught:
        check_expressible(layer, architecture, at_the_outermost(layer, 2), prices)
    assert caught.value.key_path == key_path
    smaller = Layer("fits", **{key: value - 1 for key, value in sizes.items()})
    if sizes.get("Q") is None:
        check_expressible(smaller, architecture, at_the_outermost(smaller, 2), prices)


def test_operations_and_tensors_have_64_bits() -> None:
    architecture, prices = deep(2)
    operations = Layer("large", K=2**22, C=2**22, P=2**20)
    tensor = Layer("large", N=2**30, C=2**4, P=2, Q=2, stride_w=2**15, stride_h=2**15)
    for layer, message in ((operations, "operations of"), (tensor, "words of the Inputs")):
        with pytest.raises(SpecError, match=f"(?s){message}.*at most {2**64 - 1}"):
            check_expressible(layer, architecture, at_the_outermost(layer, 2), prices)


def test_the_product_that_shares_outputs_out_has_64_bits() -> None:
    """A share is the share outside, times a tile, over the tiles of all instances together."""
    architecture, prices = deep(2)
    layer = Layer("large", N=2**24, P=2**24)
    fits = Nest((LevelNest((("P", 2**24), ("N", 2**9))), LevelNest((("N", 2**15),))))
    check_expressible(layer, architecture, fits, prices)
    large = Nest((LevelNest((("P", 2**24), ("N", 2**8))), LevelNest((("N", 2**16),))))
    with pytest.raises(SpecError, match="all Outputs times those in 'B1'"):
        check_expressible(layer, architecture, large, prices)


@pytest.mark.parametrize("key", ["word_bits", "block_size"])
def test_counts_have_32_bits(key: str) -> None:
    layer = Layer("tiny", K=2)
    architecture, prices = deep(2, **{key: 2**32})
    with pytest.raises(SpecError, match=r"(?s)more than Timeloop can hold.*at most 4294967295"):
        timeloop_files_of(layer, architecture, at_the_outermost(layer, 2), prices)


def test_entries_without_limit_hold_what_timeloop_can_count() -> None:
    """What is unlimited is written as 2^32 - 1 words; a tile beyond is refused here, not there."""
    architecture, prices = deep(2)
    fits, large = Layer("fits", N=2**31 - 1), Layer("large", N=2**31 - 1, K=3)
    for layer in (fits, large):
        block = LevelNest(tuple(layer.sizes.items()), keep=frozenset({"Outputs"}))
        inner = Nest((LevelNest(), block))
        if layer is fits:
            files = timeloop_files_of(layer, architecture, inner, prices)
            storage = files["architecture.yaml"]["architecture"]["storage"]
            assert storage[0]["entries"] == 2**32 - 1
            assert "entries" not in storage[1]
            continue
        with pytest.raises(SpecError, match=r"words that 'B1' keeps: more than Timeloop can hold"):
            timeloop_files_of(layer, architecture, inner, prices)


@pytest.mark.parametrize("price", [-1.0, math.nan, math.inf])
@pytest.mark.parametrize("key", ["hop_energy_pj", "mac_energy_pj"])
def test_prices_are_finite_and_not_negative(key: str, price: float) -> None:
    hops = (price if key == "hop_energy_pj" else 0.0,) * 3
    prices = Costs((FREE,) * 3, hops, price if key == "mac_energy_pj" else 1.0)
    with pytest.raises(SpecError, match="finite number, zero or more"):
        check_expressible(LAYER, MACHINE, nest(), prices)


def test_prices_of_another_machine() -> None:
    for prices in (
        replace(PRICES, storage=()),
        replace(PRICES, hop_energy_pj=(0.0,) * 4),
    ):
        with pytest.raises(SpecError, match="differ in depth"):
            timeloop().evaluate(LAYER, MACHINE, nest(), prices)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (Nest(nest().levels[:2]), "differ in depth"),
        (Nest((LevelNest(keep=frozenset()), *nest().levels[1:])), "outermost level"),
        (Nest((LevelNest((("K", 3),)), *nest().levels[1:])), "do not multiply to its size"),
    ],
)
def test_mappings_that_are_none_of_this_layer_on_this_machine(mapping: Nest, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        check_expressible(LAYER, MACHINE, mapping, PRICES)


def test_bits_of_a_layer_are_refused_rather_than_forgotten() -> None:
    with pytest.raises(SpecError, match="says its bits") as error:
        check_expressible(replace(LAYER, inputs_bits=8), MACHINE, nest(), PRICES)
    assert error.value.key_path == "bits"

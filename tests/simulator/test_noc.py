"""Hops on the mesh against children placed one by one."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from random import Random

import golden as cases
import pytest
from random_nests import random_layer, random_mapping

from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.tiles import tiles_of
from bohwsw.simulator.noc import child_offsets, hops_of_groups, total_hops
from bohwsw.simulator.reference import simulate
from bohwsw.workload import DATA_SPACES, Layer


def corner(layer: Layer, space: str, at: dict[str, int]) -> tuple[int, ...]:
    """The tensor element that a point of the iteration space touches."""
    if space == "Weights":
        return tuple(at[dim] for dim in "GKCRS")
    if space == "Outputs":
        return tuple(at[dim] for dim in "NGKPQ")
    return (
        *(at[dim] for dim in "NGC"),
        at["P"] * layer.stride_w + at["R"] * layer.dilation_w,
        at["Q"] * layer.stride_h + at["S"] * layer.dilation_h,
    )


def brute_force(
    layer: Layer, space: str, block: LevelNest, inner: dict[str, int], mesh: tuple[int, int]
) -> float:
    """Place every child, then walk the wires of every group."""
    columns, rows = max(mesh[0], block.fanout_x), max(mesh[1], block.fanout_y)
    members: dict[tuple[int, ...], set[tuple[int, int]]] = defaultdict(set)
    ys = product(*(range(factor) for _, factor in block.spatial_y))
    for y_number, y_digits in enumerate(ys):
        xs = product(*(range(factor) for _, factor in block.spatial_x))
        for x_number, x_digits in enumerate(xs):
            at = dict.fromkeys(layer.sizes, 0)
            loops = [*block.spatial_y, *block.spatial_x]
            for place, digit in enumerate([*y_digits, *x_digits]):
                dim = loops[place][0]
                inside = inner[dim]
                for other, factor in loops[place + 1 :]:
                    inside *= factor if other == dim else 1
                at[dim] += digit * inside
            number = y_number * block.fanout_x + x_number
            members[corner(layer, space, at)].add((number % columns, number // columns))
    hops, middle = 0.0, (rows - 1) / 2
    for places in members.values():
        hops += max(x for x, _ in places)
        for column in {x for x, _ in places}:
            reached = [y for x, y in places if x == column]
            hops += max(0, middle - min(reached)) + max(0, max(reached) - middle)
    return hops


def test_hops_equal_brute_force() -> None:
    fanned_out = 0
    for seed in range(150):
        rng = Random(seed)
        layer = random_layer(rng, most_macs=200)
        mapping = random_mapping(rng, layer, 2, most_children=24)
        tiles = tiles_of(layer, mapping)
        mesh = (rng.randint(1, 6), rng.randint(1, 6))
        for index, block in enumerate(mapping.levels):
            fanned_out += bool(block.spatial)
            for space in DATA_SPACES:
                inner = tiles.extents[index + 1]
                expected = brute_force(layer, space, block, inner, mesh) if block.spatial else 0.0
                assert total_hops(layer, space, block, inner, mesh) == expected, (seed, index)
    assert fanned_out > 100


def test_children_with_equal_offsets_start_at_the_same_element() -> None:
    layer = Layer("halo", P=4, R=3, C=2)
    block = LevelNest(spatial_x=(("P", 4),), spatial_y=(("R", 3),))
    offsets = child_offsets(layer, "Inputs", block, dict.fromkeys(layer.sizes, 1))
    assert offsets == [p + r for r in range(3) for p in range(4)]


def test_rows_pack_where_fewer_columns_are_used_than_there_are() -> None:
    # Six children, two rows of three; on a mesh of four columns they stand four and two.
    packed = hops_of_groups(["a"] * 6, range(6), columns=4, rows=1)
    assert packed == {"a": 3 + 2 * 1}
    assert hops_of_groups(["a"] * 6, range(6), columns=3, rows=2) == {"a": 2 + 3 * (0.5 + 0.5)}
    two = hops_of_groups(["a", "b", "b", "a", "b", "b"], range(6), columns=3, rows=2)
    assert two == {"a": 0 + 1, "b": 2 + 2 * 1}


def test_network_energy_equals_timeloop() -> None:
    """Per level, where nothing is bypassed in a way that makes Timeloop's table odd."""
    compared = 0
    for case, raw in cases.golden("golden_hier_dev"):
        evaluation = simulate(case.layer, case.architecture, case.mapping, case.costs)
        networks = raw["expected"]["base"]["networks"]
        for level in evaluation.levels:
            name = next(name for name in networks if name.startswith(f"{level.name} <==>"))
            expected = sum(result["energy_total"] for result in networks[name].values())
            assert level.network_energy_pj == pytest.approx(expected, rel=1e-5, abs=0.02), case.id
            compared += expected > 0
    assert compared > 100

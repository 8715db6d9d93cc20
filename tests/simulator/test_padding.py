"""Inputs without padding: never fewer words than a run that leaves it out, never more than with it.

The run steps through the whole nest and looks at which elements there are, wherever they begin.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from executor import Box, Interval, Loop, Runner
from random_nests import (
    padded_layer,
    random_costs,
    random_imperfect_mapping,
    random_machine,
    random_mapping,
)

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.imperfect import simulate_imperfect
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer, tensor_words


class RunWithoutPadding(Runner):
    """A run in which only elements from ``first`` on, as many as there are, are moved."""

    def __init__(self, layer: Layer, mapping: Mapping, first: tuple[int, int]) -> None:
        super().__init__(layer, mapping, "advance")
        self.first, self.padded = first, Runner(layer, mapping, "advance")

    def box(self, space: str, ranges: dict[str, Interval]) -> Box:
        box = super().box(space, ranges)
        if space != "Inputs":
            return box
        real = [(a, a + n) for a, n in zip(self.first, self.layer.input_extents, strict=True)]
        cut = [
            (max(low, start), max(low, start, min(high, end)))
            for (low, high), (start, end) in zip(box[3:], real, strict=True)
        ]
        return *box[:3], *cut

    def shift(self, space: str, loop: Loop) -> list[int]:
        return self.padded.shift(space, loop)


@pytest.mark.parametrize("perfect", [True, False])
def test_between_a_run_without_padding_and_the_box_with_it(perfect: bool) -> None:
    less = 0
    for seed in range(120):
        rng = Random(seed)
        layer = padded_layer(rng, most_macs=96)
        depth = rng.randint(2, 4)
        draw = random_mapping if perfect else random_imperfect_mapping
        mapping = draw(rng, layer, depth)
        machine, costs = random_machine(rng, layer, [mapping]), random_costs(rng, depth)
        count = simulate if perfect else simulate_imperfect
        result = count(layer, machine, mapping, costs)
        first = [
            rng.randint(0, whole - true)
            for whole, true in zip(layer.reach, layer.input_extents, strict=True)
        ]
        run = RunWithoutPadding(layer, mapping, (first[0], first[1]))
        whole = count(replace(layer, input_width=None, input_height=None), machine, mapping, costs)
        for index, level in enumerate(result.levels):
            if not whole.valid or "Inputs" not in level.data_spaces:
                continue
            ours, boxes = level.data_spaces["Inputs"], whole.levels[index].data_spaces["Inputs"]
            counted = run.count(index, "Inputs").values()
            assert ours.reads >= max(reads for reads, _, _ in counted), (seed, level.name)
            assert ours.fills >= max(fills for _, fills, _ in counted), (seed, level.name)
            assert (ours.reads, ours.fills) <= (boxes.reads, boxes.fills)
            assert ours.energy_pj <= boxes.energy_pj
            less += ours.fills < boxes.fills
    assert less > 10


def reads_of(layer: Layer, *loops: tuple[str, int], inner: tuple[tuple[str, int], ...]) -> int:
    machine = Architecture("two", (StorageLevel("DRAM"), StorageLevel("GLB")), MacArray())
    mapping = Mapping((LevelNest(temporal=loops), LevelNest(temporal=inner)))
    costs = Costs((StorageCost(1.0, 1.0, 1.0, None),) * 2, (0.0, 0.0), 1.0)
    return simulate(layer, machine, mapping, costs).levels[0].data_spaces["Inputs"].reads


def test_worked_by_hand() -> None:
    """Outputs of 8 x 8 as the inputs, a filter of 3 x 3: it reaches over 10 x 10."""
    layer = Layer("same", C=4, P=8, Q=8, R=3, S=3, input_width=8, input_height=8)
    assert tensor_words(layer, "Inputs") == 4 * 64
    taps = (("R", 3), ("S", 3))
    rows = (("P", 8), *taps)
    # Whole rows of the image, the window sliding down: each element once.
    assert reads_of(layer, ("C", 4), ("Q", 8), inner=rows) == 4 * 64
    # Tiles of four columns: each reaches over six, of which none can be told from the true ones.
    assert reads_of(layer, ("C", 4), ("P", 2), ("Q", 8), inner=(("P", 4), *taps)) == 4 * 2 * 6 * 8
    # Tiles of four rows that do not slide, their halos fetched again.
    assert reads_of(layer, ("Q", 2), ("C", 4), inner=(("Q", 4), *rows)) == 4 * 2 * 6 * 8
    padded = replace(layer, input_width=None, input_height=None)
    assert reads_of(padded, ("C", 4), ("Q", 8), inner=rows) == 4 * 100


def test_layers_that_differ_in_true_extents_are_other_work() -> None:
    layer = Layer("conv", P=8, R=3)
    assert replace(layer, input_width=8).shape != layer.shape
    assert replace(layer, input_width=8).shape != replace(layer, input_width=9).shape
    assert replace(layer, input_width=10, input_height=1).shape == layer.shape
    assert replace(layer, input_width=12).shape == layer.shape

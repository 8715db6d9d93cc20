"""The simulator against the executor, and the executor against Timeloop's own brute force."""

from __future__ import annotations

import math
from random import Random

import golden as cases
import pytest
from executor import Execution, Runner, execute
from random_nests import random_costs, random_layer, random_machine, random_mapping

from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.tiles import tiles_of
from bohwsw.simulator.delivery import Step, words_delivered
from bohwsw.simulator.evaluation import Evaluation
from bohwsw.simulator.reference import simulate
from bohwsw.workload import DATA_SPACES, Layer, axis_coefficients, box_widths


def evaluate(rng: Random, layer: Layer, mapping: Mapping) -> Evaluation:
    machine = random_machine(rng, layer, [mapping])
    evaluation = simulate(layer, machine, mapping, random_costs(rng, machine.depth))
    assert evaluation.valid
    return evaluation


def assert_equal(evaluation: Evaluation, run: Execution, what: object) -> None:
    for index, level in enumerate(evaluation.levels):
        for space, result in level.data_spaces.items():
            counted = run.accesses[index, space]
            assert len(counted) == level.instances, what
            expected = (result.reads, result.fills, result.updates)
            assert set(counted.values()) == {expected}, (what, level.name, space)


def test_executor_equals_timeloops_brute_force() -> None:
    for case, raw in cases.golden("golden_hier_small")[::8]:  # all 90 do; a step takes 0.2 s
        run = execute(case.layer, case.mapping, "walk")
        names = [level.name for level in case.architecture.levels]
        for (level, space), counts in cases.expected_counts(raw["expected"]["noextrap"]).items():
            accesses = run.accesses[names.index(level), space]
            assert set(accesses.values()) == {counts}, (case.id, level, space)


def test_executor_equals_timeloops_brute_force_where_its_default_does_not() -> None:
    differing = [
        (case, raw)
        for case, raw in cases.golden("golden_hier_small")
        if cases.expected_counts(raw["expected"]["noextrap"])
        != cases.expected_counts(raw["expected"]["base"])
    ]
    assert len(differing) == 2
    for case, raw in differing:
        names = [level.name for level in case.architecture.levels]
        for reuse, answer in (("walk", "noextrap"), ("advance", "base")):
            run = execute(case.layer, case.mapping, reuse)
            for (level, space), counts in cases.expected_counts(raw["expected"][answer]).items():
                accesses = run.accesses[names.index(level), space]
                assert set(accesses.values()) == {counts}, (case.id, level, space)


@pytest.mark.parametrize("depth", range(1, 7))
def test_simulator_equals_executor(depth: int) -> None:
    for seed in range(80):
        rng = Random(1000 * depth + seed)
        layer = random_layer(rng, most_macs=96)
        mapping = random_mapping(rng, layer, depth)
        evaluation = evaluate(rng, layer, mapping)
        run = execute(layer, mapping, "advance")
        assert run.executed == run.distinct == layer.macs
        assert run.cycles == mapping.compute_cycles
        assert_equal(evaluation, run, (layer, mapping))


def test_a_dimension_on_both_axes() -> None:
    """P over rows and columns at once, with R beside it so that the children's halos meet."""
    layer = Layer("both", P=12, R=3, K=2, stride_w=1)
    outer = LevelNest(temporal=(("K", 2),))
    mapping = Mapping(
        (
            LevelNest(outer.temporal, spatial_x=(("P", 3), ("R", 3)), spatial_y=(("P", 2),)),
            LevelNest(temporal=(("P", 2),)),
        )
    )
    evaluation = evaluate(Random(3), layer, mapping)
    assert_equal(evaluation, execute(layer, mapping, "advance"), mapping)
    # Six tiles of two outputs each start at 0, 2 ... 10, three filter columns at 0, 1, 2: the
    # inputs of the 18 children start at 13 different places.
    assert evaluation.levels[0].data_spaces["Inputs"].reads == 13 * 2
    # Innermost, X stands inside Y: the second P factor steps by one tile, the first by three.
    swapped = Mapping(
        (
            LevelNest(outer.temporal, spatial_x=(("P", 2),), spatial_y=(("P", 3), ("R", 3))),
            LevelNest(temporal=(("P", 2),)),
        )
    )
    assert evaluate(Random(3), layer, swapped).levels[0].data_spaces["Inputs"].reads == 13 * 2


def inputs_walk(layer: Layer, mapping: Mapping, child: int) -> tuple[tuple[int, ...], list[Step]]:
    """The child's tile and the loops around it, as rule B.3 sees them."""
    tiles, axes = tiles_of(layer, mapping), axis_coefficients(layer, "Inputs")
    steps = []
    for level in range(child):
        for dim, bound in mapping.levels[level].temporal:
            if bound > 1:
                step = tiles.child_extents[level][dim]
                steps.append(Step(bound, tuple(axis.get(dim, 0) * step for axis in axes)))
    return box_widths(layer, "Inputs", tiles.extents[child]), steps


def advances_matching(steps: list[Step], *, as_run: bool) -> int:
    """How often a loop advances whose shift equals the innermost loop's.

    The loops inside start again from their last iteration if ``as_run``, from their second in
    Timeloop's walk of two iterations.
    """
    matching, outside = 0, 1
    for place, step in enumerate(steps):
        jump = list(step.shift)
        for inner in steps[place + 1 :]:
            back = inner.bound - 1 if as_run else 1
            jump = [a - back * b for a, b in zip(jump, inner.shift, strict=True)]
        if tuple(jump) == steps[-1].shift:
            matching += outside * (step.bound - 1)
        outside *= step.bound
    return matching


def test_when_brute_force_equals_the_extrapolated_count() -> None:
    """The criterion of docs/counting-rules.md, in both directions."""
    differing = 0
    for seed in range(1500):
        rng = Random(seed)
        sizes = {"P": rng.choice((2, 4, 6)), "R": rng.choice((2, 3, 4, 6)), "K": rng.choice((1, 2))}
        layer = Layer("walk", **sizes, stride_w=rng.choice((1, 2)), dilation_w=rng.choice((1, 2)))
        mapping = random_mapping(rng, layer, 3, most_children=2)
        runner = Runner(layer, mapping, "walk")
        agree_everywhere = True
        for child in (1, 2):
            widths, steps = inputs_walk(layer, mapping, child)
            shift = steps[-1].shift if steps else widths
            overlap = math.prod(max(0, w - s) for w, s in zip(widths, shift, strict=True))
            agree = overlap == 0 or (
                advances_matching(steps, as_run=True) == advances_matching(steps, as_run=False)
            )
            first_spot = runner.spots[child][0]
            walked = runner.words_fetched("Inputs", child, first_spot)
            assert agree == (walked == words_delivered(widths, steps)), (seed, child)
            agree_everywhere &= agree
            if not agree:  # only where loops meet on an axis and an inner one is long
                along = [step.bound for step in steps if any(step.shift[3:])]
                assert max(along[1:]) >= 3
        differing += not agree_everywhere
        if agree_everywhere and seed % 10 == 0:
            assert_equal(evaluate(rng, layer, mapping), runner.result(), seed)
    assert differing >= 5


def test_outputs_and_weights_never_differ() -> None:
    for seed in range(60):
        rng = Random(seed)
        layer = random_layer(rng, most_macs=64)
        mapping = random_mapping(rng, layer, 3)
        walk, advance = (Runner(layer, mapping, reuse) for reuse in ("walk", "advance"))
        for space in DATA_SPACES:
            if space != "Inputs":
                assert walk.served(space, 0) == advance.served(space, 0)

"""Words delivered and distinct offsets against literal walks and sets."""

from __future__ import annotations

import itertools
import math
from functools import cache

from hypothesis import example, given
from hypothesis import strategies as st

from bohwsw.simulator.delivery import Step, distinct_offsets, distinct_pair_sums, words_delivered

Shift = tuple[int, ...]


def overlap(widths: Shift, shift: Shift) -> int:
    return math.prod(max(0, w - abs(t)) for w, t in zip(widths, shift, strict=True))


def literal_walk(widths: Shift, steps: list[Step]) -> int:
    """Each loop runs for iterations 0 and 1, the second weighted by the remaining ones."""
    tile = math.prod(widths)
    words = 0
    before: Shift | None = None
    remembered: Shift | None = None
    for digits in itertools.product(*[(0, 1)] * len(steps)):
        now = tuple(
            sum(digit * step.shift[axis] for digit, step in zip(digits, steps, strict=True))
            for axis in range(len(widths))
        )
        fetched = tile
        if before is not None:
            shift = tuple(a - b for a, b in zip(now, before, strict=True))
            if remembered is None or shift == remembered:
                fetched, remembered = tile - overlap(widths, shift), shift
            else:
                remembered = None
        weight = math.prod(
            step.bound - 1 for digit, step in zip(digits, steps, strict=True) if digit
        )
        words += weight * fetched
        before = now
    return words


def memoised_walk(widths: Shift, steps: list[Step]) -> int:
    """The same in polynomial time: a recursion with memory."""
    tile, depth = math.prod(widths), len(steps)

    @cache
    def walk(j: int, remembered: Shift | None, shift: Shift | None) -> tuple[int, Shift | None]:
        if j == depth:
            if shift is None:
                return tile, None
            if remembered is None or shift == remembered:
                return tile - overlap(widths, shift), shift
            return tile, None
        first, then = walk(j + 1, remembered, shift)
        jump = list(steps[j].shift)
        for inner in steps[j + 1 :]:
            jump = [a - b for a, b in zip(jump, inner.shift, strict=True)]
        other, then = walk(j + 1, then, tuple(jump))
        return first + (steps[j].bound - 1) * other, then

    return walk(0, None, None)[0]


@st.composite
def loops_over_two_axes(draw: st.DrawFn) -> tuple[Shift, list[Step]]:
    """Small numbers, so that shifts coincide often."""
    widths = (draw(st.integers(1, 5)), draw(st.integers(1, 3)))
    moves = st.sampled_from([(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (0, 1), (0, 2), (6, 0)])
    bounds = st.integers(2, 5)
    steps = draw(st.lists(st.builds(Step, bounds, moves), max_size=8))
    return widths, steps


# R inside P with the step of P twice that of R: an outer loop matches by coincidence.
@example(((3, 1), [Step(4, (2, 0)), Step(3, (1, 0))]))
@example(((3, 1), [Step(4, (3, 0)), Step(3, (1, 0)), Step(2, (1, 0))]))
@example(((2, 2), [Step(2, (0, 0))]))
@given(loops_over_two_axes())
def test_words_delivered_equals_the_walks(nest: tuple[Shift, list[Step]]) -> None:
    widths, steps = nest
    assert words_delivered(widths, steps) == literal_walk(widths, steps)
    assert words_delivered(widths, steps) == memoised_walk(widths, steps)


def test_coincidences_are_met_by_these_examples() -> None:
    """The first example above is one where the simple rule "only the innermost loop" is wrong."""
    widths, steps = (3, 1), [Step(4, (2, 0)), Step(3, (1, 0))]
    only_innermost = 3 * 12 - 2 * (4 * 2)
    assert words_delivered(widths, steps) == only_innermost - 2 * 3


def test_worked_by_hand() -> None:
    # A window of 3 that slides by 1 over 8 places, twice: 3 + 7 new words each time.
    assert words_delivered((3,), [Step(2, (0,)), Step(8, (1,))]) == 2 * (3 + 7)
    # The loop that leaves the tile in place stands inside: no halo reuse, and no refetch.
    assert words_delivered((3,), [Step(8, (1,)), Step(2, (0,))]) == 8 * 3
    assert words_delivered((3, 4), []) == 12


spatial_steps = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 7)), max_size=4)


@given(spatial_steps)
def test_distinct_offsets_equals_the_set_of_sums(steps: list[tuple[int, int]]) -> None:
    sums = {
        sum(digit * step for digit, (_, step) in zip(digits, steps, strict=True))
        for digits in itertools.product(*(range(count) for count, _ in steps))
    }
    assert distinct_offsets(steps) == len(sums)


@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 12), st.integers(1, 9))
def test_distinct_pair_sums_equals_the_set_of_sums(na: int, a: int, nb: int, b: int) -> None:
    sums = {i * a + j * b for i in range(na) for j in range(nb)}
    assert distinct_pair_sums(na, a, nb, b) == len(sums)

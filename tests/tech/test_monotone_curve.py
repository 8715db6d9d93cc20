"""The curve meets its points, is a power law between them and never falls."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bohwsw.tech.monotone_curve import MonotoneCurve

POSITIVE = st.floats(1e-3, 1e6)


def test_a_power_law_is_reproduced_everywhere() -> None:
    curve = MonotoneCurve.through((x, 3 * x**0.6) for x in (64.0, 1.0, 8.0))
    for x in (0.01, 1, 5, 8, 40, 64, 1e5):
        assert curve(x) == pytest.approx(3 * x**0.6, rel=1e-12)


def test_points_are_met_exactly_and_dips_are_lifted() -> None:
    curve = MonotoneCurve.through([(1, 2.1), (2, 5.3), (4, 4.9), (8, 7.7)])
    assert [curve(x) for x in (1, 2, 4, 8)] == [2.1, 5.3, 5.3, 7.7]
    assert curve(3) == 5.3


@given(
    st.lists(st.tuples(POSITIVE, POSITIVE), min_size=2, max_size=6, unique_by=lambda p: p[0]),
    POSITIVE,
    POSITIVE,
)
def test_it_never_falls(points: list[tuple[float, float]], x: float, other: float) -> None:
    # Points almost on top of one another would give slopes beyond any float.
    xs = sorted(p[0] for p in points)
    if any(high / low < 1.01 for low, high in pairwise(xs)):
        return
    curve = MonotoneCurve.through(points)
    low, high = sorted((min(max(x, xs[0]), xs[-1]), min(max(other, xs[0]), xs[-1])))
    assert curve(low) <= curve(high) * (1 + 1e-12)

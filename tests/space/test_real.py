"""Reals: rounding, constraints, moves, and what cannot be asked of them."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Predicate, Real, Space
from bohwsw.space.parameters.real import STEPS


@pytest.mark.parametrize(
    "make",
    [
        lambda: Real("x", 2, 1),
        lambda: Real("x", 0, float("inf")),
        lambda: Real("x", float("nan"), 1),
        lambda: Real("x", "0", 1),
        lambda: Real("x", 0, 1, log=True),
        lambda: Real("x", 1e9, 1e9 + 1),
        lambda: Real("x", -1e308, 1e308),
    ],
)
def test_bad_definitions_are_refused(make):
    with pytest.raises(SpecError):
        make()


@pytest.mark.parametrize(
    "parameter",
    [
        Real("x", 0, 1),
        Real("x", -3.7, 11.1),
        Real("x", 1e-6, 1e3, log=True),
        Real("x", 1e-300, 1e300, log=True),
        Real("x", 99, 100),
    ],
)
def test_codes_come_back_and_values_are_rounded_to_the_nearest_step(parameter):
    codes = np.random.default_rng(0).integers(0, STEPS + 1, size=2000)
    assert [parameter.code(v) for v in parameter.grid(codes).tolist()] == codes.tolist()
    assert parameter.value(np.array([0])) == parameter.low
    assert parameter.value(np.array([STEPS])) == parameter.high
    value = 99.123456789 if parameter.low > 90 else 0.123456789
    near = parameter.value(np.array([parameter.code(value)]))
    assert abs(near - value) < (parameter.high - parameter.low) / STEPS


@pytest.mark.parametrize("value", [1.1, -0.1, "0.5", None, True, float("nan")])
def test_a_value_outside_is_refused_by_name(value):
    with pytest.raises(SpecError) as error:
        Real("x", 0, 1).code(value)
    assert error.value.key_path == "x"


def test_samples_are_valid_and_even():
    space = Space([Real("x", 0, 1), Real("y", 0, 1)], ["x + y <= 1"])
    points = space.sample(4000, np.random.default_rng(0))
    assert not any(space.violations(point) for point in points)
    xy = np.array([[point["x"], point["y"]] for point in points])
    # A triangle: its centre, and the quarter of its area below x + y = 1/2.
    assert xy.mean(axis=0) == pytest.approx([1 / 3, 1 / 3], abs=0.02)
    assert (xy.sum(axis=1) < 0.5).mean() == pytest.approx(0.25, abs=0.03)
    assert not space.size().exact
    assert space.size().estimate == pytest.approx(STEPS**2 / 2, rel=0.1)


def test_thin_regions_are_found():
    space = Space([Real("x", -1, 1), Real("y", -1, 1), Integer("n", 1, 9)], ["abs(x - y) <= 1e-3"])
    points = space.sample(200, np.random.default_rng(0))
    assert not any(space.violations(point) for point in points)
    assert np.std([point["x"] for point in points]) > 0.4


def test_a_free_real_is_even_in_its_scale_and_exactly_counted():
    space = Space([Real("x", 1e-4, 1, log=True)])
    x = np.array([point["x"] for point in space.sample(2000, np.random.default_rng(0))])
    assert (x < 1e-2).mean() == pytest.approx(0.5, abs=0.05)
    assert space.size().count == STEPS + 1
    assert space.all_rows(10**6) is None
    assert space.encode([{"x": 1e-2}])[0, 0] == pytest.approx(0.5)


def test_neighbours_are_geometric_steps_both_ways():
    space = Space([Real("x", 0, 1)])
    near = [p["x"] for p in space.neighbours({"x": 0.5})]
    steps = sorted({round(abs(x - 0.5) * 2**12) for x in near})
    assert steps == [2**k for k in range(12)]
    assert sum(x > 0.5 for x in near) == sum(x < 0.5 for x in near) == 12
    bound = Space([Real("x", 0, 1), Real("y", 0, 1)], ["x + y <= 1"])
    full = bound.neighbours({"x": 0.5, "y": 0.5})
    assert not any(bound.violations(p) for p in full)
    assert any(p["x"] > 0.5 and p["y"] < 0.5 for p in full)


@pytest.mark.parametrize(
    "text", ["x + y == 1", "x == 0.5", "n * x == 2", "n > 3 or not x == y", "0 <= x == y"]
)
def test_equalities_on_reals_are_refused_with_advice(text):
    with pytest.raises(SpecError, match="equality cannot hold") as error:
        Space([Real("x", 0, 1), Real("y", 0, 1), Integer("n", 1, 9)], [text])
    assert "x" in error.value.got
    assert "tolerance" in error.value.expected


def test_equalities_on_rounded_reals_are_fine():
    space = Space([Real("x", 0, 9), Integer("n", 0, 9)], ["floor(x) == n"])
    points = space.sample(100, np.random.default_rng(0))
    assert all(int(point["x"]) == point["n"] for point in points)


def test_an_empty_space_of_reals_names_the_clash():
    with pytest.raises(SpecError, match="space is empty") as error:
        Space([Real("x", 0, 1), Real("y", 0, 1)], ["x + y > 1.5", "x - y > 0.6", "y >= 0.05"])
    assert set(error.value.got.split("; ")) == {"x + y > 1.5", "x - y > 0.6"}


def test_predicates_on_reals_leave_an_even_disc():
    disc = Predicate(lambda c: c["x"] ** 2 + c["y"] ** 2 <= 1.0, ["x", "y"], "disc")
    space = Space([Real("x", -1, 1), Real("y", -1, 1)], [disc])
    points = space.sample(1000, np.random.default_rng(0))
    assert not any(space.violations(point) for point in points)
    radii = [point["x"] ** 2 + point["y"] ** 2 for point in points]
    assert np.mean(radii) == pytest.approx(0.5, abs=0.03)

"""User features beside or instead of raw columns."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Features, Integer, Permutation, Space

PARAMETERS = [Integer("a", 1, 9), Integer("b", 1, 9), Permutation("order", ["x", "y"])]


def compute(columns):
    return np.stack(
        [columns["a"] * columns["b"], columns["order"][:, 0], 0 * columns["a"] + 7], axis=1
    )


NAMES = ["product", "first", "constant"]


def test_beside_raw_columns_each_a_group_of_its_own():
    space = Space(PARAMETERS, ["a * b <= 20"], features=Features(compute, NAMES))
    raw = Space(PARAMETERS, ["a * b <= 20"])
    rows = space.sample_rows(200, np.random.default_rng(0))
    x = space.encode_rows(rows)
    np.testing.assert_array_equal(x[:, : raw.width], raw.encode_rows(rows))
    assert space.width == raw.width + 3
    last = raw.encoding_groups.max()
    assert space.encoding_groups[raw.width :].tolist() == [last + 1, last + 2, last + 3]
    products = np.array([space.point(row)["a"] * space.point(row)["b"] for row in rows])
    # All products from 1 to 20 occur in the sample that sets the range.
    np.testing.assert_allclose(x[:, raw.width], (products - 1) / 19)
    assert (x[:, -1] == 0).all()


def test_instead_of_raw_columns():
    space = Space(PARAMETERS, features=Features(compute, NAMES, replace=True))
    assert space.width == 3
    assert space.encoding_groups.tolist() == [0, 1, 2]
    x = space.encode([{"a": 9, "b": 9, "order": ["y", "x"]}])
    assert x.tolist() == [[1.0, 1.0, 0.0]]
    assert space.encode([]).shape == (0, 3)


def test_what_leaves_the_range_of_the_sample_is_clipped_loosely():
    rare = Features(lambda c: (c["a"] == 1)[:, None] * 1e6 + c["b"][:, None], ["rare"], True)
    space = Space([Integer("a", 1, 90_000), Integer("b", 1, 9)], features=rare)
    assert space.encode([{"a": 1, "b": 1}]).tolist() == [[1.5]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Features("a", ["a"]),
        lambda: Features(compute, []),
        lambda: Features(compute, "abc"),
        lambda: Features(compute, ["a", "a", "b"]),
    ],
)
def test_bad_definitions_are_refused(make):
    with pytest.raises(SpecError):
        make()


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda c: c["a"], "another shape"),
        (lambda c: c["missing"], "failed"),
        (lambda c: np.log(c["a"] - 1.0)[:, None], "not a finite number"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_bad_results_are_refused_by_name(function, problem):
    space = Space(PARAMETERS, features=Features(function, ["f"]))
    with pytest.raises(SpecError, match=problem):
        space.encode_rows(space.sample_rows(5, np.random.default_rng(0)))


def test_a_feature_is_read_back_from_encoded_points():
    space = Space(PARAMETERS, ["a * b <= 20"], features=Features(compute, NAMES))
    points = [{"a": 2, "b": 7, "order": ["y", "x"]}, {"a": 1, "b": 1, "order": ["x", "y"]}]
    encoded = space.encode(points)
    np.testing.assert_allclose(space.feature(encoded, "product"), [14.0, 1.0])
    np.testing.assert_allclose(space.feature(encoded, "constant"), [7.0, 7.0])


def test_a_feature_that_is_not_there_is_named():
    space = Space(PARAMETERS, features=Features(compute, NAMES))
    with pytest.raises(SpecError, match="product"):
        space.feature(space.encode([]), "produkt")
    with pytest.raises(SpecError, match="feature"):
        Space(PARAMETERS).feature(np.zeros((0, Space(PARAMETERS).width)), "product")

"""The space as a whole, on small ones and on one as large as an accelerator's."""

import itertools
import pickle

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Ordinal, Space

DIVISORS = [d for d in range(1, 169) if 168 % d == 0]


def accelerator_space(**options):
    """Twelve parameters with products, divisibility and a sum; 3e10 valid points."""
    return Space(
        [
            Ordinal("mesh_x", DIVISORS),
            Ordinal("mesh_y", DIVISORS),
            *(Integer(f"{name}_entries", 1, 218) for name in ("input", "weight", "output")),
            Integer("glb_instances", 1, 16),
            Integer("glb_mesh_x", 1, 16),
            Integer("glb_mesh_y", 1, 16),
            Ordinal("glb_block", [1, 2, 4, 8, 16]),
            Ordinal("cluster", [1, 2, 4, 8, 16]),
            Categorical("filter_width_whole", [True, False]),
            Categorical("filter_height_whole", [True, False]),
        ],
        [
            "mesh_x * mesh_y == 168",
            "input_entries + weight_entries + output_entries <= 220",
            "glb_mesh_x * glb_mesh_y == glb_instances",
            "mesh_x % glb_mesh_x == 0",
            "mesh_y % glb_mesh_y == 0",
        ],
        **options,
    )


@pytest.fixture(scope="module")
def accelerator():
    return accelerator_space()


def test_size_is_exact_where_groups_multiply(accelerator):
    shares = 220 * 219 * 218 // 6
    meshes = sum(
        168 % x == 0 and x % gx == 0 and (168 // x) % gy == 0 and gx * gy <= 16
        for x, gx, gy in itertools.product(DIVISORS, range(1, 17), range(1, 17))
    )
    size = accelerator.size()
    assert size.exact
    assert size.count == shares * meshes * 5 * 5 * 2 * 2
    small_limit = accelerator.size(limit=1000)
    assert not small_limit.exact
    assert small_limit.count < size.count
    assert small_limit.estimate == pytest.approx(size.count, rel=0.3)
    assert str(size) == f"{size.count:,}"


def test_samples_are_valid_and_reproducible(accelerator):
    points = accelerator.sample(2000, np.random.default_rng(3))
    assert not any(accelerator.violations(point) for point in points)
    assert points == accelerator.sample(2000, np.random.default_rng(3))
    assert points != accelerator.sample(2000, np.random.default_rng(4))
    assert len({accelerator.key(point) for point in points}) > 1990


def test_without_tables_samples_spread_alike(accelerator):
    plain = accelerator_space(table_rows=0)
    ours = plain.encode(plain.sample(2000, np.random.default_rng(0)))
    exact = accelerator.encode(accelerator.sample(2000, np.random.default_rng(0)))
    assert np.abs(ours.mean(axis=0) - exact.mean(axis=0)).max() < 0.06


def test_points_have_the_types_of_the_parameters(accelerator):
    (point,) = accelerator.sample(1, np.random.default_rng(0))
    assert list(point) == list(accelerator.names)
    assert {type(value) for value in point.values()} == {int, bool}


def test_encoding_is_in_the_unit_cube(accelerator):
    points = accelerator.sample(200, np.random.default_rng(0))
    x = accelerator.encode(points)
    assert x.shape == (200, accelerator.width)
    assert x.dtype == np.float64
    assert x.min() >= 0.0
    assert x.max() <= 1.0
    assert len(np.unique(x, axis=0)) == len({accelerator.key(p) for p in points})
    assert accelerator.encode([]).shape == (0, accelerator.width)


def test_neighbours_are_valid_and_limited(accelerator):
    (point,) = accelerator.sample(1, np.random.default_rng(5))
    near = accelerator.neighbours(point)
    assert not any(accelerator.violations(p) for p in near)
    few = accelerator.neighbours(point, np.random.default_rng(0), limit=9)
    assert len(few) == 9
    assert all(p in near for p in few)
    assert len(accelerator.neighbours(point, limit=9)) == 9
    groups = [set(group) for group in accelerator.groups]
    for p in near:
        moved = {name for name in point if p[name] != point[name]}
        assert 1 <= len(moved) <= 3
        assert any(moved <= group for group in groups)


def test_key_ignores_how_a_number_is_written():
    space = Space([Integer("a", 1, 9), Ordinal("b", [0.5, 2])])
    assert space.key({"a": 4.0, "b": np.int64(2)}) == space.key({"b": 2.0, "a": 4}) == (4, 2)


def test_violations_name_everything_that_is_wrong(accelerator):
    (point,) = accelerator.sample(1, np.random.default_rng(0))
    wrong = {**point, "mesh_x": 5, "weight_entries": 400, "extra": 1, "mesh_y": 12}
    del wrong["cluster"]
    named = {violation.constraint for violation in accelerator.violations(wrong)}
    assert named == {"mesh_x", "weight_entries", "extra", "cluster"}
    wrong = {
        **point,
        "mesh_x": 14,
        "mesh_y": 14,
        "glb_instances": 1,
        "glb_mesh_x": 1,
        "glb_mesh_y": 1,
    }
    (violation,) = accelerator.violations(wrong)
    assert violation.constraint == "mesh_x * mesh_y == 168"
    assert "196 == 168" in violation.problem


def test_bad_points_raise_with_the_name():
    space = Space([Integer("mesh", 1, 9), Integer("depth", 1, 9)])
    with pytest.raises(SpecError) as error:
        space.encode([{"mesh": 1, "dept": 2}])
    assert error.value.nearest == "depth"
    with pytest.raises(SpecError, match="no value"):
        space.encode([{"mesh": 1}])
    with pytest.raises(SpecError, match="not a value"):
        space.neighbours({"mesh": 10, "depth": 1})


@pytest.mark.parametrize(
    ("parameters", "constraints"),
    [
        ([], []),
        ([Integer("a", 1, 2), Integer("a", 1, 3)], []),
        (["a"], []),
        ([Integer("a", 1, 2)], "a > 1"),
        ([Integer("a", 1, 2)], ["b > 1"]),
        ([Integer("a", 0, 2), Integer("b", 0, 2)], ["a // b == 1"]),
    ],
)
def test_bad_spaces_are_refused(parameters, constraints):
    with pytest.raises(SpecError):
        Space(parameters, constraints)


def test_all_rows_of_a_small_space_and_none_of_a_large_one(accelerator):
    space = Space([Integer("a", 1, 4), Integer("b", 1, 4), Categorical("k", ["x", "y"])], ["a < b"])
    rows = space.all_rows(100)
    assert len(np.unique(rows, axis=0)) == len(rows) == 12
    assert not any(space.violations(space.point(row)) for row in rows)
    assert space.all_rows(11) is None
    assert accelerator.all_rows(10**6) is None


def test_a_space_is_the_same_in_another_process():
    space = Space([Integer("a", 1, 24), Integer("b", 1, 24)], ["a * b == 24"], table_rows=5)
    copy = pickle.loads(pickle.dumps(space))
    rows = space.sample_rows(20, np.random.default_rng(0))
    assert (copy.sample_rows(20, np.random.default_rng(0)) == rows).all()
    assert [c.text for c in copy.constraints] == [c.text for c in space.constraints]

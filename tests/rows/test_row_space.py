"""A space of listed rows: nothing else is sampled, suggested, or a neighbour."""

import pickle

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.rows import RowSpace, RowTable
from bohwsw.strategies import STRATEGIES, Outcome, SpaceExhaustedError, strategy


def designs(n=300, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.random(n)
    columns = {
        "cores": 2 ** (3 * size + rng.random(n)).astype(int),
        "kbytes": (2 ** (4 + 8 * size) + rng.integers(0, 9, n)).astype(int),
        "volts": np.round(0.6 + 0.5 * rng.random(n), 3),
        "kind": np.array(["in-order", "out-of-order", "vector"])[rng.integers(3, size=n)],
        "name": np.array([f"d{k}" for k in range(n)]),
        "node": np.full(n, 7),
    }
    return RowTable.of(columns, {**dict.fromkeys(columns), "name": "label"})


TABLE = designs()
SPACE = RowSpace(TABLE)
LISTED = {row.tobytes() for row in TABLE.codes}


def test_samples_and_neighbours_are_rows():
    rng = np.random.default_rng(0)
    rows = SPACE.sample_rows(50, rng)
    for row in rows[:9]:
        near = SPACE.neighbour_rows(row)
        assert {r.tobytes() for r in near} <= LISTED - {row.tobytes()}
        assert len({r.tobytes() for r in near}) == len(near) >= 60
    assert SPACE.size().count == len(SPACE.all_rows(1000)) == 300
    assert SPACE.all_rows(299) is None
    assert all(not SPACE.violations(point) for point in SPACE.sample(5, rng))


def test_neighbours_are_near():
    row = TABLE.codes[4]
    near = SPACE.encode_rows(SPACE.neighbour_rows(row))
    everything = SPACE.encode_rows(TABLE.codes)
    here = SPACE.encode_rows(row[None])
    median = np.median(np.linalg.norm(everything - here, axis=1))
    assert np.linalg.norm(near - here, axis=1)[:60].max() < median


def test_a_point_between_rows_says_which_is_nearest():
    point = {**SPACE.point(TABLE.codes[0]), "name": "d1"}
    (violation,) = SPACE.violations(point)
    assert "no row of the table" in violation.problem
    assert "'d0'" in violation.problem
    with pytest.raises(SpecError, match="not in the space"):
        SPACE.valid_row(point)
    assert SPACE.violations({**point, "cores": 3})[0].constraint == "cores"


def test_a_model_sees_neither_labels_nor_what_never_changes():
    assert SPACE.encoding_names == ("cores", "kbytes", "volts", "kind")
    assert SPACE.width == 3 + 3
    assert not SPACE.encoding_is_exact


def test_constraints_leave_rows_out():
    space = RowSpace(TABLE, ["cores * kbytes <= 2000", "kind != 'vector'"])
    points = space.sample(100, np.random.default_rng(1))
    assert all(p["cores"] * p["kbytes"] <= 2000 and p["kind"] != "vector" for p in points)
    assert 0 < space.size().count < 300
    with pytest.raises(SpecError, match="the space is empty"):
        RowSpace(TABLE, ["cores > 1000"])
    with pytest.raises(SpecError, match="core"):
        RowSpace(TABLE, ["core > 1"])


def test_a_copy_in_another_process_is_the_same():
    space = RowSpace(TABLE, ["cores <= 8"])
    copy = pickle.loads(pickle.dumps(space))
    assert (copy.all_rows(300) == space.all_rows(300)).all()
    assert copy.groups == (space.names,)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_suggests_rows_only_and_all_of_them_once(name):
    space = RowSpace(TABLE, ["kbytes <= 64", "kind == 'vector'", "cores <= 2"])
    n = space.size().count
    options = {"n_initial": n - 9} if name in ("bayesian", "linear", "shgo") else {}
    search = strategy(name, space, 3, **options)
    seen = set()
    for _ in range(n):
        (point,) = search.ask()
        seen.add(space.valid_row(point).tobytes())
        search.tell(point, Outcome("completed", point["volts"] * point["kbytes"]))
    assert len(seen) == n
    with pytest.raises(SpaceExhaustedError):
        search.ask()


def test_rows_of_codes_that_are_no_rows_of_the_table_are_told_apart():
    rows = SPACE.sample_rows(20, np.random.default_rng(0))
    assert SPACE.valid_rows(rows).all()
    mixed = np.array([np.roll(rows, k, axis=0)[0] for k in range(20)])
    mixed[:, 0] = rows[:, 0]
    mixed[:, 1] = rows[::-1, 1]
    known = {row.tobytes() for row in SPACE.all_rows(10_000)}
    assert SPACE.valid_rows(mixed).tolist() == [row.tobytes() in known for row in mixed]
    assert not SPACE.valid_rows(mixed).all()


def test_the_best_row_is_found():
    search = strategy("bayesian", SPACE, 1)
    for _ in range(30):
        (point,) = search.ask()
        cost = abs(np.log2(point["kbytes"]) - 8) + point["volts"] + (point["kind"] != "vector")
        search.tell(point, Outcome("completed", cost))
    values = TABLE.values()
    costs = (
        abs(np.log2(values["kbytes"]) - 8)
        + np.array(values["volts"])
        + (np.array(values["kind"]) != "vector")
    )
    assert search.best.outcome.objective <= np.sort(costs)[1]


def test_children_of_two_rows_are_rows():
    rng = np.random.default_rng(2)
    children = [SPACE.crossed(TABLE.codes[1], TABLE.codes[7], rng).tobytes() for _ in range(20)]
    assert set(children) <= LISTED
    assert len(set(children)) > 3

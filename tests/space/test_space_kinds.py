"""Random small spaces of all listed kinds against brute force over their points."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bohwsw.errors import SpecError
from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Ordinal,
    Permutation,
    Predicate,
    Space,
)
from bohwsw.space.binding import bind_all

KINDS = {
    "n": Integer("n", 0, 3),
    "m": Ordinal("m", [1, 2, 4]),
    "k": Categorical("k", ["x", "y", "z"]),
    "on": Categorical("on", [False, True]),
    "tile": Factorisation("tile", 12, 2),
    "tall": Factorisation("tall", 8, 3),
    "order": Permutation("order", ["a", "b", "c"]),
    "c": Conditional(Integer("c", 1, 3), "n > 1"),
    "d": Conditional(Categorical("d", ["p", "q"]), "c >= 2"),
    "e": Conditional(Permutation("e", [1, 2]), "on"),
    "f": Conditional(Factorisation("f", 6, 2), "k != 'z'"),
}
NEEDS = {"c": {"n"}, "d": {"c", "n"}, "e": {"on"}, "f": {"k"}}
TERMS = {
    "n": ["n", "n + 1"],
    "m": ["m"],
    "tile": ["tile[0]", "sum(tile)", "max(tile)"],
    "tall": ["tall[2]", "tall[0] * tall[1]", "prod(tall)", "min(tall)"],
    "order": ["position(order, 'b')", "position(order, 'c')"],
    "c": ["c"],
    "e": ["e[0]", "position(e, 2)"],
    "f": ["f[1]", "sum(f)"],
}
CONDITIONS = {
    "k": ["k == 'x'", "k != 'y'"],
    "on": ["on", "not on"],
    "order": ["order[0] == 'a'", "order[2] != 'c'"],
    "d": ["d == 'q'"],
}


@st.composite
def spaces(draw):
    """Parameters and constraints, not always with a point."""
    names = set(draw(st.sets(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3)))
    for name in sorted(names):
        names |= NEEDS.get(name, set())
    parameters = [KINDS[name] for name in KINDS if name in names]
    terms = [t for name in sorted(names) for t in TERMS.get(name, [])]
    plain = [t for name in sorted(names) for t in CONDITIONS.get(name, [])]

    def atom():
        if plain and (not terms or draw(st.booleans())):
            return draw(st.sampled_from(plain))
        left, right = draw(st.sampled_from(terms)), draw(st.sampled_from([*terms, "2", "3", "5"]))
        join = draw(st.sampled_from([" * ", " + ", " - "]))
        sign = draw(st.sampled_from(["<=", "<", ">=", ">", "==", "!="]))
        return f"{left}{join}{right} {sign} {draw(st.integers(0, 8))}"

    texts = []
    for _ in range(draw(st.integers(0, 3))):
        texts.append(atom())
        if draw(st.booleans()):
            texts[-1] += f" {draw(st.sampled_from(['and', 'or']))} {atom()}"
    if "n" in names and "tile" in names and draw(st.booleans()):
        even = Predicate(lambda c: (c["n"] + c["tile"][:, 1]) % 2 == 0, ["n", "tile"], "even")
        return parameters, [*texts, even]
    return parameters, texts


def values_of(parameter):
    if isinstance(parameter, Conditional):
        return [None, *values_of(parameter.parameter)]
    if isinstance(parameter, Permutation):
        return list(itertools.permutations(parameter.items))
    return list(parameter.values)


def brute_force(parameters, constraints):
    """Valid points, each checked by the scalar evaluation."""
    everything = Space(parameters)
    known = bind_all(constraints, parameters)
    names = [p.name for p in parameters]
    found = set()
    for values in itertools.product(*map(values_of, parameters)):
        point = dict(zip(names, values, strict=True))
        if not everything.violations(point) and not any(c.violation(point) for c in known):
            found.add(values)
    return found


@settings(max_examples=120, deadline=None)
@given(case=spaces(), with_table=st.booleans())
def test_rows_samples_and_neighbours_are_the_valid_points(case, with_table):
    parameters, constraints = case
    expected = brute_force(parameters, constraints)
    if not expected:
        with pytest.raises(SpecError, match="space is empty"):
            Space(parameters, constraints)
        return
    space = Space(parameters, constraints, **({} if with_table else {"table_rows": 0}))

    def key(row):
        return tuple(space.point(row).values())

    if with_table:
        assert space.size().exact
        assert space.size().count == len(expected)
        rows = space.all_rows(10**6)
        assert len(rows) == len(expected)
        assert {key(row) for row in rows} == expected
    rows = space.sample_rows(40, np.random.default_rng(0))
    assert {key(row) for row in rows} <= expected
    for row in rows[:5]:
        assert space.row(space.point(row)).tolist() == row.tolist()
        near = space.neighbour_rows(row)
        assert {key(other) for other in near} <= expected - {key(row)}
        assert len({key(other) for other in near}) == len(near)
    encoded = space.encode_rows(rows)
    assert encoded.shape == (40, space.width)
    assert np.isfinite(encoded).all()
    for group in np.unique(space.encoding_groups):
        part = encoded[:, space.encoding_groups == group]
        distance = ((part[:, None] - part[None]) ** 2).sum(axis=2)
        assert distance.max() <= 1 + 1e-9

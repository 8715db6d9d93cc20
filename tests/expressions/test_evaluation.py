"""The three evaluations of an expression agree: one point, many points, intervals."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bohwsw.errors import SpecError
from bohwsw.expressions.intervals import truth
from bohwsw.expressions.syntax import Comparison, Constant, Name, Operation
from bohwsw.space import Categorical, Integer, parse
from bohwsw.space.tabulation import tabulate

_NUMBERS = st.sampled_from(["a", "b", "c", "0", "1", "2", "3", "7", "0.5"])


def possible(tree, bounds):
    """Whether a condition can still hold."""
    return truth(tree, bounds)[1]


def _grow(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.tuples(st.sampled_from(["min", "max", "sum"]), inner, inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
        st.tuples(st.sampled_from(["abs", "ceil", "floor", "log2", "-"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
    )


_ARITHMETIC = st.recursive(_NUMBERS, _grow, max_leaves=6)
_COMPARISONS = st.tuples(
    _ARITHMETIC, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _ARITHMETIC
).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
_CONDITIONS = st.recursive(
    _COMPARISONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        inner.map(lambda t: f"(not {t})"),
    ),
    max_leaves=4,
)
_VALUES = (-2, 0, 1, 3, 4)
_POINTS = [dict(zip("abc", p, strict=True)) for p in itertools.product(_VALUES, repeat=3)]


def _value_or_none(expression, point):
    try:
        return expression.evaluate(point)
    except SpecError:
        return None


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(_CONDITIONS, _ARITHMETIC))
def test_many_points_give_what_each_point_gives(text):
    expression = parse(text)
    each = [_value_or_none(expression, point) for point in _POINTS]
    defined = [k for k, value in enumerate(each) if value is not None]
    if not expression.names or not defined:
        return
    batch = {n: np.array([_POINTS[k][n] for k in defined]) for n in expression.names}
    np.testing.assert_allclose(
        expression.evaluate(batch), [float(each[k]) for k in defined], rtol=1e-12
    )
    if len(defined) < len(each):
        everywhere = {n: np.array([point[n] for point in _POINTS]) for n in expression.names}
        assert _value_or_none(expression, everywhere) is None


@settings(max_examples=150, deadline=None)
@given(text=_CONDITIONS, bounds=st.tuples(*[st.tuples(*[st.sampled_from(_VALUES)] * 2)] * 3))
def test_intervals_never_rule_out_a_point_that_is_met(text, bounds):
    expression = parse(text)
    box = {n: (min(b), max(b)) for n, b in zip("abc", bounds, strict=True)}
    inside = [p for p in _POINTS if all(box[n][0] <= p[n] <= box[n][1] for n in "abc")]
    met = any(_value_or_none(expression, point) for point in inside)
    could = possible(
        expression.tree,
        {n: (np.asarray(float(lo)), np.asarray(float(hi))) for n, (lo, hi) in box.items()},
    )
    assert could or not met


def test_intervals_do_rule_out():
    def could(text, **bounds):
        pairs = {
            n: (np.asarray(float(lo)), np.asarray(float(hi))) for n, (lo, hi) in bounds.items()
        }
        return bool(possible(parse(text).tree, pairs))

    assert not could("a + b + c <= 5", a=(2, 9), b=(2, 9), c=(2, 9))
    assert could("a + b + c <= 6", a=(2, 9), b=(2, 9), c=(2, 9))
    assert not could("a * b == 168", a=(2, 3), b=(1, 50))
    assert not could("a % b == 5", a=(0, 100), b=(1, 4))
    assert not could("max(a, 3) < 3", a=(0, 9))
    assert not could("not a <= 9", a=(0, 9))
    assert not could("abs(a) > 4 or a / 2 > 2", a=(-4, 4))


def test_text_that_is_not_known_yet_may_be_anything():
    parameters = [Categorical("kind", ["ws", "os"]), Integer("a", 1, 4)]
    columns = [column for parameter in parameters for column in parameter.columns]
    found = tabulate(parse("kind == 'ws' and a > 3").tree, columns, {})
    codes = np.array([0, 1])
    (text,) = [leaf for leaf in found.leaves if leaf.column == 0]
    (number,) = [leaf for leaf in found.leaves if leaf.column == 1]

    def could(kind, a):
        bounds = {text: kind, number: a}
        return possible(found.tree, {f"#{k}": bounds[x] for k, x in enumerate(found.leaves)})

    four, less = number.known(np.array([3])), number.bounds(np.array([0, 1, 2]))
    assert could(text.bounds(codes), four)
    assert not could(text.bounds(codes), less)
    assert could(text.known(codes), four).tolist() == [True, False]


def test_an_operand_that_is_not_needed_may_be_undefined():
    expression = parse("b == 0 or a % b == 0")
    got = expression.evaluate({"a": np.array([4, 5, 6]), "b": np.array([2, 2, 0])})
    assert got.tolist() == [True, False, True]
    both = parse("b != 0 and a % b == 0")
    assert both.evaluate({"a": np.array([4, 5]), "b": np.array([2, 0])}).tolist() == [True, False]


def test_arrays_broadcast():
    got = parse("a * b").evaluate({"a": np.arange(3)[:, None], "b": np.arange(4)[None, :]})
    assert got.shape == (3, 4)
    assert got[2, 3] == 6


def test_the_place_of_an_item_is_bounded_by_what_is_known():
    flags = tuple(Comparison((Name("order", p), Constant(0)), ("==",)) for p in range(4))
    position = Operation("position", flags)
    early = Comparison((position, Constant(2)), ("<",))
    late = Comparison((position, Constant(2)), (">=",))
    known, any_item = np.array([0.0, 1.0]), (np.asarray(0.0), np.asarray(3.0))
    bounds = {"order[0]": (known, known), **{f"order[{p}]": any_item for p in (1, 2, 3)}}
    assert possible(early, bounds).tolist() == [True, True]
    other, item = np.array(1.0), np.array(0.0)
    behind = {**bounds, "order[0]": (other, other), "order[1]": (other, other)}
    assert not possible(early, behind)
    assert possible(late, behind)
    assert not possible(late, {**behind, "order[1]": (item, item)})

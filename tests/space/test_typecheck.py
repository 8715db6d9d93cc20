"""One check of names and literal values for every text that is an expression over parameters."""

import pytest

from bohwsw.errors import SpecError
from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Ordinal,
    Permutation,
    Real,
    Space,
    checked,
)

PARAMETERS = (
    Integer("n", 1, 100),
    Ordinal("banks", [1, 2, 4, 8]),
    Ordinal("volts", [-0.5, 0.9, 1.1]),
    Categorical("flow", ["weights", "outputs"]),
    Categorical("other", ["inputs", "outputs"]),
    Categorical("cached", [False, True]),
    Real("share", 0.0, 1.0),
    Factorisation("tile", 12, 2),
    Permutation("order", ["K", "C", "P"]),
    Conditional(Ordinal("ways", [2, 4]), "cached"),
    Conditional(Categorical("policy", ["lru", "fifo"]), "cached"),
)


def error_of(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        checked(text, PARAMETERS)
    assert str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "n * banks",
        "2 * (flow == 'weights') + 3 * ('outputs' != flow)",
        "banks == 4 or banks == 8",
        "volts == -0.5",
        "cached == True and cached != 0",
        "flow == other",
        "share != 0.25",
        "tile[0] == 6 and order[1] == 'C'",
        "ways == 4 and policy == 'lru'",
        "n == 100 or True",
        "banks <= 5",
        "n * banks == 7",
    ],
)
def test_what_is_fine(text: str) -> None:
    assert checked(text, PARAMETERS).text == text


@pytest.mark.parametrize(
    ("text", "got", "nearest"),
    [
        ("flow == 'weigths'", "weigths", "weights"),
        ("n * (1 + ('wieghts' == flow))", "wieghts", "weights"),
        ("max(n, 2 * (flow != 'output'))", "output", "outputs"),
        ("cached and flow == 'xyz'", "xyz", None),
        ("policy == 'lur'", "lur", "lru"),
        ("policy == ''", "", None),
        ("order[0] == 'k'", "k", "K"),
        ("banks == 3", 3, "2"),
        ("banks != 7 and n > 3", 7, "8"),
        ("9 == banks", 9, "8"),
        ("volts == 0.5", 0.5, "0.9"),
        ("volts == -0.9", -0.9, "-0.5"),
        ("n == 0", 0, "1"),
        ("n == 2.5", 2.5, "2"),
        ("cached == 2", 2, "1"),
        ("share != 1.5", 1.5, "1"),
        ("tile[0] == 5", 5, "4"),
        ("ways == 8", 8, "4"),
        ("position(order, 'K') == 3", 3, "2"),
        ("flow == other == 'weights'", "weights", None),
    ],
)
def test_a_literal_that_is_no_value_is_refused_with_the_nearest(
    text: str, got: object, nearest: str | None
) -> None:
    error = error_of(text)
    assert (error.got, error.nearest, error.key_path) == (got, nearest, text)
    assert error.expected


@pytest.mark.parametrize(
    ("text", "got", "nearest"),
    [
        ("log2(bank)", "bank", "banks"),
        ("n * bnaks + 3", "bnaks", "banks"),
        ("flow == weights", "weights", "'weights'"),
        ("flow == outputs", "outputs", "'outputs'"),
        ("sizeKB * 1024", "sizeKB", None),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_or_with_quotes(
    text: str, got: str, nearest: str | None
) -> None:
    error = error_of(text)
    assert (error.got, error.nearest, error.key_path) == (got, nearest, text)


@pytest.mark.parametrize("text", ["banks == 4 or 8", "cached and 1", "not 0", "n > 3 and -2.5"])
def test_a_number_is_no_condition(text: str) -> None:
    assert "needs a condition" in error_of(text).problem


@pytest.mark.parametrize(
    "text", ["'weights' == 'weigths'", "flow == 'weights' == 'x'", "n == 'weights'", "flow + 1"]
)
def test_texts_that_mean_nothing(text: str) -> None:
    error_of(text)


def test_long_lists_are_not_written_out() -> None:
    assert error_of("n == 101").expected == "one of 100 values from 1 to 100"
    assert error_of("banks == 3").expected == "one of 1, 2, 4, 8"


def test_any_name_is_a_number_where_there_are_no_parameters() -> None:
    assert checked("area <= 12", None).names == ("area",)
    with pytest.raises(SpecError, match="text"):
        checked("min(area, kind == 'x') <= 12", None)


def test_the_example_fits_what_is_read() -> None:
    with pytest.raises(SpecError) as caught:
        checked("64KB", PARAMETERS, "65536")
    assert caught.value.expected == "for example 65536"


@pytest.mark.parametrize("where", ["constraint", "condition"])
def test_constraints_and_conditions_go_through_it(where: str) -> None:
    flow = Categorical("flow", ["weights", "outputs"])
    n, typo = Integer("n", 1, 2), "flow == 'output'"
    is_constraint = where == "constraint"
    parameters = [flow, n if is_constraint else Conditional(n, typo)]
    with pytest.raises(SpecError) as caught:
        Space(parameters, [f"n == 1 or {typo}"] if is_constraint else [])
    assert caught.value.nearest == "outputs"

"""Parameters, constraints and expressions as files have them."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Ordinal
from bohwsw.space.specification import ParameterSpec, space_of, truth, value_of, whole_number
from bohwsw.yamlfile import validate


@pytest.mark.parametrize(
    ("amount", "size"),
    [
        (7, 7),
        (8.0, 8),
        ("65536 / n", 16384),
        ("n", 4),
        ("10 // n", 2),
        ("max(n, 6) - min(n, 6)", 2),
        ("ceil(n / 3) + floor(n / 3) + abs(-n)", 7),
        ("log2(n)", 2),
        ("2 * (flow == 'a') + 3 * (flow == 'b')", 3),
        ("1 + on", 2),
    ],
)
def test_amounts_that_are_sizes(amount: Any, size: int) -> None:
    found = whole_number(amount, {"n": 4, "flow": "b", "on": True}, "entries")
    assert found == size
    assert type(found) is int


@pytest.mark.parametrize(
    "amount",
    [0, -3, 2.5, 2**41, 1e300, "10 / n", "n - 4", "-n", "flow", "on", "n == 4", "2.5", "'b'"],
)
def test_amounts_that_are_no_sizes(amount: Any) -> None:
    with pytest.raises(SpecError) as caught:
        whole_number(amount, {"n": 4, "flow": "b", "on": True}, "entries")
    assert caught.value.key_path == "entries"
    assert repr(amount) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / (n - 4)", "division by zero"),
        ("1 % (n - 4)", "has no value"),
        ("log2(n - 4)", "has no value"),
        ("1e308 * 10 * n", "overflow"),
        ("n + flow", "cannot be mixed"),
        ("m * 2", "unknown name"),
        ("n ** 9", "not allowed"),
        ("n.real", "not allowed"),
        ("__import__('os')", "function"),
        ("-" * 100 + "n", "nested too deep"),
        ("n +" * 1000 + "n", "too long"),
        ("", "empty"),
    ],
)
def test_expressions_that_fail(text: str, reason: str) -> None:
    with pytest.raises(SpecError, match=reason) as caught:
        value_of(text, {"n": 4, "flow": "b"}, "entries")
    assert caught.value.key_path == "entries"


def test_conditions() -> None:
    values = {"n": 4, "on": True}
    assert truth(True, values, "whole.R")
    assert truth("on and n > 3", values, "whole.R")
    assert not truth("not on", values, "whole.R")
    with pytest.raises(SpecError, match="not a condition") as caught:
        truth("n", values, "whole.R")
    assert caught.value.key_path == "whole.R"


@pytest.mark.parametrize(
    ("domain", "parameter"),
    [
        ({"range": [1, 4]}, Integer("n", 1, 4)),
        ({"values": [0.5, 1]}, Ordinal("n", (0.5, 1))),
        ({"divisors_of": 6}, Ordinal("n", (1, 2, 3, 6))),
        ({"choices": ["a", True]}, Categorical("n", ("a", True))),
    ],
)
def test_a_parameter_has_one_domain(domain: Any, parameter: object) -> None:
    assert validate(ParameterSpec, domain).build("n") == parameter
    for wrong in ({}, {**domain, "range": [1, 2], "values": [1]}):
        with pytest.raises(SpecError, match="one domain"):
            validate(ParameterSpec, wrong).build("n")


@pytest.mark.parametrize(
    ("domains", "constraints", "key_path"),
    [
        ({"n": {"range": [4, 1]}}, [], "knobs.n"),
        ({}, ["n == 1"], "constraints"),
        ({"n": {"range": [1, 4]}}, ["n > 0", "m == 1"], "constraints[1]"),
        ({"n": {"range": [1, 4]}}, ["n > 4"], "constraints"),
    ],
)
def test_a_space_that_is_refused_says_where(
    domains: Any, constraints: list[str], key_path: str
) -> None:
    specs = {name: validate(ParameterSpec, domain) for name, domain in domains.items()}
    with pytest.raises(SpecError) as caught:
        space_of(specs, constraints, section="knobs")
    assert str(caught.value.key_path).startswith(key_path)


def test_a_space_without_parameters_is_none() -> None:
    assert space_of({}, []) is None
    space = space_of({"n": ParameterSpec(range=(1, 4))}, ["n > 2"])
    assert space is not None
    assert space.size().count == 2

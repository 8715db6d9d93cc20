"""Parameters, constraints and expressions as files have them."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Ordinal
from bohwsw.space.specification import ParameterSpec, space_of
from bohwsw.yamlfile import validate


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

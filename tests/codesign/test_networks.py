"""Networks with weights: what is taken for one, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from small_space import NETWORK

from bohwsw.codesign import Networks, networks_of
from bohwsw.errors import SpecError


@pytest.mark.parametrize("models", ["mlp", ["mlp"], [("mlp", 7)], NETWORK, [NETWORK]])
def test_a_single_network_has_the_weight_1(models: Any) -> None:
    suite = networks_of(models)
    assert suite.is_single
    assert suite.weights == (1.0,)


def test_weights_are_1_by_default_and_add_up_to_1() -> None:
    assert networks_of(["mlp", "dqn"]).weights == (0.5, 0.5)
    suite = networks_of(["mlp", ("dqn", 2), (NETWORK, 1.0)])
    assert suite.names == ("mlp", "dqn", NETWORK.name)
    assert suite.weights == (0.25, 0.5, 0.25)
    assert suite == networks_of([("mlp", 3), ("dqn", 6), (NETWORK, 3)])


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ([], "at least one"),
        (3, "not a model"),
        ([3], "not a model"),
        (["mlpp"], "nearest:  mlp"),
        ([("mlp", 1, 2)], "weighted model"),
        ([("mlp", 0)], "above 0"),
        ([("mlp", -1.5)], "above 0"),
        ([("mlp", float("nan"))], "above 0"),
        ([("mlp", float("inf"))], "above 0"),
        ([("mlp", "2")], "above 0"),
        ([("mlp", True)], "above 0"),
        (["mlp", ("mlp", 2)], "one name"),
    ],
)
def test_what_is_no_suite_is_refused(models: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        networks_of(models)


def test_each_network_needs_a_weight() -> None:
    with pytest.raises(SpecError, match="go together"):
        Networks((NETWORK,), (1.0, 2.0))

"""Parameters as Ax names them: nothing that is said of them is dropped."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from bohwsw import ChoiceParameterConfig, Client, RangeParameterConfig
from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Ordinal, Real
from bohwsw.study.parameter_configs import SearchSpace, config_from_data, config_to_data


def values_of(config: Any) -> list[Any]:
    """All values of a listed parameter, with their types."""
    space = SearchSpace([config])
    rows = space.space.all_rows(1000)
    assert rows is not None
    return [space.parameters(space.space.point(row))[config.name] for row in rows]


def client_of(*parameters: Any) -> Client:
    client = Client()
    client.configure_experiment(parameters)
    client.configure_optimization("-y")
    client.configure_generation_strategy("random_search")
    return client


def test_steps_are_exact_multiples() -> None:
    tenths = RangeParameterConfig("x", (-0.5, 0.5), "float", step_size=0.1)
    assert values_of(tenths) == [-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    thirds = RangeParameterConfig("x", (0, 1), "float", step_size=1 / 3)
    assert values_of(thirds)[-1] == 1.0


@pytest.mark.parametrize("value", [0.3, 0.1 + 0.2, 3 * 0.1, np.float32(0.3), 0.30000000001])
def test_steps_are_found_within_a_hair(value: float) -> None:
    tenths = RangeParameterConfig("x", (0, 1), "float", step_size=0.1)
    client = client_of(tenths, RangeParameterConfig("z", (0, 9), "int"))
    client.attach_trial({"x": value, "z": 3})
    assert client.get_next_trials(1, {"x": value})[1]["x"] == 0.3
    assert list(client.summarize().x) == [0.3, 0.3]
    for wrong in (0.31, 0.3001, "0.3", True, None, math.nan, 10**400):
        with pytest.raises(SpecError, match="x"):
            client.attach_trial({"x": wrong, "z": 3})


def test_trials_of_earlier_studies_keep_their_steps() -> None:
    """They were stored as 3 * 0.1 once."""
    space = SearchSpace([RangeParameterConfig("x", (0, 1), "float", step_size=0.1)])
    assert space.known_point({"x": 0.30000000000000004}) == {"x": 0.30000000000000004}
    assert space.space.key({"x": 0.30000000000000004}) == (0.3,)


@pytest.mark.parametrize(
    "config",
    [
        RangeParameterConfig("x", (3, 3), "int"),
        RangeParameterConfig("x", (3, 3), "int", step_size=1),
        RangeParameterConfig("x", (3, 3), "float"),
        RangeParameterConfig("x", (3, 3), "float", step_size=0.5),
        RangeParameterConfig("x", (3, 3), "float", scaling="log"),
        Integer("x", 3, 3),
        Real("x", 3, 3),
        Ordinal("x", [3]),
        Categorical("x", [3]),
        ChoiceParameterConfig("x", [3], "int", is_ordered=False),
    ],
)
def test_equal_bounds_are_one_value_in_all_kinds(config: Any) -> None:
    client = client_of(config, RangeParameterConfig("z", (0.0, 1.0), "float"))
    points = client.get_next_trials(3)
    assert [point["x"] for point in points.values()] == [3, 3, 3]
    client.attach_trial({"x": 3, "z": 0.5})
    with pytest.raises(SpecError, match="x"):
        client.attach_trial({"x": 4, "z": 0.5})


@pytest.mark.parametrize(
    ("config", "values"),
    [
        (ChoiceParameterConfig("x", [1.0, 2], "int"), [1, 2]),
        (ChoiceParameterConfig("x", [1, 2], "float"), [1.0, 2.0]),
        (ChoiceParameterConfig("x", [0, 1], "bool"), [False, True]),
        (ChoiceParameterConfig("x", [8, 2, 4], "int", is_ordered=False), [8, 2, 4]),
        (ChoiceParameterConfig("x", [8, 2, 4], "int"), [2, 4, 8]),
        (ChoiceParameterConfig("x", ["low", "mid", "high"], "str", True), ["low", "mid", "high"]),
        (ChoiceParameterConfig("x", [4, "auto", 2.5, False], "str"), [4, "auto", 2.5, False]),
    ],
)
def test_choices_keep_their_types(config: Any, values: list[Any]) -> None:
    found = values_of(config)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]
    assert config_from_data(config_to_data(config)) == config


@pytest.mark.parametrize(
    ("config", "got"),
    [
        (ChoiceParameterConfig("x", [1.5, 2], "int"), "1.5"),
        (ChoiceParameterConfig("x", ["a", 2], "int"), "a"),
        (ChoiceParameterConfig("x", [math.nan, 2], "float"), "nan"),
        (ChoiceParameterConfig("x", ["a", True], "bool"), "a"),
        (ChoiceParameterConfig("x", [None, "a"], "str"), "number, text"),
        (ChoiceParameterConfig("x", ["a", "b"], "str", is_ordered="yes"), "is_ordered"),  # type: ignore[arg-type]
        (RangeParameterConfig("x", (math.nan, 1), "float", step_size=0.1), "bounds"),
        (RangeParameterConfig("x", (True, 3), "int"), "bounds"),
        (RangeParameterConfig("x", ("0", "3"), "float"), "bounds"),  # type: ignore[arg-type]
        (RangeParameterConfig("x", (3, 1), "float", step_size=0.1), "below"),
    ],
)
def test_what_does_not_fit_its_type_is_refused(config: Any, got: str) -> None:
    with pytest.raises(SpecError, match=got):
        client_of(config)


def test_ordered_texts_are_near_their_neighbours() -> None:
    levels = ["a", "b", "c", "d"]
    for is_ordered, near in ((True, {"b"}), (False, {"b", "c", "d"})):
        config = ChoiceParameterConfig("x", levels, "str", is_ordered=is_ordered)
        space = SearchSpace([config]).space
        encoded = space.encode([{"x": level} for level in levels])
        distances = np.linalg.norm(encoded - encoded[0], axis=1)
        nearest = {levels[k] for k in range(1, 4) if distances[k] == distances[1:].min()}
        assert nearest == near


def test_an_ordered_choice_is_stored_as_one() -> None:
    ordered = Categorical("x", ["a", "b"], is_ordered=True)
    assert config_from_data(config_to_data(ordered)) == ordered


def test_constraints_and_dependents_of_mixed_and_unordered_values() -> None:
    client = Client()
    client.configure_experiment(
        [
            ChoiceParameterConfig("m", [1, "auto"], "str", dependent_parameters={1: ["s"]}),
            RangeParameterConfig("s", (0, 1), "int"),
            ChoiceParameterConfig("n", [3, 1], "int", is_ordered=False),
        ],
        ["m != 'auto' or n == 3", "n + s <= 3"],
    )
    client.configure_optimization("-y")
    client.configure_generation_strategy("random_search")
    found = {tuple(sorted(p.items())) for p in client.get_next_trials(9).values()}
    expected = [{"m": "auto", "n": 3}, {"m": 1, "n": 3, "s": 0}]
    expected += [{"m": 1, "n": 1, "s": s} for s in (0, 1)]
    assert found == {tuple(sorted(p.items())) for p in expected}

"""The strategy that tries costly values again, and models that know what matters."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import Outcome, SpaceExhaustedError, TrialState, strategy
from bohwsw.strategies.reusing import ReusingStrategy
from bohwsw.strategies.tried_values import TriedValues
from bohwsw.surrogates import GaussianProcess

SPACE = Space([Integer("net", 0, 9), Integer("a", 0, 7), Integer("b", 0, 7)], ["net + a <= 14"])


def told(found: ReusingStrategy, n: int) -> list[int]:
    nets = []
    for _ in range(n):
        (point,) = found.ask()
        nets.append(int(point["net"]))
        metrics = {"error": 10.0 - point["net"], "cost": 0.5 * point["net"] + point["a"]}
        found.tell(point, Outcome(TrialState.COMPLETED, metrics=metrics))
    return nets


def reusing(space: Space = SPACE, **options: object) -> ReusingStrategy:
    found = strategy(
        "reusing",
        space,
        0,
        objectives=["error", "cost"],
        **{"n_initial": 3, **options},
        pool=60,
        costly=["net"],
        relevant={"error": ["net"]},
    )
    assert isinstance(found, ReusingStrategy)
    return found


def test_cheap_turns_try_nothing_costly() -> None:
    nets = told(reusing(cheap_turns=2), 12)
    new = [net not in nets[:k] for k, net in enumerate(nets)]
    assert not any(new[k] for k in range(3, 12) if k % 3 != 0)


def test_where_nothing_is_dear_half_of_the_first_points_have_the_first_machine() -> None:
    def others(turns: int) -> int:
        base = {"net": 2, "a": 1, "b": 5}
        space = Space([Integer("net", 0, 999), Integer("a", 0, 7), Integer("b", 0, 7)])
        found = reusing(space, cheap_turns=turns, first=[base], n_initial=9)
        told(found, 9)
        points = [each.point for each in found.history]
        return sum(point["a"] == 1 and point["b"] == 5 for point in points)

    assert others(turns=0) >= 5
    assert others(turns=1) <= 3


def test_where_nothing_is_dear_networks_are_tried_on_all_machines_of_the_front() -> None:
    found = reusing(cheap_turns=0)
    points = [{"net": 9, "a": 0, "b": 3}, {"net": 0, "a": 0, "b": 6}, {"net": 5, "a": 7, "b": 1}]
    for point, error, cost in zip(points, (1.0, 3.0, 4.0), (4.0, 2.0, 5.0), strict=True):
        metrics = {"error": error, "cost": cost}
        found.tell(point, Outcome(TrialState.COMPLETED, metrics=metrics))
    best = [SPACE.point(row) for row in found._good_rows()]
    assert best == points[:2]  # the third is beaten; the front by error
    rows = found._some_neighbours(found._good_rows()[0], np.random.default_rng(0))
    crossed = [SPACE.point(row) for row in rows]
    assert any(x["b"] == 6 and x["net"] >= 8 for x in crossed)
    assert SPACE.valid_rows(rows).all()


def test_when_nothing_new_may_be_tried_it_ends_with_what_there_is() -> None:
    found = reusing(Space([Integer("net", 0, 9), Integer("a", 0, 2), Integer("b", 0, 1)]))
    nets = told(found, 3)
    found.only_tried = True
    assert set(told(found, 2)) <= set(nets)
    left = 6 * len(set(nets)) - 5
    with pytest.raises(SpaceExhaustedError):
        told(found, left + 1)


def test_tried_values_are_put_into_rows_that_stay_valid() -> None:
    tried = TriedValues(SPACE, ["net"])
    tried.add(SPACE.row({"net": 9, "a": 0, "b": 0}))
    rows = SPACE.sample_rows(50, np.random.default_rng(0))
    put = tried.put_into(rows, np.random.default_rng(0))
    assert 0 < len(put) <= 50
    assert SPACE.valid_rows(put).all()
    assert tried.among(put).all()
    assert not SPACE.valid_rows(SPACE.row({"net": 9, "a": 7, "b": 0})[None])[0]
    assert tried.is_new(SPACE.row({"net": 3, "a": 0, "b": 0}))
    with pytest.raises(SpecError, match="nearest:  net"):
        TriedValues(SPACE, ["nets"])


def test_what_is_not_relevant_changes_no_prediction() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((12, 3))
    model = GaussianProcess(relevant=np.array([True, False, True])).fit(x, x[:, 0] + x[:, 2])
    other = np.column_stack([x[:, 0], rng.random(12), x[:, 2]])
    for one, two in zip(model.predict(x), model.predict(other), strict=True):
        assert np.array_equal(one, two)
    assert np.array_equal(model.predict_mean(x), model.predict_mean(other))
    more = model.with_observations(other[:2], np.zeros(2))
    assert np.array_equal(more.predict_mean(x), more.predict_mean(other))


def test_unknown_names_are_refused() -> None:
    with pytest.raises(SpecError, match="nearest:  net"):
        strategy("bayesian", SPACE, 0, relevant={"error": ["nte"]})
    with pytest.raises(SpecError, match="nearest:  cheap_turns"):
        strategy("reusing", SPACE, 0, cheap_turn=1)
    columns = SPACE.encoded_columns(["net", "b"])
    assert columns.tolist() == [True, False, True]

"""What 50 more evaluations may bring: much where little was tried, nothing where all was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bohwsw.report import report_page
from bohwsw.report.charts import course
from bohwsw.report.outlook import RUNS, outlook
from bohwsw.space import Integer, Space
from bohwsw.strategies import BayesianStrategy, Outcome, TrialState

SPACE = Space([Integer("x", 0, 40), Integer("y", 0, 40)])


def cost(point: dict[str, int]) -> list[float]:
    return [(point["x"] - 30) ** 2 / 100 + (point["y"] - 8) ** 2 / 100, point["x"] / 10]


def gains(points: list[tuple[int, int]], objectives: int = 1) -> Any:
    names = ["objective"] if objectives == 1 else ["a", "b"]
    model = BayesianStrategy(SPACE, 0, objectives=names)
    trials = [{"x": x, "y": y} for x, y in points]
    for trial in trials:
        found = cost(trial)
        several = {} if objectives == 1 else dict(zip(names, found, strict=True))
        one = found[0] if objectives == 1 else None
        model.tell(trial, Outcome(TrialState.COMPLETED, one, metrics=several))
    values = np.array([cost(trial)[:objectives] for trial in trials])
    return outlook(model, trials, values)


def test_little_is_left_where_the_best_is_known() -> None:
    far = [(2, 2), (5, 30), (12, 12), (3, 38), (14, 25), (9, 5), (1, 17), (15, 36)]
    near = [*far, (30, 8), (30, 9), (29, 8), (31, 8), (30, 7), (38, 8), (30, 20), (24, 3)]
    some, none = gains(far), gains(near)
    assert some.shape == (RUNS,)
    assert (np.diff(some) >= 0.0).all()
    left = min(cost({"x": x, "y": y})[0] for x, y in far)
    assert 0.3 * left < np.median(some) < 2.0 * left
    assert np.median(none) < 0.1 * np.median(some)
    np.testing.assert_array_equal(some, gains(far))


def test_of_several_objectives_the_hypervolume_grows() -> None:
    found = gains([(2, 2), (35, 30), (12, 12), (3, 38), (34, 25), (39, 15)], objectives=2)
    assert np.median(found) > 0.05


def test_the_report_says_it(data: dict[str, Any], front_data: dict[str, Any]) -> None:
    told = data["outlook"]
    assert 0.0 <= told["low"] <= told["median"] <= told["high"] < 1.0
    assert 0.0 <= told["nothing"] <= 1.0
    assert "50 more evaluations, by models of these trials: edp_pj_cycles" in report_page(data)
    assert front_data["outlook"] is None, "without alternatives nothing is simulated or foretold"


def test_an_axis_of_trials_holds_them_all_where_none_failed() -> None:
    drawn = course("t", "v", [[2, 1.0], [40, 3.0]], [], logarithmic=False)
    ticks = [float(x) for x in ("10", "20", "30", "40") if f">{x}</text>" in drawn]
    assert ticks == pytest.approx([10, 20, 30, 40])

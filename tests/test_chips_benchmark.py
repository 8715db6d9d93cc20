"""The page that compares chips of unlike and of like cores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.chips import SPACE, interval, markdown, of_one_template, run
from bohwsw.chips import load_chip_space


def test_like_cores_are_chips_of_the_same_space() -> None:
    chips = load_chip_space(SPACE)
    like = of_one_template(chips, chips.spec.templates[0])
    parameters = {parameter.name: parameter for parameter in like.space.parameters}
    for core in like.spec.cores:
        values = {
            str(point[f"{core}_template"])
            for point in like.space.sample(20, np.random.default_rng(0))
        }
        assert values <= {Path(chips.spec.templates[0]).stem, "none"}
    assert parameters.keys() == {parameter.name for parameter in chips.space.parameters}


def test_unlike_cores_start_from_the_best_of_like_ones_and_the_page_tells_both() -> None:
    results = run(True, lambda _: None)
    (row,) = results["rows"]
    assert row["half_edp"] <= min(row["each"].values())
    assert row["of_half"] == row["unlike_edp"] / row["half_edp"] <= 1.0
    assert row["ratio"] == row["unlike_edp"] / row["like_edp"]
    assert results["ratios"][0]["ratio"] == [row["ratio"]] * 3
    assert all(" mesh_x=32 mesh_y=32 " not in row[f"{kind}_chip"] for kind in ("like", "unlike"))
    page = markdown(results)
    assert "mlp, dqn side by side" in page
    assert f"| 512 | 0 | {row['half_edp']:.4g} | {row['like_edp']:.4g} |" in page
    assert "| mlp, dqn | 2 |" in page


def test_an_interval_holds_the_mean() -> None:
    mean, low, high = interval([0.9, 1.0, 0.8])
    assert low < mean < high
    assert mean == pytest.approx((0.9 * 0.8) ** (1 / 3))

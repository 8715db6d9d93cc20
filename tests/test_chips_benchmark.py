"""The page that compares chips of unlike and of like cores."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.chips import SPACE, markdown, of_one_template
from benchmarks.provenance import provenance
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


def test_the_page() -> None:
    row = {"cores": "any", "seed": 0, "edp": 2e18, "gap": 0.05, "area_mm2": 11.0}
    row |= {"chip": "first nvdla-like", "seconds": 60.0, "wall_seconds": 70.0}
    results = {"benchmark": "chips", "quick": True, "provenance": provenance(), "ratio": 0.9}
    page = markdown({**results, "rows": [row]})
    assert "| any | 0 | 2e+18 | 5.0% | 11.00 | first nvdla-like | 60 | 70 |" in page
    assert "has 0.900 of the EDP" in page

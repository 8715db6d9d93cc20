"""Several values as one: the mean, the worst, a quantile, or the mean of the worst.

The conditional value at risk is that of R. T. Rockafellar and S. Uryasev, "Optimization of
conditional value-at-risk" (2000), of equally probable values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bohwsw.arrays import Values
from bohwsw.checks import real_option
from bohwsw.errors import SpecError, unknown_name

LEVELS = {"quantile": "[0, 1]", "cvar": "(0, 1]"}
AGGREGATES = ("mean", "worst", "min", "max", *LEVELS)


@dataclass(frozen=True)
class Aggregate:
    """One figure of several."""

    kind: str  # ``mean``, ``worst``, ``quantile`` or ``cvar``
    level: float | None = None
    """Of a quantile from the worst (0) to the best (1); of ``cvar`` the share of the worst whose
    mean it is, 1 for the mean of all. None for the others."""

    def __str__(self) -> str:
        return self.kind if self.level is None else f"{self.kind}={self.level:g}"

    def __call__(self, losses: Values) -> Values:
        """Of losses ``[..., n]``, all to be minimised, their aggregate ``[...]``."""
        if self.level is None:
            return np.asarray(losses.mean(-1) if self.kind == "mean" else losses.max(-1))
        if self.kind == "quantile":
            return np.asarray(np.quantile(losses, 1.0 - self.level, axis=-1))
        weights = np.clip(self.level * losses.shape[-1] - np.arange(losses.shape[-1]), 0.0, 1.0)
        return np.asarray(-np.sort(-losses, axis=-1) @ (weights / weights.sum()))


def aggregate_of(text: object, *, maximised: bool | None = None) -> Aggregate:
    """Read ``mean``, ``worst``, ``quantile=0.1`` or ``cvar=0.3``; or one that is read.

    Args:
        maximised: of the figure, whether larger is better: ``min`` is then its worst, ``max`` that
            of one of which less is better. None where both are: strategies minimise.

    Raises:
        SpecError: there is none of this name, its level is missing or outside its interval, or it
            is the best value of the figure.
    """
    if isinstance(text, Aggregate):
        return text
    kind, _, level = (part.strip() for part in str(text).partition("="))
    if kind not in AGGREGATES:
        raise unknown_name("aggregate", kind, AGGREGATES)
    if kind in LEVELS:
        try:
            number: object = float(level)
        except ValueError:
            number = level
        return Aggregate(kind, real_option(kind, number, LEVELS[kind]))
    if level:
        problem = f"{kind} has no level"
        raise SpecError(problem, key_path="aggregate", got=text, expected=", ".join(LEVELS))
    if kind in ("min", "max") and maximised is not None and (kind == "min") is not maximised:
        problem = f"{kind} would be the best of these values"
        raise SpecError(problem, key_path="aggregate", got=kind, expected="worst")
    return Aggregate("worst" if kind in ("min", "max") else kind)

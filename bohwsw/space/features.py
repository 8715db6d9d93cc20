"""What a user knows about a problem, as columns for a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError


@dataclass(frozen=True, eq=False)
class Features:
    """Numbers computed from points, beside or instead of the raw encoding.

    Each is scaled to 0..1 by its range over a fixed sample of valid points, and is a group of its
    own (one length-scale).

    Attributes:
        function: takes the values of ``n`` points, a dict of arrays as `Space.columns` gives them,
            and returns finite numbers ``[n, len(names)]``. It must be a pure function of them.
        names: one a feature.
        replace: whether a model sees the features only.
    """

    function: Callable[[dict[str, npt.NDArray[Any]]], npt.NDArray[np.float64]]
    names: Sequence[str]
    replace: bool = False

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise SpecError("features need a function", got=self.function)
        names = self.names
        if isinstance(names, str) or not names or not all(isinstance(n, str) for n in names):
            raise SpecError("features need a name each", got=names, expected="a list of names")
        if len(set(names)) != len(names):
            raise SpecError("two features have the same name", got=list(names))
        object.__setattr__(self, "names", tuple(names))

    def raw(self, columns: dict[str, npt.NDArray[Any]], n: int) -> npt.NDArray[np.float64]:
        """The features of ``n`` points as they come, float64 ``[n, len(names)]``.

        Raises:
            SpecError: the function failed, or gave another shape or numbers that are not finite.
        """
        try:
            values = np.asarray(self.function(columns), dtype=np.float64)
        except Exception as error:
            raise SpecError(
                "the function of the features failed", got=f"{type(error).__name__}: {error}"
            ) from error
        if values.shape != (n, len(self.names)):
            raise SpecError(
                "features of another shape",
                got=list(values.shape),
                expected=f"[{n}, {len(self.names)}], one column for each of the names",
            )
        finite = np.isfinite(values).all(axis=0)
        if not finite.all():
            name = self.names[int(np.argmin(finite))]
            raise SpecError("a feature is not a finite number", key_path=name)
        return values

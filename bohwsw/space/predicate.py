"""Known constraints that are functions instead of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError

Columns: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""Values of ``n`` points by parameter; see `Space.columns`."""


@dataclass(frozen=True, eq=False)
class Predicate:
    """A known constraint as a vectorised function.

    Attributes:
        function: takes the values of ``n`` points, a dict of arrays as `Space.columns` gives them,
            and returns bool ``[n]``: which points are valid. It must be a pure function of them.
        parameters: the names of the parameters it looks at; it is given no others.
        name: what messages call it.
    """

    function: Callable[[dict[str, npt.NDArray[Any]]], npt.NDArray[np.bool_]]
    parameters: Sequence[str]
    name: str

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise SpecError("a predicate needs a function", key_path=str(self.name))
        if not isinstance(self.name, str) or not self.name.strip():
            raise SpecError("a predicate needs a name", got=self.name)
        names = self.parameters
        if isinstance(names, str) or not names or not all(isinstance(n, str) for n in names):
            raise SpecError(
                "a predicate names the parameters it looks at",
                key_path=self.name,
                got=names,
                expected="a list of at least one name",
            )
        object.__setattr__(self, "parameters", tuple(dict.fromkeys(names)))

    def holds(self, columns: Columns, n: int) -> npt.NDArray[np.bool_]:
        """Which of ``n`` points meet it.

        Raises:
            SpecError: the function failed or did not return bool ``[n]``.
        """
        try:
            result = np.asarray(self.function({name: columns[name] for name in self.parameters}))
        except Exception as error:
            raise SpecError(
                "the function of a predicate failed",
                key_path=self.name,
                got=f"{type(error).__name__}: {error}",
            ) from error
        if result.dtype != bool or result.shape != (n,):
            raise SpecError(
                "a predicate must return one truth value a point",
                key_path=self.name,
                got=f"{result.dtype} {list(result.shape)}",
                expected=f"bool [{n}]",
            )
        return result

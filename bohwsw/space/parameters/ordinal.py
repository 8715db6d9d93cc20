"""A number from a list whose order matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.space.parameters.checks import as_number, check_name, scaled, value_list
from bohwsw.space.parameters.listed import ListedParameter

GEOMETRIC_RATIO = 8.0
"""An ordinal whose largest value is this many times its smallest is encoded by its logarithm."""


@dataclass(frozen=True)
class Ordinal(ListedParameter):
    """A list of numbers whose order matters, such as ``[1, 2, 4, 8]`` or ``[0.5, 0.9, 1.1]``.

    Attributes:
        name: any text; in constraints as it is, or in backticks.
        values: distinct finite numbers; stored in ascending order.
        log: encode the logarithm; None decides by itself: yes if all values are positive and the
            largest is at least `GEOMETRIC_RATIO` times the smallest.
    """

    name: str
    values: Sequence[int | float]
    log: bool | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        values = value_list(f"{self.name}.values", self.values)
        for value in values:
            if as_number(value) is None:
                raise SpecError(
                    "an ordinal holds finite numbers only",
                    key_path=f"{self.name}.values",
                    got=value,
                )
        object.__setattr__(self, "values", tuple(sorted(values)))
        if self.log and self.values[0] <= 0:
            raise SpecError(
                "log needs positive values", key_path=f"{self.name}.values", got=self.values[0]
            )

    is_ordered = True
    is_text = False

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        """float64 ``[n_values]``, what a constraint sees."""
        return np.asarray(self.values, dtype=np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, 1]`` in [0, 1], what a model sees."""
        low, high = self.values[0], self.values[-1]
        geometric = low > 0 and high >= GEOMETRIC_RATIO * low
        return scaled(self.numeric, log=geometric if self.log is None else self.log)

    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them, nor nearly (see `find`)."""
        code = None if isinstance(value, str | bool | np.bool_) else self.find(value)
        if code is None:
            raise SpecError(
                "not a value of this parameter",
                key_path=self.name,
                got=value,
                expected="one of " + ", ".join(map(str, self.values)),
            )
        return code

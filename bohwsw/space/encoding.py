"""What a model sees of rows of codes: raw columns of every parameter, user features, groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.column import Codes
from bohwsw.space.parameters import Parameter

SAMPLE_ROWS = 2000
MARGIN = 0.5
"""A feature may leave the range of the sample by this much before it is cut off."""


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


class Encoder:
    """Encodes rows of codes for a model.

    Args:
        parameters: of the space.
        features: of the user, if there are any.
        columns: values by parameter of rows of codes.
        sample: ``n`` valid rows for a generator; asked only if there are features.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        features: Features | None,
        columns: Callable[[Codes], dict[str, npt.NDArray[Any]]],
        sample: Callable[[int, np.random.Generator], Codes],
    ) -> None:
        self._features = features
        self._columns = columns
        self._sample = sample
        self._range: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
        self._raw: list[tuple[Parameter, slice, slice]] = []
        groups: list[npt.NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        names: list[str] = []
        width = column = n_groups = 0
        for parameter in parameters:
            if features is not None and features.replace:
                break
            own = parameter.encoding_groups
            inside = slice(column, column + parameter.n_columns)
            self._raw.append((parameter, inside, slice(width, width + len(own))))
            groups.append(own + n_groups)
            names.extend(parameter.encoding_names)
            column += parameter.n_columns
            width += len(own)
            n_groups += int(own.max(initial=-1)) + 1
        self._raw_width = width
        if features is not None:
            groups.append(np.arange(len(features.names)) + n_groups)
            names.extend(f"{n} (feature)" if n in names else n for n in features.names)
        self.groups: npt.NDArray[np.int64] = np.concatenate(groups)
        """int ``[width]``: columns with the same number share a length-scale."""
        self.names = tuple(names)
        """A name for people for each group, in the order of their numbers; all distinct."""

    @property
    def is_exact(self) -> bool:
        """Whether different rows are surely encoded differently: unless features stand for them."""
        return self._features is None or not self._features.replace

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.groups)

    def encode(self, rows: Codes) -> npt.NDArray[np.float64]:
        """float64 ``[n, width]`` of rows of codes ``[n, n_columns]``."""
        encoded = np.empty((len(rows), self.width))
        for parameter, inside, outside in self._raw:
            encoded[:, outside] = parameter.encode(rows[:, inside])
        if self._features is not None and len(rows):
            low, span = self._feature_range(self._features)
            raw = self._features.raw(self._columns(rows), len(rows))
            scaled = np.clip((raw - low) / span, -MARGIN, 1.0 + MARGIN)
            encoded[:, self._raw_width :] = scaled
        return encoded

    def feature(self, encoded: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
        """The values ``[n]`` of a feature from encoded rows ``[n, width]``, in its own unit.

        Raises:
            SpecError: there is no such feature.
        """
        names = () if self._features is None else tuple(self._features.names)
        if self._features is None or name not in names:
            raise unknown_name("feature", name, names)
        index = names.index(name)
        low, span = self._feature_range(self._features)
        values: npt.NDArray[np.float64] = (
            low[index] + span[index] * encoded[:, self._raw_width + index]
        )
        return values

    def _feature_range(
        self, features: Features
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The lowest value of each feature over a fixed sample, and its spread."""
        if self._range is None:
            rows = self._sample(SAMPLE_ROWS, np.random.default_rng(0))
            values = features.raw(self._columns(rows), len(rows))
            low = values.min(axis=0)
            span = values.max(axis=0) - low
            self._range = low, np.where(span > 0, span, 1.0)
        return self._range

"""What a model sees of points: raw columns of every parameter, features of the user, groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.column import Codes
from bohwsw.space.parameters import Categorical, Conditional, Parameter

SAMPLE_ROWS = 2000
MIN_ALIKE = 3
"""Of so many choices with so many values, the same ones, the values are counted."""

COUNT_SCALE = 2.0
"""Diameter of the shares, about: they tell more than any one of the choices."""

MARGIN = 0.5
"""A feature may leave the range of the sample by this much before it is cut off."""


@dataclass(frozen=True, eq=False)
class Features:
    """Numbers computed from points, beside or instead of the raw encoding.

    Each is scaled to 0..1 by its range over a fixed sample of valid points.

    Attributes:
        function: takes the values of ``n`` points, a dict of arrays as `Space.columns` gives them,
            and returns finite numbers ``[n, len(names)]``. It must be a pure function of them.
        replace: whether a model sees the features only.
        together: whether they share a length-scale; else each has its own.
    """

    function: Callable[[dict[str, npt.NDArray[Any]]], npt.NDArray[np.float64]]
    names: Sequence[str]
    replace: bool = False
    together: bool = False

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
            got = f"{type(error).__name__}: {error}"
            raise SpecError("the function of the features failed", got=got) from error
        if values.shape != (n, len(self.names)):
            expected = f"[{n}, {len(self.names)}], one column for each of the names"
            raise SpecError("features of another shape", got=list(values.shape), expected=expected)
        finite = np.isfinite(values).all(axis=0)
        if not finite.all():
            name = self.names[int(np.argmin(finite))]
            raise SpecError("a feature is not a finite number", key_path=name)
        return values


@dataclass(frozen=True)
class Counts:
    """How often each value occurs among choices that have the same values.

    Operators of a network's layers, kinds of a machine's units: much of what is measured follows
    their numbers, wherever they stand.
    """

    names: tuple[str, ...]
    columns: tuple[int, ...]  # of a row of codes, theirs ``[n]``
    n_values: int  # of each; an inactive one has no value

    def encode(self, rows: Codes) -> npt.NDArray[np.float64]:
        """``[n_rows, n_values]``: shares, times `COUNT_SCALE`."""
        chosen = rows[:, self.columns]
        each = [(chosen == code).mean(axis=1) for code in range(self.n_values)]
        return COUNT_SCALE * np.stack(each, axis=1)


class PointEncoding:
    """The part of `Space` that a model sees."""

    parameters: tuple[Parameter, ...]
    features: Features | None
    _places: dict[str, npt.NDArray[np.intp]]
    """The columns of a row that belong to each parameter."""

    row: Callable[[Mapping[str, Any]], Codes]
    columns: Callable[[Codes], dict[str, npt.NDArray[Any]]]
    sample_rows: Callable[[int, np.random.Generator], Codes]

    @property
    def encoding_is_exact(self) -> bool:
        """Whether different points are surely encoded differently: unless features replace them."""
        return self.features is None or not self.features.replace

    @cached_property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        """int ``[width]``: encoded columns with the same number share a length-scale."""
        groups = [np.zeros(0, dtype=np.int64)]
        n_groups = 0
        for parameter in self._raw:
            own = parameter.encoding_groups
            groups.append(own + n_groups)
            n_groups += int(own.max(initial=-1)) + 1
        for counts in self._counts:
            groups.append(np.full(counts.n_values, n_groups))
            n_groups += 1
        if self.features is not None:
            own = np.arange(len(self.features.names))
            groups.append(n_groups + (0 * own if self.features.together else own))
        return np.concatenate(groups)

    @cached_property
    def encoding_names(self) -> tuple[str, ...]:
        """Distinct names for people of `encoding_groups`, in their order.

        A parameter, a slot of a factorisation (``tile[1]``), a view of a permutation (``order
        (precedence)``) or a feature.
        """
        names = [name for parameter in self._raw for name in parameter.encoding_names]
        own = self.features.names if self.features is not None else ()
        if self.features is not None and self.features.together:
            own = (f"{own[0]} to {own[-1]}",)
        names += [f"{counts.names[0]} to {counts.names[-1]} (counts)" for counts in self._counts]
        return (*names, *(f"{name} (feature)" if name in names else name for name in own))

    def encoded_columns(self, names: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Which columns ``[width]`` of encoded points tell of some parameters or features.

        Raises:
            SpecError: there is none of that name.
        """
        wanted = set(names)
        known = [parameter.name for parameter in self.parameters]
        own = () if self.features is None else tuple(self.features.names)
        for name in wanted:
            if name not in (*known, *own):
                raise unknown_name("parameter or feature", name, [*known, *own])
        parts = [np.full(len(x.encoding_groups), x.name in wanted) for x in self._raw]
        parts += [np.zeros(counts.n_values, dtype=bool) for counts in self._counts]
        return np.concatenate([*parts, np.array([name in wanted for name in own], dtype=bool)])

    def positions(self, encoded: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The columns of encoded points in which distances are those of points: without counts."""
        widths = sum(len(parameter.encoding_groups) for parameter in self._raw)
        counted = sum(counts.n_values for counts in self._counts)
        return np.delete(encoded, np.s_[widths : widths + counted], axis=1) if counted else encoded

    @property
    def width(self) -> int:
        """The number of columns of an encoded point."""
        return len(self.encoding_groups)

    @property
    def _raw(self) -> tuple[Parameter, ...]:
        return self.parameters if self.encoding_is_exact else ()

    @cached_property
    def _counts(self) -> tuple[Counts, ...]:
        """Of each list of values that enough unordered choices share."""
        alike: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
        for parameter in self._raw:
            plain = parameter.parameter if isinstance(parameter, Conditional) else parameter
            if isinstance(plain, Categorical) and not plain.is_ordered:
                key = tuple((type(value), value) for value in plain.values)
                alike.setdefault(key, []).append(
                    (parameter.name, int(self._places[parameter.name][0]))
                )
        return tuple(
            Counts(tuple(name for name, _ in found), tuple(k for _, k in found), len(values))
            for values, found in alike.items()
            if min(len(found), len(values)) >= MIN_ALIKE and self.encoding_is_exact
        )

    def encode(self, points: Iterable[Mapping[str, Any]]) -> npt.NDArray[np.float64]:
        """What a model sees: float64 ``[n_points, width]``.

        Raw columns are in [0, 1] and scaled so that each group of columns (`encoding_groups`) has
        diameter 1: logarithms for geometric ordinals, one-hot columns for categoricals of three
        values or more, shares of the logarithm for factorisations, three views of a permutation.
        """
        n_columns = sum(parameter.n_columns for parameter in self.parameters)
        rows = [self.row(point) for point in points]
        return self.encode_rows(np.array(rows, dtype=np.int32).reshape(-1, n_columns))

    def encode_rows(self, rows: Codes) -> npt.NDArray[np.float64]:
        """The same for rows of codes ``[n, n_columns]``."""
        encoded = np.empty((len(rows), self.width))
        start = 0
        for parameter in self._raw:
            raw = parameter.encode(rows[:, self._places[parameter.name]])
            encoded[:, start : start + raw.shape[1]] = raw
            start += raw.shape[1]
        for counts in self._counts:
            encoded[:, start : start + counts.n_values] = counts.encode(rows)
            start += counts.n_values
        if self.features is not None and len(rows):
            low, span = self._feature_range
            raw = self.features.raw(self.columns(rows), len(rows))
            encoded[:, start:] = np.clip((raw - low) / span, -MARGIN, 1.0 + MARGIN)
        return encoded

    def feature(self, encoded: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
        """The values ``[n]`` of a feature from encoded points ``[n, width]``, in its own unit.

        A feature that leaves its range over random points by half of it is cut off there.
        """
        names = () if self.features is None else tuple(self.features.names)
        if name not in names:
            raise unknown_name("feature", name, names)
        index = names.index(name)
        low, span = self._feature_range
        column = encoded[:, self.width - len(names) + index]
        return np.asarray(low[index] + span[index] * column)

    @cached_property
    def _feature_range(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The lowest value of each feature over a fixed sample, and its spread."""
        assert self.features is not None  # nobody else asks
        rows = self.sample_rows(SAMPLE_ROWS, np.random.default_rng(0))
        values = self.features.raw(self.columns(rows), len(rows))
        low = values.min(axis=0)
        span = values.max(axis=0) - low
        return low, np.where(span > 0, span, 1.0)

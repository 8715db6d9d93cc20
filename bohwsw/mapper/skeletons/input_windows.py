"""How much of Inputs comes along an axis, at least: ``docs/mapper.md`` has the proof.

Along the width P and R move a tile, along the height Q and S. Where moves of both coincide, rule 3
of ``docs/counting-rules.md`` takes a tile as held that never came. So not every element is fetched,
but of each such order of loops it is known which are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from bohwsw.workload import Layer

MOST_PAIRS, MOST_TAPS = 20_000, 16
"""Outputs times taps of an axis, and taps; beyond, moves that coincide leave one element."""

Marks = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class InputAxis:
    """Width or height of Inputs: output p and tap r meet at p x stride + r x dilation."""

    outputs: int
    taps: int
    stride: int
    dilation: int

    @property
    def width(self) -> int:
        """Of the box around all elements, gaps included."""
        return (self.outputs - 1) * self.stride + (self.taps - 1) * self.dilation + 1

    @property
    def elements(self) -> int:
        """Different elements."""
        return int(self.elements_of(np.array(self.outputs), np.array(self.taps)))

    @property
    def _is_large(self) -> bool:
        return self.taps > MOST_TAPS or self.outputs * self.taps > MOST_PAIRS

    def elements_of(self, outputs: Indices, taps: Indices) -> Indices:
        """Different elements of tiles; see ``distinct_pair_sums`` of the simulator."""
        divisor = math.gcd(self.stride, self.dilation)
        a, b = self.stride // divisor, self.dilation // divisor
        return np.asarray(outputs * taps - np.maximum(0, outputs - b) * np.maximum(0, taps - a))

    def delivered(self, beside: tuple[int, int] = (1, 1)) -> Floats:
        """Elements that come at least, tiles side by side once what they share.

        Args:
            beside: how many tiles stand side by side along outputs and taps, in the spatial loops
                just outside a tile.

        Returns:
            4 x outputs x taps, by the outputs and taps of a tile: where the innermost loop is over
            outputs, where it leaves Inputs in place, where it is over taps, and where each step
            fetches the tile as a whole.
        """
        out, tap = np.arange(1, self.outputs + 1)[:, None], np.arange(1, self.taps + 1)[None, :]
        outs, taps = (
            np.minimum(out * beside[0], self.outputs),
            np.minimum(tap * beside[1], self.taps),
        )
        along_outputs = self._whole(np.array(self.outputs), taps)
        along_taps = self._whole(outs, np.array(self.taps))
        whole = self._whole(outs, taps)
        coincide = (outs < self.outputs) & (taps < self.taps) & self._can_coincide(outs)
        # In each round of taps a step brings at least what its outputs move by, and the reverse.
        rounds = _ends(self.taps, tap, taps, self.dilation, self.stride)
        fewest = np.maximum(self._along_outputs, self.outputs * rounds)
        rounds = _ends(self.outputs, out, outs, self.stride, self.dilation)
        other = np.maximum(self._along_taps[:, None], self.taps * rounds)
        ways = (along_outputs, fewest), (whole, self._at_rest), (along_taps, other), (whole, whole)
        return np.array(
            [
                np.where(coincide, np.minimum(usual, least), usual).astype(np.float64)
                for usual, least in ways
            ]
        )

    def by_width(self, beside: tuple[int, int], most: int) -> Floats:
        """The least of ``delivered`` (2 x most) over the tiles at most so wide, gaps included.

        Row 0: whatever the innermost loop; row 1: where tiles come as a whole. Infinite where no
        tile is so small.
        """
        delivered = self.delivered(beside)
        out, tap = np.arange(self.outputs)[:, None], np.arange(self.taps)[None, :]
        width = np.minimum(out * self.stride + tap * self.dilation, most).ravel()
        least = np.full((2, most + 1), np.inf)
        for row, found in zip(least, (delivered.min(axis=0), delivered[3]), strict=True):
            np.minimum.at(row, width, found.ravel())
        return np.minimum.accumulate(least, axis=1)[:, :most]

    @cached_property
    def least(self) -> float:
        """The least of ``delivered`` over all tiles, wherever others stand."""
        near = self._along_taps[self._can_coincide(np.arange(1, self.outputs + 1))]
        return float(min(self.elements, self._at_rest, self._along_outputs, *near))

    def _can_coincide(self, outputs: Indices) -> Marks:
        """Whether steps of so many outputs may equal the sum of steps of loops over taps."""
        return outputs * self.stride <= 2 * (self.taps - 1) * self.dilation

    def _whole(self, outputs: Indices, taps: Indices) -> Indices:
        """Different elements of each tile, summed over the tiles."""
        (often, rest), (again, last) = divmod(self.outputs, outputs), divmod(self.taps, taps)
        return np.asarray(
            often * (again * self.elements_of(outputs, taps) + self.elements_of(outputs, last))
            + again * self.elements_of(rest, taps)
            + self.elements_of(rest, last)
        )

    @cached_property
    def _at_rest(self) -> int:
        """Different elements fetched where the innermost loop leaves Inputs in place."""
        if self.outputs == 1 or self.taps == 1:
            return self.elements
        if self._is_large:
            return 1
        outputs, taps = np.arange(self.outputs), np.arange(self.taps)
        least = self.elements
        for first, steps, moved in _loops(self.taps, taps < 0):
            if steps * self.dilation % self.stride == 0:  # a loop over outputs can outweigh them
                boxes = (outputs, taps[moved]), (outputs[:1], taps[:first])
                least = min(least, self._different(*boxes))
        for step in range(1, (self.taps - 1) * self.dilation // self.stride + 1):
            before = taps[taps * self.dilation < step * self.stride]
            for bound in range(2, -(-self.outputs // step) + 1):
                later = outputs[outputs // step % bound > 0]
                least = min(least, self._different((later, taps), (outputs[:step], before)))
        return least

    @cached_property
    def _along_taps(self) -> Indices:
        """The same where it is over taps and moves coincide, by the outputs of a tile."""
        if self._is_large:
            return np.ones(self.outputs, dtype=np.int64)
        sizes = self.taps, self.dilation, self.outputs, self.stride
        return np.array([_fetched_along(*sizes, tile) for tile in range(1, self.outputs + 1)])

    @cached_property
    def _along_outputs(self) -> int:
        """The same where it is over outputs, for all tiles."""
        if self._is_large:
            return 1
        sizes = self.outputs, self.stride, self.taps, self.dilation
        return min(_fetched_along(*sizes, tile) for tile in range(1, self.taps + 1))

    def _different(self, *boxes: tuple[Indices, Indices]) -> int:
        sums = [np.add.outer(a * self.stride, b * self.dilation).ravel() for a, b in boxes]
        return len(np.unique(np.concatenate(sums)))


def input_axes(layer: Layer) -> tuple[InputAxis, InputAxis]:
    """Width and height."""
    return (
        _axis(layer.P, layer.R, layer.stride_w, layer.dilation_w),
        _axis(layer.Q, layer.S, layer.stride_h, layer.dilation_h),
    )


@lru_cache(maxsize=64)
def _axis(outputs: int, taps: int, stride: int, dilation: int) -> InputAxis:
    """One for all that ask, with what it has found out."""
    return InputAxis(outputs, taps, stride, dilation)


def least_inputs(layer: Layer) -> float:
    """Elements of Inputs that any level receives at least; of true extents nothing is said."""
    if layer.is_padded:
        return 0.0
    width, height = input_axes(layer)
    least = min(width.least * height.elements, width.elements * height.least)
    return layer.N * layer.G * layer.C * least


def _ends(size: int, tile: Indices, side_by_side: Indices, step: int, other_step: int) -> Indices:
    """Elements at the end of a tile that a step along the other dimension brings, in all rounds."""
    rounds = -(-size // side_by_side)
    last = np.minimum(tile, size - (rounds - 1) * side_by_side)
    first, final = (np.minimum(other_step, step * (n - 1) + 1) for n in (tile, last))
    return np.asarray((rounds - 1) * first + final)


def _loops(size: int, moved: Marks, step: int = 1) -> Iterator[tuple[int, int, Marks]]:
    """Loops over a dimension, the innermost first: its step, the sum of steps, what they move to.

    Args:
        moved: the indices at which a loop further in is not at its start.
        step: a divisor of the step of the next loop.
    """
    index = np.arange(size)
    for first in range(step, size, step):
        for bound in range(2, -(-size // first) + 1):
            marks = moved | (index // first % bound > 0)
            yield first, first, marks
            for _, steps, more in _loops(size, marks, first * bound):
                yield first, first + steps, more


def _fetched_along(size: int, step: int, other: int, other_step: int, tile: int) -> int:
    """Different elements fetched where a loop over a dimension slides the tile.

    Each step brings the elements at the tile's end. Of a row, the tiles of the same indices of the
    other dimension, what lies before may be missing, but for the first row.
    """
    row = np.arange(other)
    end = np.minimum((row // tile + 1) * tile, other) - 1
    elements = np.add.outer(row * other_step, np.arange(size) * step)
    come = (elements > (end * other_step - step)[:, None]) | (row < tile)[:, None]
    return len(np.unique(elements[come]))

"""Layers of an FPGA engine cut into groups: exact, for the least cycles within a number of LUTs.

As in Lu et al. (arXiv:1911.00105): inside a group all layers are on the FPGA and work as a
pipeline, so that LUTs add up and the slowest layer counts; groups follow one another with the FPGA
configured for each, so that cycles add up and the largest group counts. Each layer has any tiles
Tn <= N, Tm <= M. Neither sum falls when a part gets worse in LUTs or cycles, so that it is enough
to keep the Pareto front of (LUTs, cycles) of each group and of each beginning of the network; the
paper's dynamic programme keeps less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.tech.fpga import FpgaUsage
from bohwsw.tech.lu2019 import ConvolutionEngine, lu2019_usage

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Partition:
    """Engines in groups."""

    groups: tuple[tuple[ConvolutionEngine, ...], ...]  # the layers in turn, with their tiles
    luts: float  # of the largest group
    cycles: float  # for one image


@dataclass(frozen=True)
class _Front:
    """Designs, none of which is beaten by another one, by rising LUTs."""

    luts: Numbers  # ``[n]``
    cycles: Numbers  # ``[n]``
    parts: npt.NDArray[np.intp]  # for each what it is made of: indices into two fronts


def groups_usage(groups: Sequence[Sequence[FpgaUsage]]) -> FpgaUsage:
    """What groups of engines take together, see the head of the module.

    Raises:
        SpecError: no group, or an empty one.
    """
    if not groups or not all(groups):
        raise SpecError("not groups", got=list(groups), expected="groups of at least one layer")
    return FpgaUsage(
        luts=max(sum(each.luts for each in group) for group in groups),
        cycles=sum(max(each.cycles for each in group) for group in groups),
    )


def best_partition(layers: Sequence[ConvolutionEngine], most_luts: float) -> Partition:
    """The partition and tiles with the fewest cycles; of these the fewest LUTs.

    Args:
        layers: in turn; their tiles are chosen anew.
        most_luts: what there is.

    Raises:
        SpecError: no layer, or one that needs more LUTs with every tile.
    """
    if not layers:
        raise SpecError("no layers", key_path="layers", got=[], expected="at least one")
    options = [_options(layer) for layer in layers]
    singles = [_single(each, most_luts) for each in options]
    for position, single in enumerate(singles):
        if not len(single.luts):
            least = min(usage.luts for _, usage in options[position])
            raise SpecError(
                "a layer needs more look-up tables than there are",
                key_path=f"layers[{position}]",
                got=most_luts,
                expected=f"at least {least:,.0f}",
            )
    group = _groups(singles, most_luts)
    until = _beginnings(len(layers), group, most_luts)
    groups: list[tuple[ConvolutionEngine, ...]] = []
    chosen, end = len(until[-1].luts) - 1, len(layers)
    luts, cycles = float(until[-1].luts[chosen]), float(until[-1].cycles[chosen])
    while end:
        begin, before, at = until[end].parts[chosen].tolist()
        engines = []
        for last in range(end, begin, -1):
            single = at
            if last > begin + 1:
                at, single = group[begin, last].parts[at].tolist()
            engines.append(options[last - 1][singles[last - 1].parts[single][0]][0])
        groups.append(tuple(reversed(engines)))
        chosen, end = before, begin
    return Partition(tuple(reversed(groups)), luts, cycles)


def least_luts(layers: Sequence[ConvolutionEngine]) -> float:
    """What the layer that needs most needs at least: with fewer there is no partition."""
    return max(min(usage.luts for _, usage in _options(layer)) for layer in layers)


def _single(options: Sequence[tuple[ConvolutionEngine, FpgaUsage]], most: float) -> _Front:
    """The front of one layer."""
    return _front(
        np.array([usage.luts for _, usage in options]),
        np.array([usage.cycles for _, usage in options]),
        np.arange(len(options))[:, None],
        most,
    )


def _groups(singles: Sequence[_Front], most: float) -> dict[tuple[int, int], _Front]:
    """The front of each group, by its begin and its end."""
    found = {}
    for begin, single in enumerate(singles):
        found[begin, begin + 1] = single
        for end in range(begin + 2, len(singles) + 1):
            before = found[begin, end - 1]
            found[begin, end] = _joined(before, singles[end - 1], np.add, np.maximum, most)
    return found


def _beginnings(n: int, group: dict[tuple[int, int], _Front], most: float) -> list[_Front]:
    """The front of the first 0, 1 ... n layers; parts: begin of the last group, what is before."""
    found = [_Front(np.zeros(1), np.zeros(1), np.zeros((1, 3), np.intp))]
    for end in range(1, n + 1):
        ways = [
            _joined(found[begin], group[begin, end], np.maximum, np.add, most)
            for begin in range(end)
        ]
        parts = [np.insert(way.parts, 0, begin, axis=1) for begin, way in enumerate(ways)]
        found.append(
            _front(
                np.concatenate([way.luts for way in ways]),
                np.concatenate([way.cycles for way in ways]),
                np.concatenate(parts),
                most,
            )
        )
    return found


@lru_cache(1024)
def _options(layer: ConvolutionEngine) -> Sequence[tuple[ConvolutionEngine, FpgaUsage]]:
    """The layer with the smallest tiles of each number of steps."""
    found = []
    for tn in _tiles(layer.inputs):
        for tm in _tiles(layer.outputs):
            engine = replace(layer, tn=tn, tm=tm)
            found.append((engine, lu2019_usage(engine)))
    return found


def _tiles(size: int) -> list[int]:
    return sorted({math.ceil(size / steps) for steps in range(1, size + 1)})


def _joined(one: _Front, other: _Front, luts: np.ufunc, cycles: np.ufunc, most: float) -> _Front:
    """All pairs of two fronts."""
    pairs = np.indices((len(one.luts), len(other.luts))).reshape(2, -1).T
    return _front(
        luts.outer(one.luts, other.luts).ravel(),
        cycles.outer(one.cycles, other.cycles).ravel(),
        pairs,
        most,
    )


def _front(luts: Numbers, cycles: Numbers, parts: npt.NDArray[np.intp], most: float) -> _Front:
    """Those that no other one beats, within the look-up tables that there are."""
    order = np.lexsort((cycles, luts))
    order = order[luts[order] <= most]
    ordered = cycles[order]
    least = np.minimum.accumulate(np.concatenate([[np.inf], ordered]))[:-1]
    kept = order[ordered < least]
    return _Front(luts[kept], cycles[kept], parts[kept])

"""What a machine holds and fans out to, packed for compiled functions, in units of bits.

An element of a data space has as many bits as its layer says, else as many as a word of the level
that keeps it. At each level everything is counted in *units*: the most bits that divide the word
and the elements alike. Where the layer says nothing a unit is a word, and all counts are words.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from math import gcd
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError, SpecWarning
from bohwsw.workload import Layer, Network

UNLIMITED = -1
"""Capacity of a level without limit."""

OPERANDS = ("Weights", "Inputs")
"""The data spaces that a multiply-accumulate multiplies."""

MOST_UNITS = 2**61
"""Of a layer at a level; their sum over data spaces fits 64-bit integers."""

Integers = npt.NDArray[np.int64]


class Limits(NamedTuple):
    """One machine, seen by a layer."""

    units: Integers  # int64, L x 3; units of one element of each data space at each level
    capacity: Integers  # int64, L; units of one instance, ``UNLIMITED`` for no limit
    fanout: Integers  # int64, L x 2; children of one instance on (X, Y)
    operands: float
    """Bits of the widest operand over those that a MAC takes, if that is above 1: then no mapping
    is valid; else 0."""


def limits_of(layer: Layer, architecture: Architecture) -> Limits:
    """Pack the limits of a machine for a layer."""
    levels = architecture.levels
    word_units, units = units_of(layer, np.array([level.word_bits for level in levels]))
    entries = np.array([UNLIMITED if x.entries is None else x.entries for x in levels])
    return Limits(
        units=units,
        capacity=capacity_units(entries, word_units),
        fanout=np.array([architecture.fanout(i) for i in range(len(levels))], dtype=np.int64),
        operands=float(excess_of_operands(layer, architecture.mac.word_bits)),
    )


def units_of(layer: Layer, word_bits: Integers) -> tuple[Integers, Integers]:
    """Units of a word, and of an element of each data space (a last axis of 3), at some levels.

    Raises:
        SpecError: there are more than 64-bit integers can count.
    """
    given = np.array([bits or 0 for bits in layer.bits.values()], dtype=np.int64)
    bits = np.where(given > 0, given, word_bits[..., None])
    unit = np.gcd(np.gcd.reduce(bits, axis=-1), word_bits)
    units = bits // unit[..., None]
    most = int(units.max())
    if most > 1 and layer.most_words > MOST_UNITS // most:
        raise SpecError(
            f"more bits than 64-bit integers can count: layer {layer.name!r} has up to "
            f"{layer.most_words:.4g} words, each of {most} units",
            key_path="bits",
            got=layer.bits,
            expected=f"at most {MOST_UNITS / most:.4g} words with these bits",
        )
    return word_bits // unit, units


def capacity_units(entries: Integers, word_units: Integers) -> Integers:
    """Units that levels hold, by their entries."""
    return np.where(entries < 0, UNLIMITED, entries * word_units)


def excess_of_operands(layer: Layer, mac_bits: Integers | int) -> npt.NDArray[np.float64]:
    """See ``Limits.operands``, for one machine or many."""
    ratio = max(layer.bits[space] or 0 for space in OPERANDS) / np.asarray(mac_bits)
    return np.where(ratio > 1.0, ratio, 0.0)


def level_units(layer: Layer, word_bits: int) -> tuple[int, dict[str, int]]:
    """Units of a word of one level, and of an element of each data space."""
    bits = {space: given or word_bits for space, given in layer.bits.items()}
    unit = gcd(word_bits, *bits.values())
    return word_bits // unit, {space: width // unit for space, width in bits.items()}


def warn_of_widths(networks: Iterable[Network], cores: Iterable[Architecture]) -> None:
    """Say where layers have operands of other bits than those that a core multiplies.

    Warns:
        SpecWarning: once for each network and core. Wider operands are refused there, narrower ones
            take fewer bits and less energy, but no less time.
    """
    machines = list(cores)
    for network in networks:
        bits = {
            (space, entry.layer.bits[space] or 0)
            for entry in network.unique_layers()
            for space in ("Weights", "Inputs")
        }
        for core in machines:
            own = core.mac.word_bits
            other = [f"{space} of {x} bits" for space, x in sorted(bits) if x not in (0, own)]
            if other:
                text = f"{network.name} has {', '.join(other)}; {core.name} multiplies {own} bits"
                warnings.warn(SpecWarning(text), stacklevel=3)

"""Bits that a network says beside those that a machine multiplies."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from bohwsw.arch import Architecture
from bohwsw.errors import SpecWarning
from bohwsw.workload import Network


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

"""Latency tables as figures of designs: what a network takes elsewhere than on the machine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from bohwsw.accuracy import LatencyTable
from bohwsw.codesign import FIGURES, Figure, Networks, register_figure
from bohwsw.errors import SpecError


def register_tables(tables: Iterable[LatencyTable]) -> None:
    """Make each table's figure an objective and a limit; one of its name that was here gives way.

    Raises:
        SpecError: a figure that is none of a table has the name.
    """
    for table in tables:
        known = FIGURES.get(table.figure)
        if known is not None and getattr(known.of, "func", None) is not _of:
            problem = "a figure of designs has the name of the table's"
            raise SpecError(problem, key_path="figure", got=table.figure, expected="another name")
        unit = table.figure.rpartition("_")[2]
        register_figure(Figure(table.figure, unit, of=partial(_of, table)))


def known_to(tables: Iterable[LatencyTable], networks: Networks) -> Networks:
    """The networks, if each table has all entries of each; see `LatencyTable`.

    Raises:
        SpecError: an entry is missing.
    """
    for table in tables:
        for knobs, network in zip(networks.knobs, networks.networks, strict=True):
            table(knobs, network)
    return networks


def _of(table: LatencyTable, design: Any) -> float | None:
    """The table's figure of a design of one network; None if it does not know the network."""
    network = design.networks[0]
    try:
        return table(network.knobs, network.network)
    except SpecError:
        return None

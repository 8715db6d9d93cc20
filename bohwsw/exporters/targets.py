"""What designs can be exported to, by name; a new target is a function and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bohwsw.codesign import Design, MappedLayer
from bohwsw.errors import SpecError, unknown_name
from bohwsw.exporters.accelforge_target import accelforge
from bohwsw.exporters.export import Export, counted_with_padding, write_folder
from bohwsw.exporters.plain_files import (
    design_as_json,
    design_as_table,
    loops_in_c,
    loops_in_python,
    loops_to_read,
)
from bohwsw.exporters.stream_target import stream
from bohwsw.exporters.timeloop_target import timeloop
from bohwsw.exporters.zigzag_target import zigzag

UNSAID = (
    "That the steps of a layer wait for one another ({layers}): the mapping runs them in their"
    " order, outside of all other loops; the target does not know that it must."
)

PADDED = (
    "What is padding among the Inputs ({layers}): here they are as large as there truly is, for the"
    " target as large as the filter reaches over, so that it may count more words."
)

SPARSE = (
    "Which share of the values is not zero ({layers}), and what a machine saves on zeros: the"
    " target has the dense layers, which cost more."
)

EXPORTERS: dict[str, Callable[[Design], Export]] = {
    "timeloop": timeloop,
    "accelforge": accelforge,
    "zigzag": zigzag,
    "stream": stream,
    "json": design_as_json,
    "table": design_as_table,
    "loops": loops_to_read,
    "c": loops_in_c,
    "python": loops_in_python,
}


def export_design(design: Design, to: str, folder: str | Path) -> Path:
    """Write a design for a target into a new folder; it is there whole or not at all.

    Args:
        design: every layer with a mapping is written, others are named in the README.md.
        to: one of ``EXPORTERS``.
        folder: where to; new or empty.

    Returns:
        The folder.

    Raises:
        SpecError: an unknown target, or one that cannot hold the design.
        ResultFolderError: the folder has something in it or cannot be written.
    """
    if to not in EXPORTERS:
        raise unknown_name("format to export to", to, sorted(EXPORTERS)).within(key_path="--to")
    if not design.layers:
        raise SpecError("no layer of the design has a mapping", got=design.network)
    made = EXPORTERS[to](design)
    unmapped = tuple(f"{x.entry.name} has no mapping: {x.reason}" for x in design.unmapped)
    layers = [mapped.entry.layer for mapped in design.layers]
    waiting = [f"{layer.name} along {layer.sequential}" for layer in layers if layer.sequential]
    padded = [
        f"{mapped.entry.layer.name} {_extents(mapped, design)}"
        for mapped in design.layers
        if mapped.entry.layer.is_padded
    ]
    unsaid = tuple(
        text.format(layers=", ".join(names))
        for text, names, said in (
            (UNSAID, waiting, ("json",)),
            (PADDED, padded, ("json", "table")),
            (SPARSE, [x.name for x in layers if x.dense is not x], ("json", "table")),
        )
        if names and to not in said
    )
    made = replace(made, lost=(*unmapped, *unsaid, *made.lost))
    return write_folder(Path(folder), {**made.files, "README.md": made.readme(design)})


def _extents(mapped: MappedLayer, design: Design) -> str:
    """The true extents of a layer's Inputs, and what its padding would cost."""
    extents = " x ".join(map(str, mapped.entry.layer.input_extents))
    try:
        counted = counted_with_padding(mapped, design.core_of(mapped))
    except SpecError as error:
        return f"{extents}; {' '.join(str(error).split())}"
    return (
        f"{extents}: {mapped.evaluation.energy_pj:,.1f} pJ, with padding {counted.energy_pj:,.1f};"
        f" {mapped.evaluation.latency_cycles:,} cycles, with padding {counted.latency_cycles:,}"
    )

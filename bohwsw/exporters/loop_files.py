"""The loop nests of a design as pseudo-code, C and Python, one file a layer."""

from __future__ import annotations

from collections.abc import Callable

from bohwsw.arch import Architecture
from bohwsw.codesign import Design
from bohwsw.exporters.export import Export, counts_line, layer_folders
from bohwsw.exporters.loops import c_loops, pseudo_code, python_loops
from bohwsw.mapping import Mapping
from bohwsw.workload import Layer

ORDER = (
    "Loops over children of a level, which the machine runs side by side, run one after the other.",
    "The copies between levels are comments: tiles and what buffers hold are told, not performed.",
)


def loops_to_read(design: Design) -> Export:
    """Pseudo-code with tile sizes and the contents of buffers."""
    return Export("people", _files(design, pseudo_code, "txt"), (counts_line(design),))


def loops_in_python(design: Design) -> Export:
    """Functions on numpy arrays."""
    how = (
        "Each file has a function `(weights, inputs, outputs)` on numpy arrays that adds to"
        " `outputs`; the shapes stand at its head. Meant for checking, not for speed.",
        "",
        counts_line(design),
    )
    return Export("Python 3", _files(design, python_loops, "py"), how, ORDER)


def loops_in_c(design: Design) -> Export:
    """C99 functions on flat arrays."""
    how = (
        "Each file has a function `(weights, inputs, outputs)` on arrays that are stored row by"
        " row; the shapes stand at its head.",
        "`cc -O2 -std=c99 -DVALUE=float -c FILE.c` compiles it.",
        "",
        counts_line(design),
    )
    return Export("C99", _files(design, c_loops, "c"), how, ORDER)


def _files(
    design: Design, text: Callable[[Layer, Architecture, Mapping], str], ending: str
) -> dict[str, str]:
    return {
        f"{name.replace('.', '_')}.{ending}": text(
            mapped.entry.layer, design.core_of(mapped).architecture, mapped.mapping
        )
        for name, mapped in layer_folders(design)
    }

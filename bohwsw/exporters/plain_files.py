"""A design as JSON, as a table with a row for each layer, and as loop nests, one file a layer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from bohwsw.arch import Architecture
from bohwsw.codesign import Design, design_data
from bohwsw.errors import SpecError
from bohwsw.exporters.export import Export, counts_line, layer_folders
from bohwsw.exporters.loops import c_loops, pseudo_code, python_loops
from bohwsw.mapping import Mapping
from bohwsw.simulator import case_data
from bohwsw.workload import DIMENSIONS, EXTENTS, Layer, layer_data

ORDER = (
    "Loops over children of a level, which the machine runs side by side, run one after the other.",
    "The copies between levels are comments: tiles and what buffers hold are told, not performed.",
)


def design_as_json(design: Design) -> Export:
    """Figures, counts of every level, loop nests and sizes of all layers; each as a case, too."""
    data = design_data(design)
    sizes = {mapped.entry.layer.name: layer_data(mapped.entry) for mapped in design.layers}
    text = json.dumps({**data, "sizes": sizes}, indent=2, allow_nan=False) + "\n"
    how = (
        "`design.json` has the figures of the design with their units in their names, and for each"
        " layer its sizes, loop nest, and reads, fills, updates and energy of every level."
        " `cases.jsonl` has a line for each layer with machine, prices and mapping, which"
        " `bohwsw evaluate --cases cases.jsonl` evaluates again.",
    )
    cases, lost = [], []
    for name, mapped in layer_folders(design):
        core = design.core_of(mapped)
        try:
            layer = mapped.entry.layer
            case = case_data(name, layer, core.architecture, mapped.mapping, core.costs)
            cases.append(json.dumps(case, allow_nan=False) + "\n")
        except SpecError as error:
            lost.append(f"{name} as a case: {error}")
    files = {"design.json": text, "cases.jsonl": "".join(cases)}
    return Export("JSON", {name: text for name, text in files.items() if text}, how, tuple(lost))


def design_as_table(design: Design) -> Export:
    """A CSV file: sizes and figures of one run of each layer, and how often it occurs."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    figures = ("energy_pj", "latency_cycles", "edp_pj_cycles", "utilisation")
    steps = ("stride_w", "stride_h", "dilation_w", "dilation_h")
    table.writerow(["layer", "count", "macs", *DIMENSIONS, *steps, *EXTENTS, *figures])
    for mapped in design.layers:
        layer, found = mapped.entry.layer, mapped.evaluation
        row = [getattr(found, figure) for figure in figures]
        sizes = [*layer.sizes.values(), *(getattr(layer, step) for step in steps)]
        sizes += layer.input_extents
        table.writerow([layer.name, mapped.entry.count, layer.macs, *sizes, *row])
    how = ("`layers.csv` has one row for each unique layer; figures are of one run of it.",)
    lost = ("Loop nests, bits and the counts of single levels; `--to json` has them.",)
    return Export("CSV", {"layers.csv": stream.getvalue()}, how, lost)


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

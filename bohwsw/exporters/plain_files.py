"""A design as JSON, and as a table with a row for each layer."""

from __future__ import annotations

import csv
import io
import json

from bohwsw.codesign import Design, design_data
from bohwsw.errors import SpecError
from bohwsw.exporters.export import Export, layer_folders
from bohwsw.simulator import case_data
from bohwsw.workload import DIMENSIONS, EXTENTS, layer_data


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
            case = case_data(
                name, mapped.entry.layer, core.architecture, mapped.mapping, core.costs
            )
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

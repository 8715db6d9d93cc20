"""A design as one JSON object, and as a table with a row for each layer."""

from __future__ import annotations

import csv
import io
import json

from bohwsw.codesign import Design, design_data
from bohwsw.exporters.export import Export
from bohwsw.workload import DIMENSIONS, layer_data


def design_as_json(design: Design) -> Export:
    """Figures, counts of every level, loop nests and sizes of all layers."""
    data = design_data(design)
    sizes = {mapped.entry.layer.name: layer_data(mapped.entry) for mapped in design.layers}
    text = json.dumps({**data, "sizes": sizes}, indent=2, allow_nan=False) + "\n"
    how = (
        "`design.json` has the figures of the design with their units in their names, and for each"
        " layer its sizes, loop nest, and reads, fills, updates and energy of every level.",
    )
    return Export("JSON", {"design.json": text}, how)


def design_as_table(design: Design) -> Export:
    """A CSV file: sizes and figures of one run of each layer, and how often it occurs."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    figures = ("energy_pj", "latency_cycles", "edp_pj_cycles", "utilisation")
    table.writerow(["layer", "count", "macs", *DIMENSIONS, *figures])
    for mapped in design.layers:
        layer, found = mapped.entry.layer, mapped.evaluation
        row = [getattr(found, figure) for figure in figures]
        sizes = list(layer.sizes.values())
        table.writerow([layer.name, mapped.entry.count, layer.macs, *sizes, *row])
    how = ("`layers.csv` has one row for each unique layer; figures are of one run of it.",)
    lost = ("Loop nests and the counts of single levels; `--to json` has them.",)
    return Export("CSV", {"layers.csv": stream.getvalue()}, how, lost)

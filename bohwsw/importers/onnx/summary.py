"""What became of an ONNX file, as one object of plain data."""

from __future__ import annotations

from typing import Any

from bohwsw.importers.onnx.graph import ImportedOnnx
from bohwsw.workload import CountedLayer, layer_data

NOT_MODELLED = "other"


def onnx_summary(imported: ImportedOnnx) -> dict[str, Any]:
    """Plain data: ``macs``, ``layers``, ``operators``, ``not_modelled``, ``bindings`` and notes.

    ``share_of_operations`` is a part of the operations of all nodes of the file: of a contraction
    its multiply-accumulates, of any other node the values of the largest tensor that it takes or
    makes, of views and constants none.
    """
    fragment = imported.fragment
    total = sum(tally.operations for tally in fragment.tallies.values()) or 1
    rows: list[dict[str, Any]] = [
        {
            "op": op,
            "count": tally.count,
            "share_of_operations": tally.operations / total,
            "becomes": sorted(tally.kinds),
        }
        for op, tally in sorted(fragment.tallies.items(), key=lambda item: -item[1].operations)
    ]
    missing = [row for row in rows if NOT_MODELLED in row["becomes"]]
    layers = [node for node in fragment.nodes if isinstance(node, CountedLayer)]
    return {
        "name": imported.name,
        "file": imported.file,
        "macs": imported.macs,
        "layers": [
            {
                "op": fragment.ops[node.name],
                "macs": node.count * node.layer.macs,
                **layer_data(node),
            }
            for node in layers
        ],
        "bindings": dict(imported.bindings),
        "not_modelled": [
            {key: row[key] for key in ("op", "count", "share_of_operations")} for row in missing
        ],
        "operators": [row for row in rows if row not in missing],
        "branches": fragment.branches,
        "notes": fragment.notes,
    }

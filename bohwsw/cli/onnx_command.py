"""What ``import`` does with an ONNX file: a table of its layers, JSON, a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from bohwsw.atomicfile import atomic_write, require_writable
from bohwsw.cli import console
from bohwsw.cli.models import Bindings
from bohwsw.importers import OnnxError, import_onnx, onnx_summary
from bohwsw.workload import MAX_ENTRIES, Network, network_data
from bohwsw.yamlfile import MAX_FILE_BYTES, yaml_text

MOST_ROWS = 40
"""Layers in the table; --json has all."""
MOST_INDENTED = 2_000
"""Layers of which --json prints a line for each number; of more all stand on one."""


def import_onnx_and_show(
    file: Path,
    bindings: Bindings,
    out: Path | None,
    as_json: bool,
    seconds: float | None = None,
    with_padding: bool = False,
) -> None:
    """Import an ONNX file and show what came of it; write the network as a model file.

    Raises:
        OnnxError, MissingExtraError, ResultFolderError: it cannot be read, or not be written.
    """
    require_writable(out, file)
    imported = import_onnx(file, bindings, seconds=seconds)
    data = onnx_summary(imported)
    if out is not None:
        network = imported.network()
        _write(network.with_padding() if with_padding else network, imported.file, out)
    if as_json:
        many = len(data["layers"]) > MOST_INDENTED
        console.print_json(data, indent=None if many else 2)
        return
    console.show([_table(data), *_lines(data)])


def _write(network: Network, file: str, out: Path) -> None:
    text = yaml_text(network_data(network))
    if len(text) > MAX_FILE_BYTES or len(network.nodes) > MAX_ENTRIES:
        raise OnnxError(
            "the network is too large for a model file",
            file=file,
            got=f"{len(network.nodes)} nodes, {len(text)} bytes",
            expected=f"at most {MAX_ENTRIES} nodes and {MAX_FILE_BYTES} bytes; --model takes the "
            "ONNX file itself",
        )
    atomic_write(out, text)


def _table(data: dict[str, Any]) -> Table:
    title = f"{data['name']}: {data['macs']:,} MACs in {len(data['layers'])} layers"
    table = Table("layer", "op", "sizes", "count", "MACs", title=title)
    for layer in data["layers"][:MOST_ROWS]:
        sizes = " ".join(f"{dim}={layer[dim]}" for dim in "NGKCPQRS" if dim in layer)
        name = layer["name"] if len(layer["name"]) <= 48 else f"...{layer['name'][-45:]}"
        table.add_row(name, layer["op"], sizes, f"{layer['count']}", f"{layer['macs']:,}")
    if len(data["layers"]) > MOST_ROWS:
        table.add_row("...", "", f"{len(data['layers']) - MOST_ROWS} more: --json", "", "")
    return table


def _lines(data: dict[str, Any]) -> list[str]:
    lines = [
        f"not modelled: {row['op']}, {row['count']} times, "
        f"{row['share_of_operations']:.2%} of the operations"
        for row in data["not_modelled"]
    ]
    for branch in data["branches"]:
        counted = "counted" if branch["counted"] else "not counted"
        lines.append(
            f"{branch['op']} {branch['node']}, {branch['graph']}: {counted}, {branch['why']}"
        )
    return lines + list(data["notes"])

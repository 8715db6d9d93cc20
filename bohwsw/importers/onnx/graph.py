"""An ONNX file as a network."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bohwsw.checks import LARGEST_PRODUCT, require_time_out
from bohwsw.errors import SpecError
from bohwsw.importers.onnx.bindings import Binding, Bindings
from bohwsw.importers.onnx.builder import Fragment
from bohwsw.importers.onnx.constants import check_tensors
from bohwsw.importers.onnx.file import read_model, require_onnx
from bohwsw.importers.onnx.inference import Inferred
from bohwsw.importers.onnx.isolated import isolated, measured_shapes
from bohwsw.importers.onnx.lowering import Lowering
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.workload import CountedLayer, Network, Operator, layer_data, tensor_words


@dataclass(frozen=True)
class ImportedOnnx:
    """What has become of an ONNX file."""

    name: str
    file: str
    fragment: Fragment
    """Its layers and operators, and what there is to say of the nodes of the file."""
    bindings: Mapping[str, Binding]  # sizes that the user has bound
    description: str

    def require_countable(self) -> None:
        """Raise OnnxError where all layers are more work than 64-bit integers count."""
        layers = [node for node in self.fragment.nodes if isinstance(node, CountedLayer)]
        work = sum(node.count * node.layer.most_words for node in layers)
        if work > LARGEST_PRODUCT:
            got, most = f"{work:.4g} multiply-accumulates or words", f"{LARGEST_PRODUCT:.4g}"
            problem = "more work than 64-bit integers can count"
            raise OnnxError(problem, file=self.file, got=got, expected=f"at most {most}")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers, counts included."""
        return self.fragment.macs

    def network(self) -> Network:
        """The network."""
        nodes = self.fragment.nodes
        position = {node.name: index for index, node in enumerate(nodes)}
        edges = sorted(
            self.fragment.edges, key=lambda e: (position[e.consumer], e.data_space != "Inputs")
        )
        try:
            with _no_collection():
                return Network(self.name, tuple(nodes), tuple(edges), self.description)
        except SpecError as error:
            raise OnnxError.of(error).within(file=self.file) from error


def import_onnx(
    path: str | Path,
    bindings: Mapping[str, Binding] | None = None,
    *,
    run: bool = True,
    isolate: bool = True,
    seconds: float | None = None,
) -> ImportedOnnx:
    """Read an ONNX file.

    Args:
        bindings: sizes of symbolic dimensions by name (``x[0]`` where it has none), shapes of
            inputs of unknown rank (``"1x3x224x224"``), values of scalar inputs.
        run: whether onnxruntime may run the model where shapes cannot be inferred.
        isolate: whether to read it in a process of its own. The onnx package is C++ that broken
            files may crash; without, a file takes half a second less.
        seconds: of processor time after which that process is given up; 8 by default.

    Raises:
        MissingExtraError: the package onnx is not installed.
        OnnxError: the file cannot be read or is not valid, or sizes are left open.
    """
    require_onnx()
    require_time_out("seconds", seconds)
    given = (Path(path), bindings or {}, run)
    imported: ImportedOnnx = isolated(*given, seconds) if isolate else import_here(*given)
    return imported


def import_here(path: Path, bindings: Mapping[str, Binding], run: bool) -> ImportedOnnx:
    """``import_onnx`` in this process."""
    with _no_collection():
        model = read_model(path)
        try:
            imported = _imported(model, path, bindings, run)
            imported.require_countable()
            return imported
        except SpecError as error:
            raise OnnxError.of(error).within(file=str(path)) from error
        except _UNFORESEEN as error:
            raise OnnxError(
                "something in the file is not as ONNX has it",
                file=str(path),
                got=f"{type(error).__name__}: {error}",
                expected="a file that onnx.checker accepts",
            ) from error


_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What Python says of values that no check has met: the file is to blame, and a line is enough."""


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the search for reference cycles: it goes through all nodes again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def onnx_open_sizes(path: str | Path) -> list[str]:
    """Names that may be bound: symbolic sizes, and scalar inputs.

    Raises:
        MissingExtraError: the package onnx is not installed.
        OnnxError: the file cannot be read.
    """
    bindings = Bindings({})
    try:
        bindings.input_values(read_model(Path(path)).graph)
    except OnnxError:
        if not bindings.asked:
            raise
    return list(bindings.known)


def _imported(model: Any, path: Path, given: Mapping[str, Binding], run: bool) -> ImportedOnnx:
    bindings = Bindings(given)
    inputs = bindings.input_values(model.graph)
    check_tensors(model, path.parent)
    lowering, problem = _lowered(model, path, bindings, {})
    missing = bool(lowering.builder.fragment.missing)
    if run and (missing if problem is None else problem.may_run):
        wanted = [
            name
            for node in model.graph.node
            for name in node.output
            if name and ((value := lowering.known.get(name)) is None or value.shape is None)
        ]
        layers = [n.layer for n in lowering.builder.fragment.nodes if isinstance(n, CountedLayer)]
        macs = sum(layer.macs for layer in layers) if missing else 0
        guessed = any(v.data_type in (6, 7, 9) and v.data is None for v in inputs.values())
        measured, reason = measured_shapes(path, inputs.values(), wanted, macs)
        if measured:
            lowering, problem = _lowered(model, path, bindings, measured)
            zeros = ", those of whole numbers that nobody has bound were 0" if guessed else ""
            lowering.builder.note(f"onnxruntime ran the model once: shapes depend on values{zeros}")
        elif problem is None:
            lowering.builder.note(f"some shapes are not known: {reason}")
        else:
            problem.got = f"{problem.got} ({reason})"
    if problem is not None:
        raise problem
    fragment, used = lowering.builder.fragment, dict(bindings.used)
    if fragment.branches:  # inputs that nothing takes but branches that are not counted
        taken = {edge.producer for edge in fragment.edges}
        fragment.nodes = [
            n
            for n in fragment.nodes
            if n.name in taken or not (isinstance(n, Operator) and n.kind == "input")
        ]
    description = ", ".join([f"imported from {path.name}", *(f"{k}={x}" for k, x in used.items())])
    return ImportedOnnx(path.stem[:200] or "onnx", str(path), fragment, used, description)


def _lowered(
    model: Any, path: Path, bindings: Bindings, measured: Mapping[str, Inferred]
) -> tuple[Lowering, OnnxError | None]:
    """The model lowered as far as that goes, and what stopped it."""
    lowering = Lowering(model, path.parent, bindings, measured)
    try:
        inputs = bindings.input_values(model.graph)
        lowering.graph(model.graph, {}, inputs, lowering.known)
    except OnnxError as error:
        return lowering, error
    return lowering, None


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
    missing = [row for row in rows if "other" in row["becomes"]]
    layers = [node for node in fragment.nodes if isinstance(node, CountedLayer)]
    return {
        "name": imported.name,
        "file": imported.file,
        "macs": imported.macs,
        "layers": [
            {
                "op": fragment.ops[node.name],
                "macs": node.count * node.layer.macs,
                "input_words": tensor_words(node.layer, "Inputs"),
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

"""A PyTorch module as a network, by way of ``torch.export`` and ONNX.

The graph is what ``torch.export`` traces with the examples, written as ONNX by PyTorch's own
exporter and read as any ONNX file, so that all counting rules stand in one place.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.importers.onnx import import_onnx
from bohwsw.workload import Network


def from_torch(
    module: Any,
    example_inputs: Sequence[Any],
    *,
    keywords: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> Network:
    """The network that a module computes for inputs of these shapes.

    Args:
        module: a ``torch.nn.Module``; it is put into evaluation mode for the export and back.
        example_inputs: its positional arguments; only their shapes and types matter.
        name: of the network; that of the module's class if absent.

    Raises:
        MissingExtraError: onnx or onnxscript is not installed.
        SpecError: no module, or one that ``torch.export`` cannot trace, or without contractions.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        raise MissingExtraError("onnx and onnxscript", "onnx") from None
    import torch

    called = name or type(module).__name__
    if not isinstance(module, torch.nn.Module):
        raise SpecError("not a PyTorch module", got=called, expected="a torch.nn.Module")
    training = {part: part.training for part in module.modules()}
    level = logging.root.manager.disable
    module.eval()
    try:
        logging.disable(logging.WARNING)
        with (
            tempfile.TemporaryDirectory() as folder,
            warnings.catch_warnings(action="ignore"),
            torch.no_grad(),
        ):
            path = Path(folder) / f"{called}.onnx"
            program = torch.export.export(module, tuple(example_inputs), dict(keywords or {}))
            written = torch.onnx.export(program, dynamo=True, verbose=False, optimize=False)
            if written is None:
                raise RuntimeError("the exporter has written nothing")
            written.save(str(path), external_data=True)
            return import_onnx(path, isolate=False).network()  # no stranger has written it
    except SpecError as error:
        raise error.within(file=called) from error
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise SpecError(
            "torch.export cannot trace this module with these inputs",
            file=called,
            got=f"{type(error).__name__}: {lines[0]}",
            expected="a module without branches on values, and inputs of its forward",
        ) from error
    finally:
        logging.disable(level)
        for part, was in training.items():
            part.training = was

"""Networks from ONNX files."""

from bohwsw.importers.onnx.graph import ImportedOnnx as ImportedOnnx
from bohwsw.importers.onnx.graph import import_onnx as import_onnx
from bohwsw.importers.onnx.graph import onnx_open_sizes as onnx_open_sizes
from bohwsw.importers.onnx.graph import onnx_summary as onnx_summary
from bohwsw.importers.onnx.problems import OnnxError as OnnxError

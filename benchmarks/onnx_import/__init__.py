"""Networks from ONNX files: multiply-accumulates against an independent counter, time, memory."""

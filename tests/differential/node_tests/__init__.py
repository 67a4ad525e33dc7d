"""ONNX's own backend node tests, each made part of a quantized model of one input."""

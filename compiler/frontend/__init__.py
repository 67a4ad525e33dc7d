"""ONNX -> graph: the only place that knows what ONNX and onnxruntime are."""

from __future__ import annotations

import os

# Read when onnxruntime is first imported: a program that keeps weights private reports nothing.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from .importer import Imported, import_model

__all__ = ["Imported", "import_model"]

"""ONNX -> graph: the only place that knows what ONNX and onnxruntime are."""

from __future__ import annotations

from .importer import Imported, import_model

__all__ = ["Imported", "import_model"]

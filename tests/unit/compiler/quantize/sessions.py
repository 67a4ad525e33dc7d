"""onnxruntime's scores, for any batch dimension."""

from __future__ import annotations

import numpy as np
import onnxruntime


def run(model, x, level=onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name, fixed = session.get_inputs()[0].name, session.get_inputs()[0].shape[0] == 1
    parts = [x[i : i + 1] for i in range(len(x))] if fixed else [x]
    return np.concatenate([session.run(None, {name: part})[0] for part in parts])

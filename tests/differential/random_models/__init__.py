"""Random quantized ONNX models, composed of the operators that the importer reads."""

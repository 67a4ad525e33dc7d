"""The compiler: an int8 ONNX model and an accuracy routine in, a Circom circuit out."""

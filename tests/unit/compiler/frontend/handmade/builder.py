"""Writes small quantized models, with as many ties as one likes."""

import numpy as np
from onnx import TensorProto, helper

TIES = {"x": 0.1, "w": 0.02, "h": 0.032, "v": 0.05, "y": 0.04}
POWERS = {"x": 0.125, "w": 0.0625, "h": 0.25, "v": 0.03125, "y": 0.5}
TYPES = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8, "float32": TensorProto.FLOAT}
INPUTS, HIDDEN, CLASSES = 12, 9, 5


class Builder:
    """Nodes and initializers of one model; every method gives the name of what it adds."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.arrays = [], {}

    def node(self, op, inputs, domain="", **attributes):
        output = f"t{len(self.nodes)}"
        name = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(op, inputs, [output], name=name, domain=domain, **attributes)
        )
        return output

    def array(self, value, dtype=None):
        name = f"c{len(self.arrays)}"
        self.arrays[name] = np.asarray(value, dtype)
        return name

    def quantizer(self, scale, zero, dtype):
        return [self.array(scale, np.float32), self.array(zero, dtype)]

    def quantize(self, tensor, quantizer):
        return self.node("QuantizeLinear", [tensor, *quantizer])

    def dequantize(self, tensor, quantizer, **attributes):
        return self.node("DequantizeLinear", [tensor, *quantizer], **attributes)

    def both(self, tensor, quantizer):
        return self.dequantize(self.quantize(tensor, quantizer), quantizer)

    def weights(self, shape, zero=0, dtype="int8"):
        return (self.random.integers(-60, 60, shape) + zero).astype(dtype)

    def weight(self, shape, scale, zero=0, dtype="int8", axis=1):
        array = self.array(self.weights(shape, zero, dtype))
        return self.dequantize(array, self.quantizer(scale, zero, dtype), axis=axis)

    def bias(self, size, scale):
        array = self.array(self.random.integers(-900, 900, size), np.int32)
        zero = np.zeros(np.shape(scale), np.int32)
        return self.dequantize(array, self.quantizer(scale, zero, np.int32), axis=0)

    def save(self, save, path, output, dtype="float32", taken="float32", opset=17, shape=None):
        shape = ["N", INPUTS] if shape is None else shape
        return save(
            path,
            self.nodes,
            self.arrays,
            [("x", TYPES[taken], shape)],
            [(output, TYPES[dtype], ["N", "M"])],
            opset,
        )


def data(scale, count=400, seed=1):
    """Floats over more than the range of 8 bits, many of them ties."""
    random = np.random.default_rng(seed)
    steps = random.integers(-300, 300, (count, INPUTS)) / 2
    return (steps * np.float32(scale)).astype(np.float32)


def middle(dtype, odd):
    return (128 if dtype == "uint8" else 0) + odd


def gemm_chain(scales, dtype, zeros, between=(), kind="Gemm", last=True):
    """x -> Q -> DQ -> dense -> ``between`` -> Q -> DQ -> dense [-> Q -> DQ]."""
    b = Builder()
    current = b.both("x", b.quantizer(scales["x"], zeros[0], dtype))
    for i, (size, weight, out) in enumerate(
        (((INPUTS, HIDDEN), "w", "h"), ((HIDDEN, CLASSES), "v", "y"))
    ):
        scale = np.float32(scales["xh"[i]]) * np.float32(scales[weight])
        terms = [current, b.weight(size, scales[weight])]
        if kind == "Gemm":
            current = b.node("Gemm", [*terms, b.bias(size[1], scale)])
        elif kind == "MatMul+Add":
            current = b.node("Add", [b.bias(size[1], scale), b.node("MatMul", terms)])
        else:
            current = b.node("MatMul", terms)
        if i == 0:
            for op, *bounds in between:
                more = [b.array(v, np.float32) for v in bounds]
                current = b.node(op, [current, *more])
        if i == 0 or last:
            current = b.both(current, b.quantizer(scales[out], zeros[i + 1], dtype))
    return b, current

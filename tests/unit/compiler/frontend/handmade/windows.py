"""Random models of one convolution or pool between two QuantizeLinear nodes."""

from dataclasses import dataclass

import numpy as np

from .builder import Builder

FLOAT = 1


def scale(random, powers, low, high):
    """A power of two, or any float32."""
    if powers:
        return float(2.0 ** np.round(np.log2(random.uniform(low, high))))
    return float(np.float32(random.uniform(low, high)))


def zero(random, dtype):
    """Of any parity, or the usual one."""
    limits = np.iinfo(dtype)
    usual = limits.min if dtype == "uint8" else 0
    return int(random.integers(limits.min, limits.max + 1)) if random.integers(2) else int(usual)


def window(random, rank, *, dilated=True):
    """Random kernel_shape, strides, pads, dilations or auto_pad."""
    kernel = [int(k) for k in random.integers(1, 4, rank)]
    strides = [int(s) for s in random.integers(1, 3, rank)]
    found = {"kernel_shape": kernel, "strides": strides}
    padding = ["VALID", "SAME_UPPER", "SAME_LOWER", None, None][random.integers(5)]
    if padding is not None:
        found["auto_pad"] = padding
    else:
        found["pads"] = [int(random.integers(0, k)) for k in kernel * 2]
    if padding in (None, "VALID") and dilated:
        found["dilations"] = [int(d) for d in random.integers(1, 3, rank)]
    if padding not in (None, "VALID"):
        found["strides"] = [min(s, k) for s, k in zip(strides, kernel, strict=True)]
    return found


@dataclass
class Ends:
    """The quantizers of a model's data and result, and the shape of its samples."""

    builder: Builder
    random: np.random.Generator
    dtype: str
    scales: tuple[float, float]
    shape: tuple[int, ...]

    def __post_init__(self):
        self.zeros = [zero(self.random, self.dtype) for _ in self.scales]
        quantizers = zip(self.scales, self.zeros, strict=True)
        self.data, self.result = (self.builder.quantizer(s, z, self.dtype) for s, z in quantizers)
        self.bytes = self.builder.quantize("x", self.data)

    def real(self):
        return self.builder.dequantize(self.bytes, self.data)

    def save(self, save, path, output, rank=None, opset=17):
        rank = len(self.shape) if rank is None else rank
        inner = [f"D{k}" for k in range(rank)]
        inputs = [("x", FLOAT, ["N", *self.shape])]
        outputs = [(output, FLOAT, ["N", *inner])]
        return save(path, self.builder.nodes, self.builder.arrays, inputs, outputs, opset)

    def samples(self, count=24):
        """All bytes, and a little beyond them."""
        limits = np.iinfo(self.dtype)
        steps = self.random.integers(limits.min - 9, limits.max + 10, (count, *self.shape))
        return ((steps - self.zeros[0]) * np.float32(self.scales[0])).astype(np.float32)

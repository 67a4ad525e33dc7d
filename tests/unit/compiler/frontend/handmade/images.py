"""Models on images, 8 bits in and out, and data that fill every byte."""

import numpy as np
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.compiler.frontend.oracle import check_model
from zkpot.compiler.frontend.oracle_report import Cause

from handmade.builder import TYPES, Builder

SHAPE = (4, 4, 6)


class Images(Builder):
    """A model whose input has ``shape``: float32 that it quantizes, or the bytes themselves."""

    def __init__(self, seed=0, *, dtype="uint8", form="QDQ", shape=SHAPE, batch="N"):
        super().__init__(seed)
        self.dtype, self.form, self.shape, self.batch = dtype, form, shape, batch

    def scale(self):
        """A power of two every other time."""
        exponent = self.random.uniform(-7, -1)
        return np.float32(2.0 ** (round(exponent) if self.random.integers(2) else exponent))

    def zero(self):
        limits = np.iinfo(self.dtype)
        return int(self.random.integers(limits.min, limits.max + 1))

    def grid(self):
        """A quantizer at random."""
        return self.quantizer(self.scale(), self.zero(), self.dtype)

    def input(self, grid):
        """The input on ``grid``: dequantized, or as bytes for an operator that takes those."""
        return self.quantize("x", grid) if self.form == "QOperator" else self.both("x", grid)

    def data(self, grid, count=64):
        """Floats that reach every byte of ``grid`` and beyond, with ties."""
        limits = np.iinfo(self.dtype)
        span = np.arange(limits.min - 4, limits.max + 5, 0.5)
        bytes_ = self.random.choice(span, (count, *self.shape))
        scale, zero = (self.arrays[name] for name in grid)
        return ((bytes_ - int(zero)) * scale).astype(np.float32)

    def written(self, save, path, output, *, opset=17):
        """Saves the model, its output flattened."""
        output = self.node("Flatten", [output])
        types = [("x", TYPES["float32"], [self.batch, *self.shape])]
        outputs = [(output, TYPES["float32"], [self.batch, "M"])]
        save(path, self.nodes, self.arrays, types, outputs, opset)

    def exact(self, save, path, output, grid, *, opset=17):
        """Saves the model, and holds it against onnxruntime on every tensor. Its graph, which is
        that of the model without its weights, too."""
        self.written(save, path, output, opset=opset)
        imported = import_model(path)
        report = check_model(path, self.data(grid), imported=imported)
        assert report.cause is Cause.NONE, str(report)
        stripped = path.with_name("architecture.onnx")
        stripped.write_bytes(strip_weights(path.read_bytes()))
        assert import_model(stripped).graph == imported.graph
        return imported.graph

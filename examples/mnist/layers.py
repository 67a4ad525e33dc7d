"""The layers of the example networks: how each is initialized, computed in JAX and written as ONNX.

Images are (n, channels, height, width). A layer's variables are float32 arrays by name; a
composite's are a tuple, one entry a layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from .onnx_writer import OnnxWriter

Variables = Any
"""What JAX calls a tree: a dict of arrays, or a tuple of trees."""
Shape = tuple[int, ...]
"""Of one sample."""
MOMENTUM = 0.9
EPSILON = 1e-5


class Layer(Protocol):
    """A function with variables."""

    def init(self, random: np.random.Generator, shape: Shape) -> tuple[Variables, Shape]:
        """Variables for inputs of ``shape``, and the shape of its outputs."""

    def apply(self, variables: Variables, x: jax.Array, train: bool) -> tuple[jax.Array, Variables]:
        """Outputs, and the variables with their moving statistics updated if training."""

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """Add its nodes, fed by ``value``; the name of their output."""


class Stateless:
    """A layer with neither variables nor statistics: only ``forward`` and ``write`` are its own."""

    def init(self, random: np.random.Generator, shape: Shape) -> tuple[Variables, Shape]:
        """No variables; the shape is found by trying."""
        del random
        return {}, self.forward(jnp.zeros((1, *shape))).shape[1:]

    def apply(self, variables: Variables, x: jax.Array, train: bool) -> tuple[jax.Array, Variables]:
        """As in prediction."""
        del train
        return self.forward(x), variables

    def forward(self, x: jax.Array) -> jax.Array:
        """The layer's function."""
        raise NotImplementedError


def _he_normal(random: np.random.Generator, shape: Shape) -> jax.Array:
    """He et al., arXiv 1502.01852: variance 2 / inputs keeps a ReLU network's activations level."""
    deviation = math.sqrt(2 / math.prod(shape[1:]))
    return jnp.asarray(random.normal(0, deviation, shape), jnp.float32)


def _ordered(variables: Variables, *names: str) -> dict[str, jax.Array]:
    """Those of ``names`` that exist, in this order: JAX sorts what it maps over."""
    return {name: variables[name] for name in names if name in variables}


@dataclass(frozen=True)
class Conv:
    """A square convolution, padded by ``pad`` on every side; depthwise: one filter a channel."""

    name: str
    channels: int
    kernel: int
    stride: int = 1
    pad: int = 0
    depthwise: bool = False
    bias: bool = True

    def init(self, random: np.random.Generator, shape: Shape) -> tuple[Variables, Shape]:
        """``weight`` (channels, inputs a group, kernel, kernel), ``bias`` (channels,)."""
        depth = 1 if self.depthwise else shape[0]
        variables = {"weight": _he_normal(random, (self.channels, depth, self.kernel, self.kernel))}
        if self.bias:
            variables["bias"] = jnp.zeros(self.channels)
        side = (shape[1] + 2 * self.pad - self.kernel) // self.stride + 1
        return variables, (self.channels, side, side)

    def apply(self, variables: Variables, x: jax.Array, train: bool) -> tuple[jax.Array, Variables]:
        """Cross-correlation, as everywhere in this field."""
        del train
        product = self._depthwise if self.depthwise else self._dense
        y = product(x, variables["weight"])
        return (y + variables["bias"][:, None, None] if self.bias else y), variables

    def _dense(self, x: jax.Array, weight: jax.Array) -> jax.Array:
        pads = [(self.pad, self.pad)] * 2
        return jax.lax.conv_general_dilated(x, weight, (self.stride, self.stride), pads)

    def _depthwise(self, x: jax.Array, weight: jax.Array) -> jax.Array:
        """Shifted products: JAX's grouped convolutions are very slow on a CPU."""
        padded = jnp.pad(x, ((0, 0), (0, 0), *[(self.pad, self.pad)] * 2))
        span = self.stride * ((padded.shape[2] - self.kernel) // self.stride) + 1
        total = jnp.zeros(())
        for row, column in np.ndindex(self.kernel, self.kernel):
            window = padded[
                :, :, row : row + span : self.stride, column : column + span : self.stride
            ]
            total = total + window * weight[:, 0, row, column][:, None, None]
        return total

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """One Conv."""
        return writer.node(
            "Conv", self.name, [value], _ordered(variables, "weight", "bias"),
            kernel_shape=[self.kernel] * 2, strides=[self.stride] * 2, pads=[self.pad] * 4,
            group=self.channels if self.depthwise else 1,
        )  # fmt: skip


@dataclass(frozen=True)
class Dense:
    """x·Wᵀ + b."""

    name: str
    units: int

    def init(self, random: np.random.Generator, shape: Shape) -> tuple[Variables, Shape]:
        """``weight`` (units, inputs), ``bias`` (units,)."""
        (inputs,) = shape
        weight = _he_normal(random, (self.units, inputs))
        return {"weight": weight, "bias": jnp.zeros(self.units)}, (self.units,)

    def apply(self, variables: Variables, x: jax.Array, train: bool) -> tuple[jax.Array, Variables]:
        """A product and a sum."""
        del train
        return x @ variables["weight"].T + variables["bias"], variables

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """One Gemm."""
        weights = _ordered(variables, "weight", "bias")
        return writer.node("Gemm", self.name, [value], weights, transB=1)


@dataclass(frozen=True)
class BatchNorm:
    """Ioffe and Szegedy, arXiv 1502.03167: each channel normalized over the batch and the image."""

    name: str

    def init(self, random: np.random.Generator, shape: Shape) -> tuple[Variables, Shape]:
        """``scale``, ``bias``, and the moving ``mean`` and ``variance``, each (channels,)."""
        del random
        one, zero = jnp.ones(shape[0]), jnp.zeros(shape[0])
        return {"scale": one, "bias": zero, "mean": zero, "variance": one}, shape

    def apply(self, variables: Variables, x: jax.Array, train: bool) -> tuple[jax.Array, Variables]:
        """With the batch's statistics in training, with the moving ones otherwise."""
        now = dict(variables)
        if train:
            now |= {"mean": x.mean((0, 2, 3)), "variance": x.var((0, 2, 3))}
        factor = now["scale"] * jax.lax.rsqrt(now["variance"] + EPSILON)
        y = (x - now["mean"][:, None, None]) * factor[:, None, None]
        moved = {
            key: MOMENTUM * variables[key] + (1 - MOMENTUM) * now[key]
            for key in ("mean", "variance")
        }
        return y + now["bias"][:, None, None], variables | moved if train else variables

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """One BatchNormalization: folding it is the quantizer's business."""
        inputs = _ordered(variables, "scale", "bias", "mean", "variance")
        return writer.node("BatchNormalization", self.name, [value], inputs, epsilon=EPSILON)


@dataclass(frozen=True)
class Relu(Stateless):
    """max(x, 0), or with a ceiling min(max(x, 0), ceiling)."""

    name: str
    ceiling: float | None = None

    def forward(self, x: jax.Array) -> jax.Array:
        """By element."""
        return jnp.clip(x, 0, self.ceiling)

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """One Relu or Clip."""
        if self.ceiling is None:
            return writer.node("Relu", self.name, [value], variables)
        bounds = {"min": jnp.zeros(()), "max": jnp.asarray(self.ceiling)}
        return writer.node("Clip", self.name, [value], bounds)


@dataclass(frozen=True)
class Pool(Stateless):
    """2×2 windows without overlap; MaxPool or AveragePool, as ONNX calls them."""

    name: str
    kind: str

    def forward(self, x: jax.Array) -> jax.Array:
        """Of images with even sides."""
        n, channels, height, width = x.shape
        windows = x.reshape(n, channels, height // 2, 2, width // 2, 2)
        return windows.max((3, 5)) if self.kind == "MaxPool" else windows.mean((3, 5))

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """One node of the kind."""
        sizes = {"kernel_shape": [2, 2], "strides": [2, 2]}
        return writer.node(self.kind, self.name, [value], variables, **sizes)


@dataclass(frozen=True)
class GlobalAveragePool(Stateless):
    """The mean of each channel, as an image of one pixel."""

    name: str

    def forward(self, x: jax.Array) -> jax.Array:
        """(n, channels, 1, 1)."""
        return x.mean((2, 3), keepdims=True)

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """One node."""
        return writer.node("GlobalAveragePool", self.name, [value], variables)


@dataclass(frozen=True)
class Flatten(Stateless):
    """Images to vectors."""

    name: str

    def forward(self, x: jax.Array) -> jax.Array:
        """Row-major."""
        return x.reshape(len(x), -1)

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """One node."""
        return writer.node("Flatten", self.name, [value], variables)

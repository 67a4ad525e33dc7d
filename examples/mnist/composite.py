"""Layers made of layers."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

from .layers import Layer, Shape, Variables
from .onnx_writer import OnnxWriter


@dataclass(frozen=True)
class Chain:
    """One layer after the other; without any, the identity."""

    layers: tuple[Layer, ...] = ()

    def init(self, random: np.random.Generator, shape: Shape) -> tuple[Variables, Shape]:
        """A tuple, one entry a layer."""
        variables = []
        for layer in self.layers:
            own, shape = layer.init(random, shape)
            variables.append(own)
        return tuple(variables), shape

    def apply(self, variables: Variables, x: jax.Array, train: bool) -> tuple[jax.Array, Variables]:
        """The last layer's output."""
        updated = []
        for layer, own in zip(self.layers, variables, strict=True):
            x, own = layer.apply(own, x, train)
            updated.append(own)
        return x, tuple(updated)

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """Every layer's nodes."""
        for layer, own in zip(self.layers, variables, strict=True):
            value = layer.write(writer, own, value)
        return value


@dataclass(frozen=True)
class Residual:
    """body(x) + shortcut(x): He et al., arXiv 1512.03385."""

    name: str
    body: Chain
    shortcut: Chain = Chain()

    def init(self, random: np.random.Generator, shape: Shape) -> tuple[Variables, Shape]:
        """The body's variables and the shortcut's."""
        body, shape_out = self.body.init(random, shape)
        shortcut, same = self.shortcut.init(random, shape)
        if same != shape_out:
            raise ValueError(f"{self.name} adds {same} to {shape_out}")
        return (body, shortcut), shape_out

    def apply(self, variables: Variables, x: jax.Array, train: bool) -> tuple[jax.Array, Variables]:
        """The sum."""
        main, body = self.body.apply(variables[0], x, train)
        side, shortcut = self.shortcut.apply(variables[1], x, train)
        return main + side, (body, shortcut)

    def write(self, writer: OnnxWriter, variables: Variables, value: str) -> str:
        """Both branches and an Add."""
        main = self.body.write(writer, variables[0], value)
        side = self.shortcut.write(writer, variables[1], value)
        return writer.node("Add", self.name, [main, side], {})

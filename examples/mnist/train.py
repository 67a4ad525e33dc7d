"""Trains the example networks and writes them as float ONNX.

Usage: python -m examples.mnist.train FOLDER [NETWORK...]

NETWORK is lenet_max, lenet_avg, resnet, depthwise or vgg; without any, all of them. One to three
minutes each on one core. Needs JAX: pip install -r requirements-train.lock.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from .composite import Chain
from .data import Digits, load_digits, split_digits
from .networks import CLASSES, INPUT_SHAPE, NETWORKS
from .onnx_writer import INPUT, OnnxWriter
from .training import Recipe, predict, train

RECIPES = {
    "lenet_max": Recipe(epochs=20, rate=3e-3),
    "lenet_avg": Recipe(epochs=20, rate=3e-3),
    "resnet": Recipe(epochs=25, rate=3e-3),
    "depthwise": Recipe(epochs=30, rate=5e-3),
    "vgg": Recipe(epochs=20, rate=3e-3),
}
TOLERANCE = 1e-3
"""How far onnxruntime's float logits may lie from JAX's."""


def write_network(name: str, folder: Path, trained: Digits, tested: Digits) -> float:
    """Train ``name``, write ``folder/name.onnx``; its accuracy in onnxruntime on ``tested``."""
    network = NETWORKS[name]()
    variables = train(network, trained, RECIPES[name])
    model = exported(network, variables)
    onnx.save(model, folder / f"{name}.onnx")
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (logits,) = session.run(None, {INPUT: tested.x})
    if np.abs(logits - predict(network, variables, tested.x)).max() > TOLERANCE:
        raise AssertionError(f"{name}: onnxruntime and JAX disagree")
    return float((logits.argmax(axis=1) == tested.y).mean())


def exported(network: Chain, variables: object) -> onnx.ModelProto:
    """The network as ONNX."""
    writer = OnnxWriter()
    network.write(writer, variables, INPUT)
    return writer.model(INPUT_SHAPE, CLASSES)


def main(folder: Path, names: list[str]) -> None:
    """Train each in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    trained, tested = split_digits(load_digits())
    for name in names:
        accuracy = write_network(name, folder, trained, tested)
        print(f"{name}: {accuracy:.2%} of {len(tested)} digits it wasn't trained on", flush=True)


if __name__ == "__main__":
    chosen = sys.argv[2:] or list(NETWORKS)
    if len(sys.argv) < 2 or not set(chosen) <= set(NETWORKS):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), chosen)

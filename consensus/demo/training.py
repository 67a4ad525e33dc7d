"""Training a 64-32-10 perceptron, and what it takes to put it into a task's circuit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from zkpot.compiler.frontend import Imported
from zkpot.compiler.frontend.export_mlp import export_mlp
from zkpot.compiler.frontend.quantizer import quantize_model
from zkpot.prover import atomic
from zkpot.prover.build import ARCHITECTURE, Build
from zkpot.prover.secret import Secret, commit, matching_model, write_secret

from .digits import Labelled, sklearn

HIDDEN = (32,)
EPOCHS, LAZY_EPOCHS = 60, 5
WEIGHT_DECAY = 1e-2
LEARNING_RATE = 5e-3


def train(data: Labelled, seed: int, epochs: int = EPOCHS) -> bytes:
    """A float ONNX perceptron, trained on ``data`` for ``epochs`` epochs of Adam."""
    model = sklearn("sklearn.neural_network").MLPClassifier(
        HIDDEN,
        alpha=WEIGHT_DECAY,
        max_iter=epochs,
        learning_rate_init=LEARNING_RATE,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the epochs ended before it converged
        model.fit(data.x, data.y)
    return export_mlp(model.coefs_, model.intercepts_)


def quantized(
    folder: Path, data: Labelled, seed: int, like: Build | None = None, epochs: int = EPOCHS
) -> Path:
    """Trains, and quantizes with ``like``'s scales; the int8 model's path in ``folder``."""
    source, target = folder / "float.onnx", folder / "int8.onnx"
    atomic.write_bytes(source, train(data, seed, epochs))
    pattern = None if like is None else like.file(ARCHITECTURE)
    result = quantize_model(source, data.x, data.y, like=pattern)
    atomic.write_bytes(target, result.model_bytes)
    return target


@dataclass(frozen=True)
class Contributor:
    """Somebody with a model of the task. ``salt`` and weights stay with them; ``cm`` is public."""

    name: str
    model: Imported
    secret: Secret

    @property
    def cm(self) -> int:
        """The commitment, for the registry."""
        return int(self.secret.cm)

    @property
    def salt(self) -> int:
        """What opens the commitment."""
        return int(self.secret.salt)


def contributor(
    name: str, folder: Path, data: Labelled, build: Build, seed: int, epochs: int = EPOCHS
) -> Contributor:
    """Trains on ``data``, quantizes for the task and commits, all in ``folder``."""
    model = matching_model(build, quantized(folder, data, seed, build, epochs))
    secret = commit(build, model)
    write_secret(folder / "secret.json", secret)
    return Contributor(name, model, secret)

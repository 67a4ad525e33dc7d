"""The exported network computes what the arrays say, in onnxruntime."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import onnxruntime
import pytest
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend.export_mlp import export_mlp


def layers(*sizes):
    rng = np.random.default_rng(3)
    weights = [rng.normal(size=s) for s in pairwise(sizes)]
    return weights, [rng.normal(size=n) for n in sizes[1:]]


@pytest.mark.parametrize("sizes", [(5, 3), (6, 4, 3), (7, 5, 4, 2)])
def test_it_is_the_network(sizes):
    weights, biases = layers(*sizes)
    data = export_mlp(weights, biases)
    assert data == export_mlp(weights, biases)
    x = np.random.default_rng(4).normal(size=(9, sizes[0])).astype(np.float32)
    expected = x.astype(np.float64)
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        expected = (np.maximum(expected, 0) if i else expected) @ w + b
    (actual,) = onnxruntime.InferenceSession(data).run(["logits"], {"x": x})
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_layers_that_dont_fit():
    weights, biases = layers(6, 4, 3)
    cases = [
        (weights[:1], biases, "1 weight matrices and 2 biases"),
        ([], [], "0 weight matrices"),
        ([weights[1], weights[0]], biases[::-1], "layer 2 has weights of shape"),
        (weights, [biases[0], biases[0]], "layer 2 has biases of shape"),
        ([weights[0] * np.nan, weights[1]], biases, "layer 1 holds NaN"),
        ([weights[0][0], weights[1]], biases, "layer 1 has weights of shape"),
    ]
    for w, b, message in cases:
        with pytest.raises(InputError, match=message):
            export_mlp(w, b)

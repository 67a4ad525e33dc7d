"""Narrower accumulators where predictions hardly change: coarser weights, channel by channel.

A bit of a first convolution costs a constraint for each of its many outputs, one of the last dense
layer next to nothing, and the noise that they make doesn't go by the same measure. So the layer
that saves most for the noise it adds loses a bit, again and again, until the noise is all used up.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .float_nodes import Linear
from .grids import channel_exponents, layer_exponent
from .integer_graph import IntegerGraph, logits
from .quantize import HEADROOM, Exponents, window
from .trial import QUIET, Candidate, Trial

WRONG = 0.003  # more of the samples misclassified than before
LEAST = 1e-6  # noise below this counts as none


def fitted(model: IntegerGraph, node: Linear, bits: int) -> Exponents | None:
    """The finest weights of which accumulators of ``bits`` bits hold the worst case, with headroom.

    One exponent a channel of a convolution, and one for all of a dense layer.
    """
    grid, source = model.grid(node.output), model.quantized(node.inputs[0])
    if node is logits(model.graph) or grid is None:
        exponents = np.array([layer_exponent(node, model.weight_bits)])
    else:
        each = channel_exponents(node, model.weight_bits)
        exponents = np.array(each if node.by_channel else [min(each)])
        exponents = np.minimum(exponents, bits - 9 + grid.exponent - source.exponent)
    for _ in range(64):
        scales = model.scales.with_weights(node.output, tuple(map(int, exponents)))
        layer = model.derive(scales).layer(node)
        if grid is not None and min(layer.shifts) < 1:
            return None
        limit = window(bits, max(layer.shifts))
        over = np.ceil(HEADROOM * layer.worst_cases) > limit
        if not over.any():
            return layer.weight_exponents
        exponents = exponents - (over if len(exponents) > 1 else 1)
    return None


@dataclass(order=True)
class _Offer:
    """What narrowing one layer by a bit promised when it was last tried, best first."""

    price: float
    position: int


def narrow(trial: Trial, best: Candidate, progress: Callable[[float], None]) -> Candidate:
    """``best``, or narrower scales whose predictions are nearly as good."""
    noise = max(QUIET, 1.25 * best.noise)
    wrong = best.wrong + math.floor(WRONG * len(trial.target))
    offers = [_Offer(0.0, i) for i in range(len(best.model.linears))]
    at_first = best.cost
    while offers:
        offer = heapq.heappop(offers)
        found = _narrower(trial, best, best.model.linears[offer.position])
        if found is None or found.noise > noise or found.wrong > wrong:
            continue
        price = max(found.noise - best.noise, LEAST) / (best.cost - found.cost)
        if offers and price > offers[0].price:
            heapq.heappush(offers, _Offer(price, offer.position))
            continue
        best = found
        progress(1 - best.cost / at_first)
        heapq.heappush(offers, offer)
    return best


def _narrower(trial: Trial, best: Candidate, node: Linear) -> Candidate | None:
    """``best`` with one bit less for ``node``; None where that isn't possible or saves nothing."""
    exponents = fitted(best.model, node, best.model.layer(node).bits - 1)
    if exponents is None:
        return None
    scales = best.model.scales.with_weights(node.output, exponents)
    found = trial.after(best, best.model.derive(scales))
    return found if found is not None and found.cost < best.cost else None

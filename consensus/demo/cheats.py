"""What the two cheats of the demonstration hand in."""

from __future__ import annotations

from dataclasses import replace

from zkpot.compiler.circuit import Circuit
from zkpot.compiler.frontend import Imported
from zkpot.compiler.interpret import interpret
from zkpot.prover.bundle import Bundle
from zkpot.prover.dataset import Dataset, digest

K = 2
"""The position of k among the public signals."""


def with_k(bundle: Bundle, k: int) -> Bundle:
    """An honest proof whose k was overwritten."""
    public = [*bundle.public]
    public[K] = str(k)
    return bundle.model_copy(update={"public": public})


def renamed(bundle: Bundle, context: str) -> Bundle:
    """Another contributor's bundle under one's own name."""
    return bundle.model_copy(update={"context": context})


def relabelled(circuit: Circuit, model: Imported, dataset: Dataset) -> Dataset:
    """The same samples, labelled with whatever ``model`` says, so that all of it is correct."""
    values = interpret(circuit.graph, dataset.data, model.values)
    labels = values[circuit.evaluation.inputs[0]].argmax(-1)
    quantization = circuit.model.quantization
    return replace(dataset, labels=labels, digest=digest(dataset.data, labels, quantization))


def passed_off(bundle: Bundle, dataset: Dataset) -> Bundle:
    """A true proof about other data, said to be about ``dataset``."""
    return bundle.model_copy(update={"dataset": dataset.digest})

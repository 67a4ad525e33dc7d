"""What to use instead of an operator that isn't read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

INSTEAD: Mapping[str, str] = {
    "Attention": "MatMul with constant weights, and element-wise products",
    "ConvTranspose": "Resize (nearest) and Conv",
    "Einsum": "MatMul or Gemm, and Transpose",
    "GRU": "a one-dimensional Conv over time",
    "GroupNormalization": "BatchNormalization, folded before quantizing",
    "InstanceNormalization": "BatchNormalization, folded before quantizing",
    "LRN": "BatchNormalization, folded before quantizing",
    "LSTM": "a one-dimensional Conv over time",
    "LayerNormalization": "BatchNormalization, folded before quantizing",
    "LpPool": "AveragePool",
    "LpNormalization": "BatchNormalization, folded before quantizing",
    "RMSNormalization": "BatchNormalization, folded before quantizing",
    "RNN": "a one-dimensional Conv over time",
    "TopK": "ArgMax at the end of the model",
}


def nearest(operator: str, supported: Iterable[str]) -> str:
    """A remedy that names the supported operator nearest to ``operator``, and where all are."""
    names = set(supported)
    close = get_close_matches(operator, names, n=1)
    instead = INSTEAD.get(operator) if operator not in names else operator
    found = instead or (close[0] if close else "an 8-bit function of one tensor, Conv or MatMul")
    return f"nearest supported form: {found}; `zkpot ops` lists all"

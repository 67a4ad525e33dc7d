"""Why a node test is no test of a quantized model."""

from __future__ import annotations


class Unwrappable(Exception):
    """The reason."""

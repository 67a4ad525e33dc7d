"""How kernels are compiled: without the GIL, cached on disk, modulo-2^64 integers throughout.

Arguments are always ``int64`` (addresses, counts) so that every kernel has one specialisation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` for calls from Python (and from other kernels)."""
    return numba.njit(nogil=True, cache=True, error_model="numpy")(function)


def inner(function: Callable[..., Any]) -> Any:
    """Compile ``function`` for calls from other kernels only: no Python wrapper is generated."""
    return numba.njit(
        nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)

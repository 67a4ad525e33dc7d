"""How kernels are compiled: without the GIL, cached on disk, modulo-2^64 integers throughout.

Arguments are always ``int64`` (addresses, counts) so that every kernel has one specialisation.

numba's disk cache notices a changed function but not a changed callee in another file. So the
cache folder carries the digest of all sources of this package: a kernel never runs with machine
code from another version of the field it computes in. The folder lies in ``NUMBA_CACHE_DIR`` if
that is set, else in the user's cache folder; without a writable one numba falls back to its own
choice. Cached code is run: the folder must not be writable for others.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config


def _source_digest() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def _cache_folder() -> str:
    base = config.CACHE_DIR or os.environ.get("XDG_CACHE_HOME")
    try:
        return str(Path(base or Path.home() / ".cache") / f"zkpot-{_source_digest()}")
    except RuntimeError:  # this user has no home folder
        return ""


_FOLDER = _cache_folder()


def _compile(function: Callable[..., Any], **options: bool) -> Any:
    """``numba.njit`` with this package's cache folder; numba reads it when it decorates."""
    elsewhere, config.CACHE_DIR = config.CACHE_DIR, _FOLDER
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = elsewhere


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` for calls from Python (and from other kernels)."""
    return _compile(function)


def inner(function: Callable[..., Any]) -> Any:
    """Compile ``function`` for calls from other kernels only: no Python wrapper is generated."""
    return _compile(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)

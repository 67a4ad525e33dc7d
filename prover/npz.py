"""Arrays out of an npz file: never unpickled, and never larger than what the file holds of them.

numpy.load allocates what a member's header asks for before it reads the first byte, so a header
that says 2^40 costs memory whatever follows it; and it reads a file that starts like an npy or a
pickle as one. Here the file is a zip archive, and each header agrees with the length of its member.
"""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from zkpot.compiler.errors import InputError

MOST_BYTES = 4 << 30
"""What the arrays of one file may take in memory."""

SUFFIX = ".npy"

UNREADABLE = (
    *(OSError, EOFError, ValueError, ArithmeticError, LookupError, RuntimeError, SyntaxError),
    *(tokenize.TokenError, zipfile.BadZipFile, zlib.error, struct.error),
)
"""What zipfile, its decompressor and numpy's parser of headers say of damaged files."""


def read_npz(path: Path, wanted: tuple[str, ...]) -> Mapping[str, NDArray[np.generic]]:
    """The arrays among ``wanted`` that are in ``path``. Raises InputError for any other file."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MOST_BYTES:
                raise InputError(
                    f"{path} unpacks to {size} bytes",
                    why=f"at most {MOST_BYTES} are read",
                    remedy="split it into several files",
                )
            names = [name for name in wanted if f"{name}{SUFFIX}" in archive.namelist()]
            return {name: _array(name, _member(archive, name, path)) for name in names}
    except FileNotFoundError as error:
        raise InputError(f"no file {path}", remedy="check the path") from error
    except UNREADABLE as error:
        raise InputError(
            f"{path} can't be read as an npz file of plain numbers",
            why=str(error).splitlines()[0] if str(error) else type(error).__name__,
            remedy="save it with numpy.savez(path, x=samples, y=labels)",
        ) from error


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    """A member's bytes. Of the compressions, bzip2 and LZMA make gigabytes of some kilobytes; numpy
    writes neither."""
    entry = archive.getinfo(f"{name}{SUFFIX}")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is compressed otherwise than numpy does")
    if entry.compress_size > path.stat().st_size:
        raise ValueError(f"{name} takes more bytes than the file has")
    return archive.read(entry)


def _array(name: str, member: bytes) -> NDArray[np.generic]:
    file = io.BytesIO(member)
    shape, dtype = _header(file)
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects, which only unpickling could read")
    declared, found = math.prod(shape) * dtype.itemsize, len(member) - file.tell()
    if declared != found or min(shape, default=0) < 0:
        raise ValueError(f"{name} declares shape {shape} of {dtype}, and {found} bytes follow")
    file.seek(0)
    array: NDArray[np.generic] = npy.read_array(file, allow_pickle=False)
    return array


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the npy format is not for plain numbers")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _fortran_order, dtype = read(file)
    return shape, dtype

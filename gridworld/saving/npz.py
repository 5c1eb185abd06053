"""NPZ files: written by NumPy, read with every size checked before memory is allocated.

There are no pickles: files contain only arrays, of types and shapes that the reader knows.
"""

import ast
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from gridworld.saving.checks import NO_RUN, LoadError, require

#: Most bytes of a file that is read; saved runs are smaller.
MAX_FILE_BYTES = 256_000_000
#: Most bytes of a text.
MAX_TEXT_BYTES = 1_000_000
#: Most bytes of the header of an array.
_MAX_HEADER_BYTES = 2_000
#: Most bytes of the directory of a ZIP file.
_MAX_DIRECTORY_BYTES = 100_000
#: Errors that NumPy, zipfile and zlib raise when they read a broken file.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)

Source = str | os.PathLike[str] | bytes | IO[bytes]


class Archive:
    """A NPZ file opened to read.

    Args:
        file: Seekable binary file.

    Raises:
        LoadError: If it is too large or no NPZ file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        _check_directory(file)
        with _broken("file"):
            self._zip = zipfile.ZipFile(file)
            self.names = sorted(self._zip.namelist())

    def text(self, name: str) -> str:
        """Reads a member of UTF-8 bytes."""
        data = self._member(name, MAX_TEXT_BYTES)
        values = _array(name, data, np.uint8, None)
        try:
            return values.tobytes().decode()
        except UnicodeDecodeError:
            raise LoadError(f"{name} must be text in UTF-8") from None

    def array(self, name: str, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray:
        """Reads an array that must have this type and shape."""
        dtype = np.dtype(dtype)
        size = dtype.itemsize * int(np.prod(shape, dtype=object))
        return _array(name, self._member(name, size), dtype, shape)

    def _member(self, name: str, size: int) -> bytes:
        limit = size + _MAX_HEADER_BYTES
        with _broken(name):
            info = self._zip.getinfo(f"{name}.npy")
        require(
            info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED),
            f"{name} must be stored or deflated, got compression {info.compress_type}",
        )
        require(
            info.file_size <= limit,
            f"{name} must have at most {limit:,} bytes, got {info.file_size:,}",
        )
        # zipfile never returns more than the declared size, and its checksum fails if it is less.
        with _broken(name), self._zip.open(info) as member:
            return member.read(limit + 1)


@contextmanager
def opened(source: Source) -> Iterator[Archive]:
    """Opens a path, the bytes of a file, or a binary file."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield Archive(io.BytesIO(source))
    elif isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            yield Archive(file)
    elif hasattr(source, "read"):
        data = source.read(MAX_FILE_BYTES + 1)  # the file may be unseekable
        require(isinstance(data, bytes), "file must be binary, got text")
        yield Archive(io.BytesIO(data))
    else:
        raise LoadError(f"file must be a path, bytes or a binary file, got {source!r}")


def write(file: IO[bytes], text: dict[str, str], arrays: dict[str, NDArray]) -> None:
    """Writes texts and arrays as a compressed NPZ file."""
    texts = {name: np.frombuffer(value.encode(), np.uint8) for name, value in text.items()}
    contents: dict[str, Any] = texts | arrays
    assert not any(array.dtype.hasobject for array in contents.values())  # nothing to pickle
    np.savez_compressed(file, **contents)


def _check_directory(file: IO[bytes]) -> None:
    """Checks the sizes that the end of a ZIP file declares, before they are used."""
    size = file.seek(0, os.SEEK_END)
    require(size <= MAX_FILE_BYTES, f"file must have at most {MAX_FILE_BYTES:,} bytes")
    file.seek(max(0, size - 42))
    tail = file.read(42)
    end = tail[-22:]
    require(len(end) == 22 and end.startswith(b"PK\5\6"), NO_RUN)
    require(not tail[:-22].startswith(b"PK\6\7"), "file must be a plain ZIP file, not ZIP64")
    directory = struct.unpack("<I", end[12:16])[0]
    require(
        directory <= _MAX_DIRECTORY_BYTES, f"file must have a small directory, got {directory:,}"
    )


def _array(name: str, data: bytes, dtype: DTypeLike, shape: tuple[int, ...] | None) -> NDArray:
    """An array from the bytes of a NPY file; without a shape, of one dimension and any length."""
    dtype = np.dtype(dtype)
    length = int.from_bytes(data[8:10], "little")
    begin = 10 + length
    is_npy = data[:8] == b"\x93NUMPY\1\0" and length <= _MAX_HEADER_BYTES and len(data) >= begin
    require(is_npy, f"{name} must be an array in NPY format 1.0")
    try:
        header = ast.literal_eval(data[10:begin].decode("latin1").strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise LoadError(f"{name} must have the header of an array") from None
    if shape is None:
        shape = ((len(data) - begin) // dtype.itemsize,)
    expected = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    require(
        header == expected,
        f"{name} must be {dtype} of shape {shape} in C order, got {str(header)[:200]}",
    )
    count = int(np.prod(shape, dtype=object)) * dtype.itemsize
    require(len(data) - begin == count, f"{name} must have {count:,} bytes of numbers")
    return np.frombuffer(data, dtype, offset=begin).reshape(shape)


@contextmanager
def _broken(name: str) -> Iterator[None]:
    """Raises LoadError for all errors of reading a broken ZIP file."""
    try:
        yield
    except LoadError:
        raise
    except KeyError:
        raise LoadError(f"{name} is missing") from None
    except _BROKEN as error:
        raise LoadError(f"{name} is broken: {error}") from error

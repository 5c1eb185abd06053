"""Arrays of a run: zeros that take memory only when they are written, and read-only views."""

import contextlib
import mmap

import numpy as np
from numpy.typing import NDArray


def lazy_zeros(n: int, dtype: type[np.generic]) -> NDArray:
    """Zeros of shape ``(n,)``; the system provides their memory when they are written.

    So the records of a long run take no memory at its start. NumPy's own zeros are written at
    once where the memory has been used before.
    """
    memory = mmap.mmap(-1, max(1, n * np.dtype(dtype).itemsize))
    if hasattr(mmap, "MADV_NOHUGEPAGE"):  # a huge page takes two megabytes at the first write
        with contextlib.suppress(OSError):  # a kernel without such pages
            memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, dtype, n)


def read_only(array: NDArray) -> NDArray:
    """A read-only view of an array."""
    view = array.view()
    view.setflags(write=False)
    return view

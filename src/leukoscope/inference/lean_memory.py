"""How does a large picture leave room for the steps that read it?  What a step freed goes back to the system at once.

glibc keeps freed blocks of up to 32 MB for the next request, in holes that it seldom fits. That is fast for pictures of
usual size, and adds a hundred megabytes to the peak of one of 100 megapixels.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from leukoscope.domain.images import SmearImage

_LARGE_PX = 30_000_000
"""Pixels from which a picture leaves little memory for anything else."""
_LEAN, _USUAL = 2**20, 2**25
"""Bytes from which a block is asked of the system and given back alone; the usual one is what glibc arrives at."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of both settings in glibc's malloc.h."""


@contextmanager
def lean_memory(image: SmearImage) -> Iterator[None]:
    """While a large picture is read, keep nothing that was freed; does nothing where the C library is not glibc."""
    library = _glibc() if image.width * image.height >= _LARGE_PX else None
    if library is None:
        yield
        return
    _keep_below(library, _LEAN)
    try:
        yield
    finally:
        _keep_below(library, _USUAL)
        library.malloc_trim(0)


def _keep_below(library: ctypes.CDLL, size: int) -> None:
    for setting in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
        library.mallopt(setting, size)


@cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None

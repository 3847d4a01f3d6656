"""Where does the memory go that a step frees?  Kept for the next step, or back to the system: as the work needs it.

By itself glibc keeps freed blocks of up to 32 MB, in holes that the next request seldom fits, and hands larger ones
back. The first adds a hundred megabytes to the peak of a picture of 100 megapixels; the second costs a training, which
asks for the same large blocks in each step, a third of its time. No number changes.
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
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
"""Numbers of the settings in glibc's malloc.h."""
_LEAN_BYTES = 2**20
_USUAL = {_MMAP_MAX: 65536, _MMAP_THRESHOLD: 2**25, _TRIM_THRESHOLD: 2**26}
"""What glibc arrives at by itself once large blocks were freed."""


@contextmanager
def lean_memory(image: SmearImage) -> Iterator[None]:
    """While a large picture is read, keep nothing that was freed; does nothing where the C library is not glibc."""
    if image.width * image.height < _LARGE_PX:
        yield
        return
    _tell({_TRIM_THRESHOLD: _LEAN_BYTES, _MMAP_THRESHOLD: _LEAN_BYTES})
    try:
        yield
    finally:
        give_back_memory()


def keep_freed_memory() -> bool:
    """Let freed blocks of any size be used again; whether that is possible here."""
    return _tell({_MMAP_MAX: 0, _TRIM_THRESHOLD: -1})


def give_back_memory() -> None:
    """Hand freed blocks back to the system now, and treat them as usual from now on."""
    if _tell(_USUAL) and (library := _glibc()) is not None:
        library.malloc_trim(0)


def _tell(settings: dict[int, int]) -> bool:
    library = _glibc()
    return library is not None and all(library.mallopt(*one) for one in settings.items())


@cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None

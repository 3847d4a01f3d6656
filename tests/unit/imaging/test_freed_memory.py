from __future__ import annotations

import sys

import numpy as np
import pytest

from leukoscope.domain.images import SmearImage
from leukoscope.imaging import freed_memory as module
from leukoscope.imaging.freed_memory import lean_memory

TRIM, MMAP, MMAPS = -1, -3, -4


class Library:
    """Notes what is asked of the C library, whose own effect `leukoscope benchmark` measures."""

    def __init__(self) -> None:
        self.settings: list[tuple[int, int]] = []
        self.trimmed = 0

    def mallopt(self, setting: int, size: int) -> int:
        self.settings.append((setting, size))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.trimmed += 1
        return 1


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library()
    monkeypatch.setattr(module, "_glibc", lambda: library)
    return library


def picture(side: int) -> SmearImage:
    return SmearImage(np.broadcast_to(np.zeros(3, np.uint8), (side, side, 3)), sha256="0" * 64)  # takes no memory


def test_a_picture_of_usual_size_changes_nothing(library: Library) -> None:
    with lean_memory(picture(1000)):
        pass

    assert (library.settings, library.trimmed) == ([], 0)


def fail_within(image: SmearImage) -> None:
    with lean_memory(image):
        raise ValueError("a step failed")


def test_a_large_picture_keeps_nothing_freed_and_leaves_the_usual_way_behind_even_when_a_step_fails(
    library: Library,
) -> None:
    with pytest.raises(ValueError, match="a step failed"):
        fail_within(picture(6000))

    assert dict(library.settings[:2]) == {TRIM: 2**20, MMAP: 2**20}
    assert dict(library.settings[2:]) == {TRIM: 2**26, MMAP: 2**25, MMAPS: 65536}
    assert library.trimmed == 1


def test_without_glibc_a_large_picture_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    module._glibc.cache_clear()
    try:
        with lean_memory(picture(6000)):
            assert module._glibc() is None
    finally:
        module._glibc.cache_clear()

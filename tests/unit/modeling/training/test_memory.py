"""Blocks that a step frees are used again by the next one, and given back when the run is over."""

from __future__ import annotations

import platform
import resource

import pytest
import torch

from leukoscope.modeling.training.memory import give_back_memory, keep_freed_memory

BLOCK = 48 << 20


def pages_asked_for() -> int:
    """Pages that the system had to hand out for a block like the one just freed."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(BLOCK // 4)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory")
def test_a_block_like_the_one_just_freed_costs_no_new_pages_while_memory_is_kept() -> None:
    pages = BLOCK // resource.getpagesize()
    assert pages_asked_for() > pages / 600  # a page may be a huge one
    usual = pages_asked_for()
    assert keep_freed_memory()
    try:
        pages_asked_for()
        assert pages_asked_for() < usual / 10
    finally:
        give_back_memory()
    assert pages_asked_for() > usual / 2

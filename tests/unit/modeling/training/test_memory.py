"""Blocks that a step frees are used again by the next one, and given back when the run is over."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# In a process of its own: the C library keeps memory for the main thread, and other tests leave holes in it.
LOOK = """
import resource, torch, lightning
from leukoscope.imaging.freed_memory import give_back_memory, keep_freed_memory

def pages_asked_for():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones((48 << 20) // 4)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

pages_asked_for()
usual = pages_asked_for()
told = keep_freed_memory()
pages_asked_for()
kept = pages_asked_for()
give_back_memory()
print(int(told), usual, kept, pages_asked_for())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory")
def test_a_block_like_the_one_just_freed_costs_no_new_pages_while_memory_is_kept() -> None:
    # In up to half of the processes, by chance, the blocks go back all the same: nothing is gained, and nothing lost.
    for _ in range(12):
        run = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
        told, usual, kept, afterwards = map(int, run.stdout.split())
        assert told
        assert usual > 20  # a page may be a huge one
        assert afterwards > usual / 2
        if kept < usual / 10:
            return
    pytest.fail("no process kept a block")

"""Why does the processor wait for memory?  Each step frees and asks for the same large blocks; here they are kept.

By default the C library hands blocks of this size back to the system at once and asks for them anew in the next step,
and the system clears them page by page: 30 % of the time of `lenet-lld` on one core went there (873 ms of processor
time for a step of 32 pictures, 263 of them in the kernel; 613 ms, 20 in the kernel, with what is below, at a peak of
memory 6 % higher). No number changes. It is not had in every process: in 4 of 8 tried the blocks went back all the
same, and nothing was gained; why is not known.
"""

from __future__ import annotations

from typing import Any

import lightning

from leukoscope.imaging.freed_memory import give_back_memory, keep_freed_memory


class MemoryKept(lightning.Callback):
    """Keeps freed memory within the process while it trains, and gives it back afterwards.

    Does nothing where the C library is not glibc. A callback, since each process of a distributed run must do it.
    """

    def setup(self, trainer: lightning.Trainer, pl_module: Any, stage: str) -> None:
        """From here on, freed blocks are used again."""
        keep_freed_memory()

    def teardown(self, trainer: lightning.Trainer, pl_module: Any, stage: str) -> None:
        """As usual again."""
        give_back_memory()

    def on_exception(self, trainer: lightning.Trainer, pl_module: Any, exception: BaseException) -> None:
        """As usual again, where a run breaks off too."""
        give_back_memory()

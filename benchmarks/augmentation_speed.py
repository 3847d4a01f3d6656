"""How many pictures a second do the presets change on the fly?  Prints pictures per second of CPU time of one core.

CPU time, not wall time, so that other work on the machine counts little: `python benchmarks/augmentation_speed.py`.
"""

from __future__ import annotations

import os
import time

import torch

from leukoscope.modeling.augmentation.on_the_fly import change
from leukoscope.modeling.augmentation.presets import PRESETS

SIDE, BATCH, ROUNDS = 224, 16, 1

if __name__ == "__main__":
    torch.set_num_threads(1)
    pictures = torch.randint(0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8)
    print(f"{SIDE} x {SIDE}, batches of {BATCH}, one thread; load of the machine {os.getloadavg()[0]:.1f}")
    for preset in (one for one in PRESETS if not one.normalizes):
        generator = torch.Generator().manual_seed(0)
        change(pictures, preset, generator, size=(SIDE, SIDE))
        start = time.process_time()
        for _ in range(ROUNDS):
            change(pictures, preset, generator, size=(SIDE, SIDE))
        print(f"{preset.name:16} {BATCH * ROUNDS / (time.process_time() - start):6.0f} pictures/s", flush=True)

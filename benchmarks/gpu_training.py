"""How fast does ResNet-50 learn on the graphics card, and how much of the card is that?

    python benchmarks/gpu_training.py [--batch 256] [--steps 60] [--json FILE]

ResNet-50 by timm, 224 x 224, mixed precision (bf16), channels last, AdamW: the step that `leukoscope train` runs, on
random pictures that lie on the card already. Beside it the card's own rate for bf16 matrix products of a size that
fills it, measured in the same process. The share is what the network's arithmetic (4.09 G multiply-adds a picture
forward, three times that with the way back) makes of that rate. Then the same network through the whole of
`leukoscope train`, pictures from memory, changed on the processor: what is left, and how long it waits for data.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from leukoscope.data.pictures import PictureSet
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.recipes import NetworkPart
from leukoscope.modeling.training.curves import CURVES, read_curves
from leukoscope.modeling.training.run import train

SIDE, CLASSES = 224, 4
OPERATIONS_PER_PICTURE = 3 * 2 * 4.09e9  # He et al. 2016 count 3.8 G multiply-adds; 4.09 G with the stride in the 3 x 3
MATRIX = 8192
RECIPE = Path(__file__).parents[1] / "recipes" / "sources" / "roboflow-resnet50.toml"


def matrix_rate(rounds: int = 20) -> float:
    """Operations per second of bf16 matrix products, median of rounds."""
    left = torch.randn(MATRIX, MATRIX, device="cuda", dtype=torch.bfloat16)
    right = torch.randn(MATRIX, MATRIX, device="cuda", dtype=torch.bfloat16)
    for _ in range(5):
        left @ right
    seconds = [timed(lambda: left @ right) for _ in range(rounds)]
    return 2 * MATRIX**3 / statistics.median(seconds)


def step_rate(batch: int, steps: int) -> float:
    """Pictures per second of training steps alone, median of steps."""
    network = build_network(NetworkPart(name="resnet50"), CLASSES, SIDE).cuda().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    pictures = torch.rand(batch, 3, SIDE, SIDE, device="cuda").contiguous(memory_format=torch.channels_last)
    targets = torch.arange(batch, device="cuda") % CLASSES

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16):
            logits = network(pictures)
        nn.functional.cross_entropy(logits.float(), targets).backward()
        optimizer.step()

    for _ in range(10):
        step()
    return batch / statistics.median([timed(step) for _ in range(steps)])


def timed(work: object) -> float:
    assert callable(work)
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def whole_run(batch: int) -> dict[str, float]:
    """The last epoch of three of `leukoscope train`, with the augmentation of the recipe."""
    changes = ["training.epochs=3", f"training.batch_size={batch}", 'training.precision="bf16-mixed"']
    recipe = read_recipe(RECIPE, changes)
    rng = np.random.default_rng(0)
    count = 8 * batch
    pictures = rng.integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
    targets, groups = np.arange(count) % len(recipe.labels), tuple(map(str, range(count)))
    few = PictureSet(pictures[:8], targets[:8], groups[:8])
    with tempfile.TemporaryDirectory() as folder:
        train(recipe, PictureSet(pictures, targets, groups), few, Path(folder))
        return read_curves(Path(folder) / CURVES)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("There is no graphics card that PyTorch can use here, so nothing was measured.")
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        raise SystemExit(f"{torch.cuda.get_device_name()} has no bf16 arithmetic, so nothing was measured.")
    rate, alone = matrix_rate(), step_rate(arguments.batch, arguments.steps)
    run = whole_run(arguments.batch)
    found = {
        "card": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "batch": arguments.batch,
        "images_per_s": alone,
        "bf16_operations_per_s": rate,
        "share_of_bf16_rate": alone * OPERATIONS_PER_PICTURE / rate,
        "run_images_per_s": run["images_per_s"],
        "run_waiting_share": run["waiting_share"],
    }
    print(f"{found['card']}, PyTorch {found['torch']}, batch {arguments.batch}")
    print(f"steps alone: {alone:.0f} images/s")
    print(
        f"bf16 matrix products: {rate / 1e12:.0f} T operations/s; the steps use {found['share_of_bf16_rate']:.1%} of it"
    )
    print(
        f"leukoscope train: {run['images_per_s']:.0f} images/s, waiting for data {run['waiting_share']:.1%} of the time"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

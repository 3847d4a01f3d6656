"""The published network as `leukoscope train` trains it, an epoch per line on standard input; run by keras_speed.py."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch

from leukoscope.data.pictures import PictureSet
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.networks.network import count_parameters
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.training import loop
from leukoscope.modeling.training.curves import CURVES, read_curves
from leukoscope.modeling.training.run import train

COUNT, THREADS, WAY = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
RECIPE = Path(__file__).parents[2] / "recipes" / "sources" / "lenet-lld.toml"


class Turns(lightning.Callback):
    """Waits for its turn before each epoch and tells of it afterwards; the clock of the curves starts after that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def on_validation_epoch_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        self._used = time.process_time() - self._before  # validation and checkpoints are no part of it in Keras either

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        row = read_curves(self._folder / CURVES)[-1]
        told = {name: row[name] for name in ("images_per_s", "waiting_share")}
        print(json.dumps(told | {"cpu_ms": 1000 * self._used / COUNT}), flush=True)
        self._wait(trainer)

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        self._wait(trainer)

    def _wait(self, trainer: lightning.Trainer) -> None:
        if not sys.stdin.readline():
            trainer.should_stop = True
        self._before = time.process_time()


def main() -> None:
    torch.set_num_threads(THREADS)
    recipe = read_recipe(RECIPE, ["training.epochs=1000"])
    if WAY == "plain":  # Keras gets its pictures unchanged too
        loop.augment = lambda pictures, how, side, generator: pictures.float() / 255
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (COUNT, 256, 256, 3), dtype=np.uint8)
    targets = np.arange(COUNT) % 2
    groups = tuple(map(str, range(COUNT)))
    few = PictureSet(pictures[:2], targets[:2], groups[:2])
    parameters = count_parameters(build_network(recipe.network, 2, 256))
    name = f"leukoscope on PyTorch {torch.__version__}, {parameters} parameters"
    print(json.dumps({"name": name}), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        train(recipe, PictureSet(pictures, targets, groups), few, Path(folder), watchers=[Turns(Path(folder))])


if __name__ == "__main__":
    main()

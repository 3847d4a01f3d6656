"""What does a segmenter learn from a batch, and how is it seen how well it outlines?"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from leukoscope.modeling.segmentation.batches import Windows
from leukoscope.modeling.segmentation.network import CellUNet, mask_loss
from leukoscope.modeling.training.looks import Lesson

SCORE = "validation_dice"
_NUCLEUS, _CELL = f"{SCORE}_nucleus", f"{SCORE}_cell"
_COLUMNS = ("epoch", "train_loss", SCORE, _NUCLEUS, _CELL, "learning_rate", "images_per_s", "seconds")
_NOTHING = (
    "no cell of the validation part is outlined. Lower training.learning_rate, or look at the masks of the training "
    "part."
)
_BATCH = 32


def segmenter_lesson(watched: Windows) -> Lesson[CellUNet]:
    """What a segmenter learns.

    Args:
        watched: Validation windows, at the size the network is shown.
    """
    return Lesson(_loss, lambda network: _look(network, watched), SCORE, _COLUMNS, _told, _NOTHING)


def mean_dice(network: CellUNet, windows: Windows) -> tuple[float, float]:
    """Mean Dice of nuclei and of cells over windows, by the pixels of the network."""
    scores, device = [], next(network.parameters()).device
    with torch.inference_mode():
        for start in range(0, len(windows), _BATCH):
            pictures = torch.from_numpy(windows.pictures[start : start + _BATCH]).permute(0, 3, 1, 2).float() / 255
            found = network(pictures.to(device, memory_format=torch.channels_last)).cpu() > 0
            true = torch.from_numpy(windows.masks[start : start + _BATCH]) > 127
            shared, both = (found & true).sum((2, 3)), found.sum((2, 3)) + true.sum((2, 3))
            scores.append(torch.where(both > 0, 2 * shared / both.clamp(min=1), 1.0))
    nucleus, cell = torch.cat(scores).mean(0).tolist()
    return float(nucleus), float(cell)


def _loss(network: CellUNet, windows: Tensor, masks: Tensor) -> Tensor:
    return mask_loss(network(windows).float(), masks.to(windows.device))


def _look(network: CellUNet, watched: Windows) -> dict[str, float]:
    nucleus, cell = mean_dice(network, watched)
    return {_NUCLEUS: nucleus, _CELL: cell, SCORE: (nucleus + cell) / 2}


def _told(seen: Mapping[str, float]) -> str:
    return f"Dice of nuclei {seen[_NUCLEUS]:.3f}, of cells {seen[_CELL]:.3f}"

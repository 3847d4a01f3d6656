"""Windows around cells as batches whose masks moved with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from leukoscope.data.masked_pictures import MaskedPicture
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.imaging.outlining.square import cut_mask, cut_square, square_around
from leukoscope.imaging.tiles import glass_of
from leukoscope.modeling.augmentation.geometry import resample
from leukoscope.modeling.augmentation.own_way import camera, draw_moves, optics, stain
from leukoscope.modeling.augmentation.recipe import Augmentation
from leukoscope.modeling.batches import RepeatedPictures
from leukoscope.modeling.segmentation.recipe import WindowPart

WIDER = 1.6
"""Side of what is kept of a cell's surroundings over that of the window, so that turned and moved windows are full."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows and the masks in them.

    Attributes:
        pictures: uint8, shape (n, side, side, 3).
        masks: uint8, 0 or 255, nucleus and cell, shape (n, 2, side, side).
    """

    pictures: Pixels
    masks: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pictures)


def cut_windows(pictures: Sequence[MaskedPicture], part: WindowPart, wider: float = 1.0) -> Windows:
    """A window around each cell, by the box of its mask.

    Args:
        pictures: Pictures with masks.
        part: What the network is shown.
        wider: How much more is cut around the cell, at the same pixel size.
    """
    size = round(part.side * wider)
    found, masks = [], []
    for one in pictures:
        glass = glass_of(one.pixels)
        for place in range(len(one.boxes)):
            cell, nucleus = one.masks(place)
            square = square_around(_box_of(cell), part.margin * wider)
            found.append(cut_square(one.pixels, square, size, glass))
            masks.append(np.stack([cut_mask(mask, square, size) for mask in (nucleus, cell)]))
    return Windows(np.stack(found), np.stack(masks))


def _box_of(mask: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


class WindowBatches(RepeatedPictures):
    """Batches of one epoch, the same for the same seed and epoch.

    Args:
        windows: Windows `WIDER` than what the network is shown.
        repeats: How often each is shown per epoch.
        side: Height and width of what the network is shown.
        how: How they are changed.
        batch_size: Windows per batch.
        seed: Of the run.
    """

    def __init__(
        self, windows: Windows, repeats: Sequence[int], side: int, how: Augmentation, batch_size: int, seed: int
    ) -> None:
        super().__init__(repeats, batch_size, seed)
        self._pictures = torch.from_numpy(windows.pictures).permute(0, 3, 1, 2)
        self._masks = torch.from_numpy(windows.masks)
        self._side, self._how = side, how

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Float windows in [0, 1], shape (n, 3, side, side), and their masks in [0, 1], shape (n, 2, side, side)."""
        for places, generator in self.chosen():
            yield self._changed(places, generator)

    def _changed(self, chosen: list[int], generator: Generator) -> tuple[Tensor, Tensor]:
        how, side = self._how, self._side
        matrices = draw_moves(len(chosen), how, generator)
        matrices[:, :2] = matrices[:, :2] / WIDER
        pictures = resample(self._pictures[chosen].float() / 255, matrices, side, side, "nearest")
        masks = resample(self._masks[chosen].float() / 255, matrices, side, side, "black")
        pictures = optics(camera(stain(pictures, how, generator), how, generator), how, generator)
        return pictures.clamp(0, 1), masks.clamp(0, 1)

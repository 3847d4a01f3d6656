"""Asks a network that is still in training, the way users will ask its bundle: tiles, floor, suppression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.domain.images import Pixels
from leukoscope.domain.objects import Detections
from leukoscope.imaging.tiles import DetectorView, RawBoxes, cut_tiles, join_tiles, plan_tiles
from leukoscope.modeling.detection.network import Detector

_BATCH = 8


def find_objects(network: Detector, pictures: Sequence[BoxedPicture], view: DetectorView) -> tuple[Detections, ...]:
    """What a network finds in each picture."""
    found = []
    for one in pictures:
        height, width = one.pixels.shape[:2]
        plan = plan_tiles(width, height, view, one.pixel_size_um)
        found.append(join_tiles(decode_tiles(network, cut_tiles(one.pixels, plan)), plan, view))
    return tuple(found)


def decode_tiles(network: Detector, tiles: Pixels) -> RawBoxes:
    """What a network says of tiles, uint8, shape (n, height, width, 3)."""
    found: tuple[list[NDArray[Any]], ...] = ([], [], [])
    device = next(network.parameters()).device
    with torch.inference_mode():
        for start in range(0, len(tiles), _BATCH):
            batch = torch.from_numpy(tiles[start : start + _BATCH]).permute(0, 3, 1, 2).float() / 255
            parts = network.decode(batch.to(device, memory_format=torch.channels_last))
            for kept, part in zip(found, parts, strict=True):
                kept.append(part.cpu().numpy())
    return RawBoxes(*(np.concatenate(kept) for kept in found))

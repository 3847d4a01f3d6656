"""Training pictures as batches whose boxes moved with them: whole and squeezed, or pieces at the network's pixel size.

Only turns by quarters and mirrorings are used on pieces: a box that is turned by any other angle no longer fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.data.manifest import Annotation
from leukoscope.domain.regions import Box
from leukoscope.imaging.preprocessing import resize
from leukoscope.imaging.tiles import glass_of
from leukoscope.modeling.augmentation.geometry import resample, uniform
from leukoscope.modeling.augmentation.on_the_fly import change
from leukoscope.modeling.augmentation.own_way import camera, optics, stain
from leukoscope.modeling.augmentation.presets import find_preset
from leukoscope.modeling.augmentation.recipe import Augmentation
from leukoscope.modeling.augmentation.targets import move_annotations
from leukoscope.modeling.batches import RepeatedPictures
from leukoscope.modeling.detection.network import Target
from leukoscope.modeling.detection.recipe import CropPart

KEPT_SHARE = 0.3
"""An object of which less than this share of its box stays in the piece is no object of it."""
_FINER = 1.25
"""Pixels of a kept picture per pixel of the network: magnified pieces stay sharp, and memory small."""


class WholeBatches(RepeatedPictures):
    """Whole pictures squeezed to one size and changed by a preset.

    Args:
        pictures: What is learned from.
        repeats: How often each is shown per epoch.
        side: Height and width they are squeezed to, in pixels.
        how: How they are changed.
        batch_size: Pictures per batch.
        seed: Of the run.
    """

    def __init__(
        self,
        pictures: Sequence[BoxedPicture],
        repeats: Sequence[int],
        side: int,
        how: Augmentation,
        batch_size: int,
        seed: int,
    ) -> None:
        super().__init__(repeats, batch_size, seed)
        self._side, self._how = side, how
        squeezed = np.stack([resize(one.pixels, side, side) for one in pictures])
        self._images = torch.from_numpy(squeezed).permute(0, 3, 1, 2)
        self._marked = [_annotations(one, side) for one in pictures]

    def __iter__(self) -> Iterator[tuple[Tensor, list[Target]]]:
        size, preset = (self._side, self._side), find_preset(self._how.preset)
        for places, generator in self.chosen():
            changed = change(self._images[places], preset, generator, size=size)
            moved = (
                move_annotations(self._marked[place], matrix, size, size)
                for place, matrix in zip(places, changed.matrices, strict=True)
            )
            yield changed.pictures, [_target(one) for one in moved]


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A picture as it is kept: float in [0, 1], shape (1, 3, height, width), its boxes, labels and glass."""

    picture: Tensor
    boxes: Tensor
    labels: Tensor
    glass: Tensor


class PieceBatches(RepeatedPictures):
    """Pieces of pictures at the network's pixel size, magnified, mirrored, turned by quarters and recolored.

    Args:
        pictures: What is learned from; each knows its pixel size.
        repeats: How often each is shown per epoch.
        pixel_size_um: Of the network.
        crops: How pieces are cut.
        how: How colors change; its geometry is not used.
        batch_size: Pieces per batch.
        seed: Of the run.
    """

    def __init__(
        self,
        pictures: Sequence[BoxedPicture],
        repeats: Sequence[int],
        pixel_size_um: float,
        crops: CropPart,
        how: Augmentation,
        batch_size: int,
        seed: int,
    ) -> None:
        super().__init__(repeats, batch_size, seed)
        self._crops, self._how = crops, how
        self._kept = [_keep(one, pixel_size_um) for one in pictures]

    def __iter__(self) -> Iterator[tuple[Tensor, list[Target]]]:
        for places, generator in self.chosen():
            pieces = [self._piece(self._kept[place], generator) for place in places]
            batch = torch.cat([piece for piece, _ in pieces])
            batch = camera(stain(batch.clamp(0, 1), self._how, generator), self._how, generator)
            yield optics(batch, self._how, generator).clamp(0, 1), [target for _, target in pieces]

    def _piece(self, kept: _Kept, generator: Generator) -> tuple[Tensor, Target]:
        side, crops = self._crops.side, self._crops
        height, width = kept.picture.shape[-2:]
        zoom = float(torch.exp(uniform(1, math.log(crops.scale[0]), math.log(crops.scale[1]), generator)))
        stretch = float(torch.exp(uniform(1, -1, 1, generator) * math.log(crops.stretch) / 2))
        across, down = zoom * stretch / _FINER, zoom / stretch / _FINER  # pixels of the piece per pixel kept
        if float(uniform(1, 0, 1, generator)) < 0.5:
            across = -across
        if float(uniform(1, 0, 1, generator)) < 0.5:
            down = -down
        turned = float(uniform(1, 0, 1, generator)) < 0.5
        slack = torch.tensor([abs(width * across), abs(height * down)])
        slack = ((slack.flip(0) if turned else slack) - side).abs() / 2 * crops.shift
        shift = uniform(2, -1, 1, generator) * slack
        forward = _forward((width, height), (across, down), shift, side, turned=turned)
        picture = resample(kept.picture - kept.glass, _backward(forward, (height, width), side), side, side, "black")
        return picture + kept.glass, _moved(kept, forward, side)


def _keep(one: BoxedPicture, pixel_size_um: float) -> _Kept:
    height, width = one.pixels.shape[:2]
    factor = (one.pixel_size_um or pixel_size_um) / pixel_size_um * _FINER
    after = max(1, round(width * factor)), max(1, round(height * factor))
    small = torch.from_numpy(resize(one.pixels, *after)).permute(2, 0, 1)[None].float() / 255
    ratio = torch.tensor([after[0] / width, after[1] / height] * 2)
    glass = torch.from_numpy(glass_of(one.pixels)).float().view(1, 3, 1, 1) / 255
    return _Kept(small, torch.from_numpy(one.marked.boxes).float() * ratio, torch.from_numpy(one.marked.labels), glass)


def _forward(size: tuple[int, int], factors: tuple[float, float], shift: Tensor, side: int, *, turned: bool) -> Tensor:
    """From pixels of the kept picture to pixels of the piece, shape (3, 3): middle to middle, plus a shift."""
    matrix = torch.eye(3)
    linear = torch.diag(torch.tensor(factors))
    matrix[:2, :2] = linear.flip(0) if turned else linear
    matrix[:2, 2] = side / 2 + shift - matrix[:2, :2] @ (torch.tensor(size) / 2)
    return matrix


def _backward(forward: Tensor, size: tuple[int, int], side: int) -> Tensor:
    """The matrix that `resample` takes: between edges at -1 and 1, from the piece to the picture."""
    height, width = size
    to_piece = torch.tensor([[side / 2, 0, side / 2], [0, side / 2, side / 2], [0, 0, 1.0]])
    to_edges = torch.tensor([[2 / width, 0, -1.0], [0, 2 / height, -1.0], [0, 0, 1.0]])
    backward: Tensor = to_edges @ torch.linalg.inv(forward) @ to_piece
    return backward[None]


def _moved(kept: _Kept, forward: Tensor, side: int) -> Target:
    corners = kept.boxes.view(-1, 2, 2) @ forward[:2, :2].T + forward[:2, 2]
    boxes = torch.cat([corners.amin(1), corners.amax(1)], dim=1)
    inside = boxes.clamp(0, side)
    whole, left = ((one[:, 2:] - one[:, :2]).prod(1) for one in (boxes, inside))
    stays = left > KEPT_SHARE * whole
    return Target(inside[stays], kept.labels[stays])


def _annotations(one: BoxedPicture, side: int) -> tuple[Annotation, ...]:
    height, width = one.pixels.shape[:2]
    boxes = one.marked.boxes * np.array([side / width, side / height] * 2)
    return tuple(
        Annotation(Box(*box), str(label)) for box, label in zip(boxes.tolist(), one.marked.labels.tolist(), strict=True)
    )


def _target(annotations: Sequence[Annotation]) -> Target:
    boxes = torch.tensor([one.box.as_list() for one in annotations], dtype=torch.float32).view(-1, 4)
    return Target(boxes, torch.tensor([int(one.label) for one in annotations], dtype=torch.int64))

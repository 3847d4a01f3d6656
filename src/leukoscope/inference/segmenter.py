"""Outlines nucleus and cell by the graph of a segmentation bundle: the same call as every classical way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.errors import BundleMismatchError, InvalidValueError
from leukoscope.imaging.outlining.masks import masks_from_maps
from leukoscope.imaging.outlining.neighbors import nothing_beyond, took_in_a_neighbor, with_room
from leukoscope.imaging.outlining.square import Square, back_in_picture, cut_square, square_around
from leukoscope.imaging.tiles import glass_of
from leukoscope.inference.session import Session

BATCH = 8
"""Windows per run: memory stays flat on crowded pictures."""
Floats = NDArray[np.float32]
_Look = tuple[Box, Square]
"""A box, and the square of the picture that is shown for it."""

_OUTPUT = "masks"
_NUCLEUS, _CELL = 0, 1
_BEYOND = 0.01
"""How far a map may lie outside of 0 and 1, where a graph of 8 bits rounds."""
_ALIKE = 0.6
"""IoU of the box that was given with that of the cell that was found, below which the segmenter looks again."""
_MIDDLE = 0.25
"""Where the middle of a window begins, as a share of its side: the cell that reaches into it is the one meant."""


class Segmenter:
    """A segmentation bundle, ready to run on the CPU; its graph is loaded with the first window, which takes 50 ms.

    Args:
        bundle: The bundle.
        threads: Cores to use; all of them by default.

    Raises:
        BundleMismatchError: The bundle is for another task.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        if bundle.card.segmentation is None:
            raise BundleMismatchError(
                f"{bundle.card.name} is for {bundle.card.task}, not for segmentation.", hint="Choose a segmenter."
            )
        self._bundle, self._threads = bundle, threads
        self.card: Card = bundle.card
        self.ref: ModelRef = bundle.ref
        self._margin, self._side = bundle.card.segmentation.margin, bundle.card.input.width

    @cached_property
    def _session(self) -> Session:
        return Session(self._bundle, (_OUTPUT,), threads=self._threads)

    def outline(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[CellMasks | None]:
        """Outline one cell per box.

        A box that covers the whole picture, as for crops of one cell, is taken as the window itself. Where the cell
        found fills its box badly, the segmenter looks once more, around what it found; an arm that leaves the box, as
        where a red cell was taken in, is cut instead.

        Args:
            pixels: The whole picture, RGB.
            boxes: Boxes around whole cells; what reaches beyond the picture is cut off.

        Returns:
            As many as boxes, in their order; None where no cell was found in a box.

        Raises:
            BundleMismatchError: The graph fails, or gives something else than masks.
            InvalidBundleError: ONNX Runtime refuses the graph, or it lacks the output.
        """
        height, width = pixels.shape[:2]
        inside = {place: cut for place, box in enumerate(boxes) if (cut := _cut_off(box, width, height)) is not None}
        looks = {place: (box, self._square(box, width, height)) for place, box in inside.items()}
        if not looks:
            return [None] * len(boxes)
        glass = glass_of(pixels)
        found = self._outlined(pixels, glass, looks)
        again = {
            place: (masks.extent, square_around(masks.extent, self._margin))
            for place, masks in found.items()
            if masks is not None and masks.extent.iou(inside[place]) < _ALIKE
        }
        found |= {place: masks for place, masks in self._outlined(pixels, glass, again).items() if masks is not None}
        return [found.get(place) for place in range(len(boxes))]

    def maps(self, windows: Pixels) -> Floats:
        """How surely each pixel of windows belongs to nucleus and cell, in [0, 1], shape (n, 2, side, side).

        Args:
            windows: uint8, shape (n, side, side, 3) with the card's side.

        Raises:
            InvalidValueError: The shape or type is not what the card says.
            BundleMismatchError: The graph fails, or gives something else than masks.
            InvalidBundleError: ONNX Runtime refuses the graph, or it lacks the output.
        """
        expected = (self._side, self._side, 3)
        if windows.dtype != np.uint8 or windows.shape[1:] != expected or not len(windows):
            raise InvalidValueError(
                f"{self.card.name} takes uint8 (n, {expected}), got {windows.dtype} {windows.shape}."
            )
        return np.concatenate([self._run(windows[one : one + BATCH]) for one in range(0, len(windows), BATCH)])

    def _run(self, windows: Pixels) -> Floats:
        given = self._session.run((_OUTPUT,), windows)[0]
        maps = given if isinstance(given, np.ndarray) and given.dtype.kind == "f" else None
        expected = (len(windows), 2, self._side, self._side)
        # Turned round, so that what is no number fails, too.
        if maps is None or maps.shape != expected or not (maps.min() >= -_BEYOND and maps.max() <= 1 + _BEYOND):
            raise BundleMismatchError(
                f"{self.card.name} gave something else than masks {expected} of numbers from 0 to 1.",
                hint="Run `leukoscope model verify` on the bundle.",
            )
        return np.asarray(maps, np.float32)

    def _square(self, box: Box, width: int, height: int) -> Square:
        whole = box.width >= width and box.height >= height
        return square_around(box, 1.0 if whole else self._margin)

    def _outlined(self, pixels: Pixels, glass: Pixels, looks: Mapping[int, _Look]) -> dict[int, CellMasks | None]:
        """Outlines by place; windows and maps of one batch are gone before the next one is cut."""
        places = list(looks)
        found: dict[int, CellMasks | None] = {}
        for start in range(0, len(places), BATCH):
            batch = places[start : start + BATCH]
            found |= zip(batch, self._batch(pixels, glass, [looks[place] for place in batch]), strict=True)
        return found

    def _batch(self, pixels: Pixels, glass: Pixels, looks: Sequence[_Look]) -> list[CellMasks | None]:
        windows = np.stack([cut_square(pixels, square, self._side, glass) for _, square in looks])
        maps = self.maps(windows) + (0.5 - self.card.decision.uncertain_below)
        height, width = pixels.shape[:2]
        return [_masks(one, look, width, height) for one, look in zip(maps, looks, strict=True)]


def _masks(maps: Floats, look: _Look, width: int, height: int) -> CellMasks | None:
    box, square = look
    middle = round(_MIDDLE * maps.shape[1]), round((1 - _MIDDLE) * maps.shape[1])
    if maps[_CELL, middle[0] : middle[1], middle[0] : middle[1]].max() <= 0.5:
        return None
    back = [back_in_picture(maps[which], square, width, height) for which in (_CELL, _NUCLEUS)]
    if back[0] is None or back[1] is None:
        return None
    (cell, left, top), (nucleus, _, _) = back[0], back[1]
    masks = masks_from_maps(cell, nucleus, left, top)
    if masks is None or not took_in_a_neighbor(masks, box):
        return masks
    room = with_room(box)
    return masks_from_maps(nothing_beyond(cell, room, left, top), nothing_beyond(nucleus, room, left, top), left, top)


def _cut_off(box: Box, width: int, height: int) -> Box | None:
    x0, y0, x1, y1 = max(0.0, box.x0), max(0.0, box.y0), min(float(width), box.x1), min(float(height), box.y1)
    return Box(x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None

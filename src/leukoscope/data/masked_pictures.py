"""Pictures of a split with the masks of their cells, in memory: what a segmenter learns from and is judged on.

Masks are gray pictures: background black, cytoplasm gray (128 in JTSC, 155 in BCCD), nucleus white.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Manifest, Part, Row
from leukoscope.data.sources.registry import recognize
from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.errors import DataError, ManifestError
from leukoscope.imaging.reading import read_image

Bools = NDArray[np.bool_]
Numbers = NDArray[np.int32]

_CELL, _NUCLEUS = 96, 205
"""Levels from which a pixel of a mask is cell, or nucleus; JPEG-like traces around them are few."""
_LEUKOCYTE = "WBC"
_LEAST_PX = 50
_SHARED = 0.3
"""A connected piece of mask of which another box covers this share, too, is several cells that touch."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskedPicture:
    """A picture with its cells, pixel by pixel.

    Attributes:
        name: Path below the folder of its set.
        pixels: As read.
        boxes: Box of each cell, as somebody drew it; the whole picture for crops of one cell.
        numbers: 0 or the number of the cell (from 1, in the order of the boxes), shape (height, width).
        nuclei: True in nuclei.
        group: Pictures of one group show the same field.
    """

    name: str
    pixels: Pixels
    boxes: tuple[Box, ...]
    numbers: Numbers
    nuclei: Bools
    group: str

    def masks(self, place: int) -> tuple[Bools, Bools]:
        """Cell and nucleus of the box at a place, shape (height, width) of the picture."""
        cell = self.numbers == place + 1
        return cell, cell & self.nuclei


def load_masked(manifest: Manifest, part: Part) -> tuple[MaskedPicture, ...]:
    """Read the pictures of a part that have masks.

    A committed split names pictures only; masks and boxes are then those that the owners of the set gave.

    Args:
        manifest: The set.
        part: Which part.

    Raises:
        DataError: The set has no mask for a picture of the part.
        ManifestError: The folder is of no set that is known, or a mask has another size than its picture.
        InputError: A picture cannot be read.
    """
    known: dict[str, Row] = {}
    if not manifest.table["mask"].notna().any():
        known = {row.path: row for row in recognize(manifest.base).read(manifest.base).rows}
    pictures = []
    for row in manifest.rows():
        if row.split == part:
            own = known.get(row.path, row)
            pictures.append(_read(manifest, replace(row, mask=own.mask, boxes=own.boxes)))
    return tuple(one for one in pictures if one.boxes)


def _read(manifest: Manifest, row: Row) -> MaskedPicture:
    if row.mask is None:
        raise DataError(
            f"{manifest.name} has no mask for {row.path}.", hint="Give the folder of the set with its masks."
        )
    pixels = read_image(manifest.locate(row.path)).pixels
    levels = read_image(manifest.locate(row.mask)).pixels.max(axis=2)
    if levels.shape != pixels.shape[:2]:
        raise ManifestError(
            f"The mask {Path(row.mask).name} is {levels.shape[1]} x {levels.shape[0]} pixels, its picture "
            f"{pixels.shape[1]} x {pixels.shape[0]}.",
            hint="Name the mask that belongs to the picture.",
        )
    boxes = [one.box for one in row.boxes or () if one.label == _LEUKOCYTE]
    if row.boxes is None:
        boxes = [Box(0, 0, pixels.shape[1], pixels.shape[0])]
    numbers = number_cells(levels >= _CELL, boxes)
    kept = [place for place in range(len(boxes)) if int((numbers == place + 1).sum()) >= _LEAST_PX]
    table = np.zeros(len(boxes) + 1, np.int32)
    table[[place + 1 for place in kept]] = np.arange(1, len(kept) + 1)
    return MaskedPicture(
        row.path,
        pixels,
        tuple(boxes[place] for place in kept),
        table[numbers],
        np.asarray(levels >= _NUCLEUS, np.bool_),
        row.group or row.path,
    )


def number_cells(mask: Bools, boxes: Sequence[Box]) -> Numbers:
    """Whose cell is each pixel?  Every connected piece goes to the box that covers most of it.

    Where several boxes cover much of one piece, each of its pixels goes to the box whose middle is nearest, measured in
    halves of the box's sides.

    Args:
        mask: True in cells.
        boxes: Boxes of the cells.

    Returns:
        0 or the number of the box, from 1.

    Example:
        >>> number_cells(np.ones((1, 4), bool), [Box(0, 0, 2, 1), Box(2, 0, 4, 1)]).tolist()
        [[1, 1, 2, 2]]
    """
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    pieces = np.asarray(labels, np.int32)
    numbers = np.zeros(mask.shape, np.int32)
    if not boxes or count < 2:
        return numbers
    areas = np.bincount(pieces.ravel(), minlength=count)
    shares = np.array([_covered(pieces, box, count) for box in boxes]) / np.maximum(areas, 1)
    nearest = _nearest(mask.shape, boxes)
    for piece in range(1, count):
        claims = np.flatnonzero(shares[:, piece] >= _SHARED)
        inside = pieces == piece
        if len(claims) > 1:
            among = nearest[claims].argmin(axis=0)
            numbers[inside] = (claims[among] + 1)[inside]
        elif shares[:, piece].max() > 0:
            numbers[inside] = int(shares[:, piece].argmax()) + 1
    return numbers


def _covered(pieces: NDArray[np.int32], box: Box, count: int) -> NDArray[np.int64]:
    rows, columns = slice(max(0, int(box.y0)), int(np.ceil(box.y1))), slice(max(0, int(box.x0)), int(np.ceil(box.x1)))
    return np.bincount(pieces[rows, columns].ravel(), minlength=count)


def _nearest(shape: tuple[int, ...], boxes: Sequence[Box]) -> NDArray[np.float32]:
    """Squared distance of each pixel to the middle of each box, in halves of its sides."""
    x, y = np.arange(shape[1], dtype=np.float32)[None] + 0.5, np.arange(shape[0], dtype=np.float32)[:, None] + 0.5
    distances = [
        ((x - box.center[0]) / (box.width / 2)) ** 2 + ((y - box.center[1]) / (box.height / 2)) ** 2 for box in boxes
    ]
    return np.asarray(np.stack(distances), np.float32)

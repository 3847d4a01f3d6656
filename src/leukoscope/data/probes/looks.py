"""What does each probe see of a picture?  Color, background, corners, outline and file, as numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.probes.color import color_planes, numbers_of
from leukoscope.domain.images import Pixels
from leukoscope.imaging.color import estimate_background, optical_density, purpleness
from leukoscope.imaging.formats.recognition import HEAD_BYTES, recognize
from leukoscope.imaging.segmentation.cutout import cutout_mask

Floats = NDArray[np.float64]
Mask = NDArray[np.uint8]
Trait = Literal["color", "background", "corners", "silhouette", "file"]
TRAITS: tuple[Trait, ...] = get_args(Trait)

_SIDE = 256
"""Pictures are looked at no larger than this, in pixels of the longer side."""
_CORNER = 0.2
"""Side of a corner over the shorter side of the picture; the scale bars of Taleqani measure 48 of 224 pixels."""
_MARGIN = 0.04
"""How far around stained pixels the background begins, over the shorter side: nuclei are stained, cytoplasm less."""
_KINDS = ("JPEG", "PNG", "BMP", "TIFF", "WebP")


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the probes see of one picture.

    Attributes:
        color: Twelve color numbers of all pixels.
        background: The same of the pixels away from stained cells.
        corners: Of each corner mean and standard deviation of red, green and blue, and the shares of pixels that are
            nearly black, nearly white and pure red.
        silhouette: Of the mask of what is stained (or not black): area, and of its largest part area, width, height,
            perimeter and hull, in pixels of the file; and the number of parts.
        file: Width, height, bytes, bytes per pixel, kind of file, coarseness of the JPEG.
        cut_out: Whether the picture is a cell on pure black.
    """

    color: Floats
    background: Floats
    corners: Floats
    silhouette: Floats
    file: Floats
    cut_out: bool


def look_at(pixels: Pixels, file: Floats) -> Look:
    """What the probes see of a picture.

    Args:
        pixels: RGB picture of any size.
        file: What `file_numbers` says of its file.
    """
    factor = min(1.0, _SIDE / max(pixels.shape[:2]))
    small = np.ascontiguousarray(pixels)
    if factor < 1:
        small = np.asarray(cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    cutout = cutout_mask(small)
    mask = _stained(small) if cutout is None else cutout
    reach = max(1, round(_MARGIN * min(small.shape[:2])))
    around = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    planes = color_planes(small)
    return Look(
        numbers_of(planes),
        numbers_of(planes[:, around.ravel() == 0]),
        _corners(small),
        _silhouette(mask, factor),
        file,
        cutout is not None,
    )


def file_numbers(path: Path, width: int, height: int) -> Floats:
    """What the file tells without its content: sizes, kind, and how coarse its JPEG tables are (0 for others)."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    size = path.stat().st_size
    kind = recognize(head)
    return np.array([width, height, size, size / (width * height), _KINDS.index(kind), _coarseness(head)], np.float64)


def _stained(pixels: Pixels) -> Mask:
    """Nuclei by their stain: Otsu's threshold on how purple a pixel is."""
    purple = purpleness(optical_density(pixels, estimate_background(pixels)))
    levels = np.clip(purple * 200, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _corners(pixels: Pixels) -> Floats:
    side = max(1, round(_CORNER * min(pixels.shape[:2])))
    corners = (pixels[:side, :side], pixels[:side, -side:], pixels[-side:, :side], pixels[-side:, -side:])
    numbers = []
    for corner in corners:
        colors = corner.reshape(-1, 3).astype(np.float64)
        pure_red = (colors[:, 0] > 200) & (colors[:, 1:].max(axis=1) < 60)
        extremes = [(colors.max(axis=1) < 40).mean(), (colors.min(axis=1) > 245).mean(), pure_red.mean()]
        numbers.append(np.concatenate([colors.mean(axis=0), colors.std(axis=0), extremes]))
    return np.concatenate(numbers)


def _silhouette(mask: Mask, factor: float) -> Floats:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return np.zeros(7)
    main = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    outlines, _ = cv2.findContours((labels == main).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=cv2.contourArea)
    width, height, area = stats[main, cv2.CC_STAT_WIDTH], stats[main, cv2.CC_STAT_HEIGHT], stats[main, cv2.CC_STAT_AREA]
    hull = cv2.contourArea(cv2.convexHull(outline))
    lengths = np.array([width, height, cv2.arcLength(outline, closed=True)]) / factor
    areas = np.array([mask.sum(), area, hull]) / factor**2
    return np.array([*areas, *lengths, count - 1], dtype=np.float64)


def _coarseness(head: bytes) -> float:
    """Mean of the first quantization table of a JPEG (ITU-T T.81, B.2.4.1)."""
    start = head.find(b"\xff\xdb")
    if not head.startswith(b"\xff\xd8") or start < 0 or head[start + 4 : start + 5] > b"\x0f":
        return 0.0
    table = np.frombuffer(head[start + 5 : start + 69], dtype=np.uint8)
    return float(table.mean()) if len(table) else 0.0

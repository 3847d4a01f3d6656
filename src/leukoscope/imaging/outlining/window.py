"""Where does a way of outlining look?  A window around a box, at the size that the way works in, and back again."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box
from leukoscope.imaging.levels import brightest_channel
from leukoscope.imaging.segmentation.geometry import Frame

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

_DARK = 12
"""JPEG leaves traces of up to about 10 levels beside the border of a cut-out."""
_MUCH_BLACK = 0.1
_BLACK_RIM = 0.9
"""Share of the rim of a window that is black around a cut-out; less is the edge of the microscope's field."""
_GLASS = 240


@dataclass(frozen=True, slots=True, eq=False)
class CellWindow:
    """The surroundings of a box, at most so large as asked for.

    Attributes:
        frame: Where the window lies in the picture.
        pixels: The window, RGB, reduced where the box is large; a black cut-out is put on glass.
        specimen: False where the picture is a black frame around a cut-out.
        box: The box in working pixels: x0, y0, x1, y1.
    """

    frame: Frame
    pixels: Pixels
    specimen: Bools
    box: tuple[float, float, float, float]

    @property
    def is_cutout(self) -> bool:
        """Whether the cell was cut out on black, so that all that is not black is the cell."""
        rim = np.concatenate([self.specimen[0], self.specimen[-1], self.specimen[:, 0], self.specimen[:, -1]])
        return bool(rim.mean() <= 1 - _BLACK_RIM)

    @property
    def inside(self) -> Bools:
        """True in the box."""
        x, y = self._grid()
        x0, y0, x1, y1 = self.box
        return np.asarray((x >= x0) & (x < x1) & (y >= y0) & (y < y1), np.bool_)

    def ellipse(self, share: float = 1.0) -> Bools:
        """True in the ellipse that touches the sides of the box, its axes times `share`."""
        x, y = self._grid()
        x0, y0, x1, y1 = self.box
        across, down = (x - (x0 + x1) / 2) / (x1 - x0), (y - (y0 + y1) / 2) / (y1 - y0)
        return np.asarray(across**2 + down**2 <= (share / 2) ** 2, np.bool_)

    def _grid(self) -> tuple[Floats, Floats]:
        height, width = self.pixels.shape[:2]
        return np.arange(width, dtype=np.float32)[None] + 0.5, np.arange(height, dtype=np.float32)[:, None] + 0.5

    def restored(self, soft: Floats) -> Floats:
        """A map of the window at the picture's own resolution, shape (rows, columns) of the frame."""
        frame = self.frame
        size = frame.right - frame.left, frame.bottom - frame.top
        if size == (soft.shape[1], soft.shape[0]):
            return soft
        return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR), np.float32)


def cut_window(pixels: Pixels, box: Box, *, margin: float, side: float) -> CellWindow | None:
    """The surroundings of a box; None where the box lies beside the picture.

    Args:
        pixels: The whole picture.
        box: A box; what reaches beyond the picture is cut off.
        margin: How far the window reaches beyond the box on every side, as a share of the box's longer side.
        side: Working pixels that the box's longer side has at most.

    Example:
        >>> cut_window(np.zeros((50, 80, 3), np.uint8), Box(10, 10, 30, 30), margin=0.5, side=96).pixels.shape
        (40, 40, 3)
    """
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = max(0.0, box.x0), max(0.0, box.y0), min(float(width), box.x1), min(float(height), box.y1)
    if x1 <= x0 or y1 <= y0:
        return None
    longer = max(x1 - x0, y1 - y0)
    reach = margin * longer
    left, top = max(0, int(x0 - reach)), max(0, int(y0 - reach))
    right, bottom = min(width, int(np.ceil(x1 + reach))), min(height, int(np.ceil(y1 + reach)))
    frame = Frame(left, top, right, bottom, width, height, min(1.0, side / longer))
    part, specimen = put_on_glass(frame.cut(pixels))
    across, down = frame.scale
    inner = (x0 - left) / across, (y0 - top) / down, (x1 - left) / across, (y1 - top) / down
    return CellWindow(frame, part, specimen, inner)


def put_on_glass(part: Pixels) -> tuple[Pixels, Bools]:
    """A cut-out on black put on pale glass, so that black does not pass for the darkest nucleus."""
    specimen = brightest_channel(part) > _DARK
    if 1 - specimen.mean() < _MUCH_BLACK:
        return part, np.ones_like(specimen)
    labels = cv2.connectedComponents((~specimen).astype(np.uint8))[1]
    at_edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    specimen = ~np.isin(labels, at_edge[at_edge > 0])
    mended = part.copy()
    mended[~specimen] = _GLASS
    return mended, np.asarray(specimen, np.bool_)

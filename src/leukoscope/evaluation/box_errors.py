"""What did a detector get wrong in one picture?  Marked objects that it missed, and boxes where nothing is marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.objects import Detections, Marked
from leukoscope.imaging.boxes import iou_matrix

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class BoxErrors:
    """What was right and wrong in one picture.

    Attributes:
        hits: Whether each detection hits a marked object of its class, shape (detections,).
        seen: Whether each marked object is hit, shape (objects,).
        renamed: Whether each marked object is overlapped as much by a detection of another class, and by none of its
            own, shape (objects,).
    """

    hits: Bools
    seen: Bools
    renamed: Bools

    @property
    def false(self) -> int:
        """Detections that hit nothing of their class."""
        return int((~self.hits).sum())

    @property
    def missed(self) -> int:
        """Marked objects that are not hit."""
        return int((~self.seen).sum())

    @property
    def wrong(self) -> int:
        """All that is wrong."""
        return self.false + self.missed


def box_errors(found: Detections, marked: Marked, iou: float = 0.5) -> BoxErrors:
    """Hold the detections of one picture against what was marked in it, class by class.

    As in `boxes.match_pictures` the surest detection goes first, and each object is hit once.

    Args:
        found: Detections that count, the surest first.
        marked: What was marked.
        iou: Least overlap of a hit, above 0.

    Example:
        >>> marked = Marked(np.array([[0.0, 0, 10, 10], [50, 50, 60, 60]]), np.array([0, 0]))
        >>> found = Detections(np.array([[1.0, 0, 10, 10]]), np.array([0.9]), np.array([0]))
        >>> box_errors(found, marked).seen.tolist()
        [True, False]
    """
    overlap = iou_matrix(found.boxes, marked.boxes)
    same = found.labels[:, None] == marked.labels[None, :]
    hits, seen = np.zeros(len(found), np.bool_), np.zeros(len(marked), np.bool_)
    for number in range(len(found) if len(marked) else 0):
        open_to_it = np.where(same[number] & ~seen, overlap[number], -1.0)
        # Of equal overlaps the last, and with the same slack, as `match_pictures` has it.
        best = len(marked) - 1 - int(np.argmax(open_to_it[::-1]))
        if open_to_it[best] > 0 and open_to_it[best] >= iou - 1e-10:
            hits[number] = seen[best] = True
    other = ((overlap >= iou) & ~same).any(axis=0) if len(found) else np.zeros(len(marked), np.bool_)
    return BoxErrors(hits, seen, other & ~seen)

"""When are two pictures copies?  The fewer keypoints propose a placement, the more alike the pixels must be.

Round cells of one kind fit each other well under some angle and scale, with two or three keypoints that agree by
chance; a second picture of the same cell has more. The figures were set on contact sheets of half
of the pictures of five real sets (docs/decisions/0009-copies.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from leukoscope.data.copies.keypoints import Gray
from leukoscope.data.copies.placement import Placement
from leukoscope.data.copies.verification import Agreement, agreement

_SMALLEST_HALVED = 160
_ROUGH_ERROR = 0.25
"""How much more alike copies may be than a quarter of their pixels tells: 0.02 at most among planted ones."""


@dataclass(frozen=True, slots=True)
class Demands:
    """How alike two pictures must be to count as copies.

    Attributes:
        plain: Smallest typical similarity by votes (0 and 1, 2, 3, 4, 5, and 6 or more) of a placement by quarter turns
            that is not scaled.
        free: The same for any other placement; above 1: never.
        turned: Smallest typical similarity of any placement that is not upright: only files are turned by quarters or
            mirrored, and a file agrees well with itself.
        scaled: The same for any that is made smaller or larger and has fewer votes than `many_votes`: two dark round
            nuclei fit each other to 0.93 at some scale.
        many_votes: Keypoints that no two different cells share.
        similarity: Smallest correlation over the whole overlap but plain black: different cells that were cut out and
            whose outlines fit reach 0.37 of one another, the same cell cut out twice 0.7.
        overlap: Smallest share of the smaller picture that both must show.
        detail: Smallest share of the smaller picture that both must show with detail: two scale bars on plain black
            agree perfectly.
        turned_detail: The same for pictures that were turned or mirrored: those of one field at a far shift never are.
    """

    plain: tuple[float, ...] = (0.9, 0.9, 0.85, 0.8, 0.65, 0.6, 0.55)
    free: tuple[float, ...] = (2.0, 2.0, 2.0, 2.0, 0.92, 0.9, 0.87)
    turned: float = 0.75
    scaled: float = 0.95
    many_votes: int = 10
    similarity: float = 0.45
    overlap: float = 0.07
    detail: float = 0.06
    turned_detail: float = 0.12

    def typical(self, placement: Placement) -> float:
        """The smallest typical similarity of a pair with this placement."""
        by_votes = self.plain if placement.plain else self.free
        least = by_votes[min(placement.votes, len(by_votes) - 1)]
        if abs(placement.scale - 1) > 1e-6 and placement.votes < self.many_votes:
            return max(least, self.scaled)
        return least if placement.turn == "upright" else max(least, self.turned)

    def worth_a_look(self, placement: Placement) -> bool:
        """Whether any pixels could prove this placement."""
        return self.typical(placement) <= 1

    def met_by(self, found: Agreement, placement: Placement) -> bool:
        """Whether pictures that agree like this are copies."""
        return (
            found.similarity >= self.similarity
            and found.overlap >= self.overlap
            and found.overlap * found.textured >= (self.detail if placement.turn == "upright" else self.turned_detail)
            and found.typical >= self.typical(placement)
        )


def compared(first: Gray, second: Gray, placement: Placement, demands: Demands) -> Agreement | None:
    """How two pictures agree; None when they are no copies.

    Args:
        first: Gray picture.
        second: Gray picture, laid on the first.
        placement: How.
        demands: What makes them copies.
    """
    if min(first.shape + second.shape) >= _SMALLEST_HALVED:
        # Most proposals are chance; a look at a quarter of the pixels is enough to see that.
        rough = agreement(_halved(first), _halved(second), placement.shrunk(2))
        if rough.textured and rough.typical < demands.typical(placement) - _ROUGH_ERROR:
            return None
    found = agreement(first, second, placement)
    return found if demands.met_by(found, placement) else None


def _halved(gray: Gray) -> Gray:
    size = ((gray.shape[1] + 1) // 2, (gray.shape[0] + 1) // 2)
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)

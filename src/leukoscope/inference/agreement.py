"""Do a detector and the nuclear stain tell of the same cells?  Which boxes hold stain, and which stain has no box."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from leukoscope.domain.regions import Box

_COVERED = 0.5
"""Share of the smaller of both boxes from which they mean the same cell."""
STAINED = 0.1
"""Share of a box that carries nuclear stain, from which it holds a nucleus. In 141 validation fields of BCCD
and TXL-PBC the leukocyte with the least had 0.21, and 99 of 100 red cells had less than 0.09."""
_FEW = 2
"""So many contradictions say nothing of a picture as a whole."""
_CROWD = 3
"""So many stained cells in one box are more than the lobes of one nucleus that the stain took for cells."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two finders say of one picture.

    Attributes:
        cells: Different cells that either of them tells of.
        unstained: Positions of the detector's boxes that hold no nuclear stain.
        missed: Positions of the stained cells that no box of the detector covers.
        crowded: Positions of the detector's boxes that each hold several stained cells.
        hidden: Positions of the stained cells in these boxes.
    """

    cells: int
    unstained: tuple[int, ...]
    missed: tuple[int, ...]
    crowded: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()

    @property
    def contradictions(self) -> int:
        """Cells that only one of them tells of."""
        return len(self.unstained) + len(self.missed) + len(self.hidden)

    @property
    def broken(self) -> bool:
        """Whether they contradict each other on more than half of the cells, and not only on a few."""
        return self.contradictions > max(_FEW, self.cells / 2)


def compare_finders(
    detected: Sequence[Box],
    stained: Sequence[Box],
    shares: Callable[[Sequence[Box]], Sequence[float]],
    *,
    cell_px: float = math.inf,
) -> Agreement:
    """Hold boxes of a detector against nuclear stain.

    Args:
        detected: Leukocytes by the detector.
        stained: Nucleated cells that were found by their stain.
        shares: Tells which share of a box carries nuclear stain, in [0, 1]; asked about boxes without a stained cell.
        cell_px: Width from which a stained cell is no lobe of a nucleus, in pixels; two of them in one box are two
            cells. Without it only three or more in one box are.

    Example:
        >>> stained = [Box(1, 1, 9, 9), Box(30, 30, 40, 40)]
        >>> compare_finders([Box(0, 0, 10, 10)], stained, lambda boxes: [0.0] * len(boxes))
        Agreement(cells=2, unstained=(), missed=(1,), crowded=(), hidden=())
    """
    bare = [place for place, box in enumerate(detected) if not any(_same(box, other) for other in stained)]
    told = shares([detected[place] for place in bare])
    unstained = tuple(place for place, share in zip(bare, told, strict=True) if share < STAINED)
    missed = tuple(place for place, box in enumerate(stained) if not any(_same(box, other) for other in detected))
    crowds = _crowds(detected, stained, cell_px)
    hidden = tuple(sorted(place for held in crowds.values() for place in held))
    cells = len(detected) + len(missed) + len(hidden) - len(crowds)
    return Agreement(cells, unstained, missed, tuple(crowds), hidden)


def _crowds(detected: Sequence[Box], stained: Sequence[Box], cell_px: float) -> dict[int, list[int]]:
    """Which boxes of the detector hold which several stained cells; each stained cell belongs to the box most like it.

    Two halves of one nucleus are narrower than a cell, so two count as two cells only where both are as wide as one.
    """
    held: dict[int, list[int]] = {}
    for place, cell in enumerate(stained):
        around = [number for number, box in enumerate(detected) if _shared(box, cell) >= _COVERED * cell.area]
        if around:
            held.setdefault(max(around, key=lambda number: detected[number].iou(cell)), []).append(place)
    return {
        number: held[number] for number in sorted(held) if _are_cells([stained[one] for one in held[number]], cell_px)
    }


def _are_cells(held: Sequence[Box], cell_px: float) -> bool:
    return len(held) >= _CROWD or (len(held) > 1 and all(min(box.width, box.height) >= cell_px for box in held))


def _same(one: Box, other: Box) -> bool:
    return _shared(one, other) >= _COVERED * min(one.area, other.area)


def _shared(one: Box, other: Box) -> float:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(0.0, across) * max(0.0, down)

"""An arm that leaves the box of a cell is a neighbor taken in; a round cell that leaves it had too tight a box."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.regions import Box
from leukoscope.imaging.outlining.masks import masks_from_maps
from leukoscope.imaging.outlining.neighbors import nothing_beyond, took_in_a_neighbor, with_room

LEFT, TOP = 200, 100
AROUND = Box(LEFT + 15, TOP + 25, LEFT + 55, TOP + 65)
"""The box of the cell, in pixels of the picture."""


def disk(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:90, :110] + 0.5
    return np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1).astype(np.float32)


def outlined(cell: np.ndarray) -> CellMasks:
    masks = masks_from_maps(cell, disk(35, 45, 12), LEFT, TOP)
    assert masks is not None
    return masks


def with_red_cell() -> np.ndarray:
    """A cell, and beside it, beyond its box, a red cell that touches."""
    return np.maximum(disk(35, 45, 20), disk(67, 45, 14))


def test_a_red_cell_beside_the_box_is_a_neighbor_taken_in():
    assert took_in_a_neighbor(outlined(with_red_cell()), AROUND)


@pytest.mark.parametrize("radius", [20, 24, 30])
def test_a_round_cell_is_believed_however_tight_its_box(radius):
    assert not took_in_a_neighbor(outlined(disk(35, 45, radius)), AROUND)


def test_a_dented_cell_within_its_box_is_believed():
    assert not took_in_a_neighbor(outlined(with_red_cell()), Box(LEFT, TOP, LEFT + 110, TOP + 90))


def test_nothing_beyond_the_box_is_left():
    room = with_room(AROUND)
    cut = masks_from_maps(nothing_beyond(with_red_cell(), room, LEFT, TOP), disk(35, 45, 12), LEFT, TOP)
    assert cut is not None
    assert cut.extent.as_list() == [LEFT + 15, TOP + 25, LEFT + 57, TOP + 65]
    alone = outlined(disk(35, 45, 20))
    assert (cut.cell & ~alone.cell).sum() < 0.05 * alone.cell.sum()
    assert np.array_equal(cut.nucleus, alone.nucleus)

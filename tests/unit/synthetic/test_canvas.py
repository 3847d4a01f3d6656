import numpy as np
import pytest

from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.canvas import Canvas, box_of, outline_of
from leukoscope.synthetic.cells import PaintedCell
from leukoscope.synthetic.shapes import Patch, RoundOutline


def disk(center_um: tuple[float, float], radius_um: float) -> tuple[PaintedCell, Patch]:
    patch = Patch.around(center_um, radius_um, 1.0)
    cover = patch.coverage(RoundOutline(radius_um, ()).distance(patch))
    absorbance = np.repeat(cover[..., None], 3, axis=2)
    return PaintedCell(cover, np.zeros_like(cover), absorbance, 1), patch


def test_the_first_of_two_touching_cells_keeps_its_pixels() -> None:
    canvas = Canvas.empty(40, 60)
    first, at_first = disk((20, 20), 10)
    canvas.add_white_cell(1, first, at_first)
    before = canvas.cell_labels == 1
    second, at_second = disk((36, 20), 10)
    mask, left, top = canvas.add_white_cell(2, second, at_second)
    assert np.array_equal(canvas.cell_labels == 1, before)
    assert np.argwhere(canvas.cell_labels == 2).tolist() == np.add(np.argwhere(mask), (top, left)).tolist()
    assert canvas.absorbance.max() <= 1.01


def test_what_reaches_over_the_edge_is_clipped() -> None:
    canvas = Canvas.empty(40, 60)
    cell, patch = disk((0, 0), 10)
    box = canvas.add_under(cell.cell, cell.absorbance, patch)
    assert (box.x0, box.y0) == (0, 0)
    assert box.x1 == box.y1 == pytest.approx(10, abs=1)


def test_what_lies_off_the_picture_or_under_a_cell_cannot_be_boxed() -> None:
    canvas = Canvas.empty(40, 60)
    cell, patch = disk((-30, 20), 5)
    with pytest.raises(InvalidValueError, match="no pixel"):
        canvas.add_under(cell.cell, cell.absorbance, patch)
    cell, patch = disk((30, 20), 10)
    canvas.add_white_cell(1, cell, patch)
    assert canvas.hides((30, 20), 1.0)
    assert not canvas.hides((-5, 90), 1.0)
    below, patch = disk((30, 20), 3)
    with pytest.raises(InvalidValueError, match="no pixel"):
        canvas.add_under(below.cell, below.absorbance, patch)


def test_an_outline_runs_through_the_border_pixels() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:4, 2:7] = True
    mask[5, 0] = True
    assert set(outline_of(mask, left=10, top=20).points) == {(12.5, 21.5), (12.5, 23.5), (16.5, 23.5), (16.5, 21.5)}


def test_a_box_holds_exactly_its_mask() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1, 2] = mask[3, 6] = True
    assert box_of(mask, left=1, top=2) == Box(3, 3, 8, 6)

"""Masks of a cell cannot contradict themselves."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.regions import Outline
from leukoscope.errors import InvalidValueError

CORNERS = Outline(((0, 0), (4, 0), (4, 4), (0, 4)))
FULL = np.ones((4, 4), dtype=bool)
NONE = np.zeros((4, 4), dtype=bool)


def test_a_window_lies_where_the_masks_lie() -> None:
    assert CellMasks(3, 5, FULL, NONE, CORNERS, ()).window.as_list() == [3, 5, 7, 9]


@pytest.mark.parametrize(
    ("left", "cell", "nucleus", "says"),
    [
        (0, FULL, FULL[:2], "agree in shape"),
        (-1, FULL, FULL, "inside its picture"),
        (0, NONE, NONE, "at least one pixel"),
        (0, np.eye(4, dtype=bool), FULL, "within its cell"),
    ],
)
def test_masks_that_contradict_themselves_cannot_be_built(
    left: int, cell: np.ndarray, nucleus: np.ndarray, says: str
) -> None:
    with pytest.raises(InvalidValueError, match=says):
        CellMasks(left, 0, cell, nucleus, CORNERS, ())

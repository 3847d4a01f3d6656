from __future__ import annotations

import numpy as np
import pytest

from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.contact_sheet import SheetRow, Tile, contact_sheet


def test_a_sheet_shows_pictures_boxes_and_masks() -> None:
    picture = np.full((100, 100, 3), 128, np.uint8)
    mask = np.zeros_like(picture)
    mask[40:60, 40:60] = 255
    plain = contact_sheet([SheetRow("a", (Tile(picture),))], side=100)
    marked = contact_sheet([SheetRow("a", (Tile(picture, (Box(10, 10, 90, 90),), mask),))], side=100)
    changed = (plain != marked).any(axis=2)
    assert 300 < changed.sum() < 1000


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        contact_sheet([])

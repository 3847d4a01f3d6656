from __future__ import annotations

import numpy as np
import pytest

from leukoscope.domain.regions import Box
from leukoscope.imaging.nuclear_stain import nuclear_shares
from leukoscope.synthetic import STYLES, draw_field


@pytest.mark.parametrize("style", sorted(STYLES))
def test_leukocytes_carry_nuclear_stain_and_red_cells_do_not(style: str) -> None:
    cells = {"neutrophil": 2, "lymphocyte": 2, "monocyte": 1, "eosinophil": 1}
    field = draw_field(np.random.default_rng(2), width=960, height=720, cells=cells, style=STYLES[style])
    far = [box for box in field.red_cells if all(box.iou(cell.box) == 0 for cell in field.cells)]

    assert min(nuclear_shares(field.pixels, [cell.box for cell in field.cells])) > 0.15
    assert np.median(nuclear_shares(field.pixels, far)) < 0.02


def test_a_box_at_or_beyond_the_edge_is_cut_off() -> None:
    field = draw_field(np.random.default_rng(2), width=400, height=300, cells={"lymphocyte": 1})
    boxes = [Box(-20, -20, 10, 10), Box(390, 290, 430, 330), Box(399.5, 299.5, 402, 301)]

    assert all(0 <= share <= 1 for share in nuclear_shares(field.pixels, boxes))

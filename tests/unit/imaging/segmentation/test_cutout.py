import cv2
import numpy as np
import pytest

from leukoscope.domain.images import Pixels
from leukoscope.imaging.measurements.view import glass_of
from leukoscope.imaging.segmentation import find_cells
from leukoscope.imaging.segmentation.cutout import cutout_mask
from leukoscope.synthetic import draw_cell, draw_field


def through_eyepiece(pixels: Pixels) -> tuple[Pixels, np.ndarray]:
    """A field inside a round rim that touches the sides, and True where it shows."""
    height, width = pixels.shape[:2]
    shown = np.zeros((height, width), np.uint8)
    cv2.circle(shown, (width // 2, height // 2), min(height, width) // 2 - 4, 1, cv2.FILLED)
    return pixels * shown[..., None], shown > 0


@pytest.mark.parametrize("light", [1.0, 0.6])
def test_a_field_seen_through_an_eyepiece_is_a_field_and_its_leukocytes_are_found(light: float) -> None:
    drawn = draw_field(np.random.default_rng(3), width=1200, height=1200, cells={"lymphocyte": 8, "monocyte": 4})
    dimmed = (drawn.pixels * light).astype(np.uint8)
    pixels, shown = through_eyepiece(dimmed)
    hidden = set(np.unique(drawn.cell_labels[~shown]).tolist())
    wanted = [cell for number, cell in enumerate(drawn.cells, start=1) if number not in hidden]
    found = find_cells(pixels)

    assert cutout_mask(pixels) is None
    assert found.kind == "field"
    assert 5 <= len(wanted) < len(drawn.cells)
    assert sum(any(one.box.iou(cell.box) > 0.5 for cell in found.cells) for one in wanted) >= len(wanted) - 1
    assert len(found.cells) <= len(drawn.cells)
    assert glass_of(pixels) == pytest.approx(glass_of(dimmed), abs=3)


@pytest.mark.parametrize("kind", ["lymphocyte", "neutrophil", "monocyte", "blast", "basophil"])
def test_a_drawn_cell_laid_on_black_is_a_cut_out_and_light_is_white(kind: str) -> None:
    drawn = draw_cell(np.random.default_rng(2), kind, side=200)
    pixels = drawn.pixels * drawn.cell_mask[..., None]

    assert find_cells(pixels).kind == "cell"
    assert glass_of(pixels) == (255.0, 255.0, 255.0)

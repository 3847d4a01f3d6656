from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision import tv_tensors

from leukoscope.data.manifest import Annotation
from leukoscope.domain.regions import Box
from leukoscope.modeling.augmentation.geometry import draw_geometry
from leukoscope.modeling.augmentation.on_the_fly import change
from leukoscope.modeling.augmentation.presets import PRESETS, Preset
from leukoscope.modeling.augmentation.recipe import Augmentation
from leukoscope.modeling.augmentation.steps import Affine, KerasAffine, OwnWay
from leukoscope.modeling.augmentation.targets import magnification, move_annotations, move_boxes, move_masks

HEIGHT, WIDTH = 96, 128
STILL_COLORS = Augmentation(
    stain_strength=0, stain_mixing=0, hue_degrees=0, saturation=(1, 1), contrast=(1, 1), brightness=0,
    blur=0, noise=0, jpeg=0, erase=0,
)  # fmt: skip


def _geometry_only(preset: Preset) -> Preset:
    """The preset's geometry with black outside, so that mirrored copies are not taken for the object."""
    kept = (Affine, KerasAffine)
    steps = tuple(
        one for one in preset.steps if type(one).__name__ in ("Resize", "Flip", "QuarterTurn") or isinstance(one, kept)
    )
    return Preset(preset.name, "test", steps, fill="black")


@pytest.mark.parametrize("preset", [one for one in PRESETS if not one.normalizes], ids=lambda one: one.name)
@given(seed=st.integers(0, 2**31), left=st.integers(10, 80), top=st.integers(10, 60))
@settings(max_examples=8, deadline=None)
def test_a_box_lies_on_its_object_under_every_preset(preset: Preset, seed: int, left: int, top: int) -> None:
    # Wide enough that rounding to pixels matters little.
    box = Box(left, top, left + 36, top + 26)
    picture = torch.zeros(1, 3, HEIGHT, WIDTH, dtype=torch.uint8)
    picture[:, 0, top : top + 26, left : left + 36] = 255
    own = any(isinstance(step, OwnWay) for step in preset.steps)
    how = Preset("own", "test", (OwnWay(STILL_COLORS),)) if own else _geometry_only(preset)
    changed = change(picture, how, torch.Generator().manual_seed(seed))
    after = (int(changed.pictures.shape[-2]), int(changed.pictures.shape[-1]))
    moved = move_annotations((Annotation(box, "cell"),), changed.matrices[0], (HEIGHT, WIDTH), after)
    for one in moved:
        assert 0 <= one.box.x0 < one.box.x1 <= after[1]
        assert 0 <= one.box.y0 < one.box.y1 <= after[0]
        red = (changed.pictures[0, 0] > 0.5).numpy()
        if not own:
            rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
            seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
            slack = 1.5 + 2 * max(after) / min(HEIGHT, WIDTH)  # resizing blurs edges over some pixels
            assert one.box.as_list() == pytest.approx(seen, abs=slack)
        else:
            x, y = (int(side) for side in one.box.center)
            assert red[y, x]


@given(seed=st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_a_mask_moves_with_the_very_matrix_of_its_picture(seed: int) -> None:
    picture = torch.zeros(1, 3, HEIGHT, WIDTH, dtype=torch.uint8)
    picture[:, :, 30:70, 40:90] = 255
    preset = Preset("x", "test", (Affine(rotation_degrees=180, scale=(0.7, 1.3), shift=0.2),), fill="mirror")
    changed = change(picture, preset, torch.Generator().manual_seed(seed))
    mask = move_masks(picture, changed.matrices, (HEIGHT, WIDTH), "mirror")
    assert isinstance(mask, tv_tensors.Mask)
    assert set(mask.unique().tolist()) <= {0, 255}
    seen = changed.pictures[0, 0] > 0.5
    assert float(((mask[0, 0] > 0) != seen).float().mean()) < 0.02


def _shift(share: float) -> torch.Tensor:
    matrix = torch.eye(3)
    matrix[0, 2] = 2 * share
    return matrix


def test_an_object_that_keeps_too_little_is_dropped_and_one_that_keeps_enough_is_cut() -> None:
    object_ = (Annotation(Box(0, 40, 40, 80), "cell"),)
    moved = move_annotations(object_, _shift(0.2), (100, 100), (100, 100))
    assert moved[0].box.as_list() == pytest.approx([0, 40, 20, 80], abs=1e-4)
    assert move_annotations(object_, _shift(0.29), (100, 100), (100, 100)) == ()
    assert move_annotations(object_, _shift(0.5), (100, 100), (100, 100)) == ()


def test_an_outline_keeps_the_box_of_a_turned_object_tight() -> None:
    angle = torch.linspace(0, 2 * torch.pi, 65)[:-1]
    ring = tuple((50 + 20 * float(torch.cos(a)), 50 + 20 * float(torch.sin(a))) for a in angle)
    cell = Annotation(Box(30, 30, 70, 70), "cell", ring)
    turn = draw_geometry(Affine(rotation_degrees=45), 40, 100, 100, torch.Generator().manual_seed(0))
    for matrix in turn:
        moved = move_annotations((cell,), matrix, (100, 100), (100, 100))[0]
        assert moved.box.width == pytest.approx(40, abs=0.2)
        assert len(moved.outline) == 64
    plain = (Annotation(cell.box, "cell"),)
    widths = [move_annotations(plain, matrix, (100, 100), (100, 100))[0].box.width for matrix in turn]
    assert 50 < max(widths) < 40 * 2**0.5 + 0.1


def test_boxes_of_torchvision_move_alike_and_tell_which_stayed() -> None:
    boxes = tv_tensors.BoundingBoxes([[0, 40, 20, 60], [60, 40, 90, 80]], format="XYXY", canvas_size=(100, 100))
    moved, kept = move_boxes(boxes, _shift(0.3), (50, 50))
    assert kept.tolist() == [1]
    assert tuple(moved.canvas_size) == (50, 50)
    assert moved.tolist()[0] == pytest.approx([15, 20, 30, 40], abs=1e-3)
    none, kept = move_boxes(boxes, _shift(1.0), (50, 50))
    assert none.shape == (0, 4)
    assert kept.tolist() == []


def test_magnification_is_in_pixels_per_pixel() -> None:
    assert magnification(torch.eye(3), (100, 100), (200, 200)) == pytest.approx((2, 2))
    assert magnification(torch.eye(3), (100, 200), (200, 200)) == pytest.approx((1, 2))

from __future__ import annotations

import numpy as np
import pytest
import torch

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.domain.objects import Marked
from leukoscope.modeling.augmentation.recipe import Augmentation
from leukoscope.modeling.detection.batches import PieceBatches, WholeBatches
from leukoscope.modeling.detection.recipe import CropPart

STILL = Augmentation(
    stain_strength=0, stain_mixing=0, hue_degrees=0, saturation=(1, 1), contrast=(1, 1), brightness=0, blur=0, noise=0,
    jpeg=0,
)  # fmt: skip


def marked_picture(seed: int, width: int = 200, height: int = 150) -> BoxedPicture:
    """Dark squares on white glass, far apart, so that each can be found again by its pixels."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 240, np.uint8)
    boxes = []
    for x in range(10, width - 40, 60):
        for y in range(10, height - 40, 60):
            w, h = rng.integers(16, 34, 2)
            pixels[y : y + h, x : x + w] = 20
            boxes.append([x, y, x + w, y + h])
    labels = np.arange(len(boxes)) % 2
    return BoxedPicture(f"{seed}.png", pixels, Marked(np.array(boxes, float), labels), str(seed), 0.2)


def seen_boxes(picture: torch.Tensor) -> np.ndarray:
    """Boxes of the dark parts of a picture."""
    import cv2

    dark = (picture.mean(0).numpy() < 0.5).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark)
    corner, size = stats[1:, :2].astype(float), stats[1:, 2:4].astype(float)
    return np.concatenate([corner, corner + size], axis=1)


def compare(boxes: torch.Tensor, picture: torch.Tensor, tolerance: float) -> int:
    seen = seen_boxes(picture)
    for box in boxes.numpy():
        apart = np.abs(seen - box).max(axis=1).min()
        assert apart <= tolerance, f"{box} is not where its pixels are: {seen}"
    return len(boxes)


def test_boxes_of_pieces_lie_where_their_pixels_went() -> None:
    pictures = [marked_picture(seed) for seed in range(6)]
    batches = PieceBatches(pictures, [2] * 6, 0.4, CropPart(side=64, scale=(0.8, 1.6)), STILL, 4, seed=3)
    checked = sum(
        compare(target.boxes, picture, 2.0)
        for shown, targets in batches
        for picture, target in zip(shown, targets, strict=True)
    )
    assert len(batches) == 3
    assert checked > 20


def test_boxes_of_whole_pictures_lie_where_their_pixels_went() -> None:
    pictures = [marked_picture(seed) for seed in range(8)]
    turned = [
        target.boxes
        for shown, targets in WholeBatches(pictures, [1] * 8, 96, Augmentation(preset="roboflow"), 4, seed=1)
        for picture, target in zip(shown, targets, strict=True)
        if compare(target.boxes, picture, 9.0)  # an upright box around a turned one is larger than its pixels
    ]
    assert len(turned) == 8


@pytest.mark.parametrize("kind", ["pieces", "whole"])
def test_an_epoch_is_the_same_again_and_the_next_one_is_not(kind: str) -> None:
    pictures = [marked_picture(seed) for seed in range(4)]
    batches: PieceBatches | WholeBatches = (
        PieceBatches(pictures, [1] * 4, 0.4, CropPart(side=64), Augmentation(), 2, seed=3)
        if kind == "pieces"
        else WholeBatches(pictures, [1] * 4, 64, Augmentation(preset="roboflow"), 2, seed=3)
    )
    first = [shown for shown, _ in batches]
    again = [shown for shown, _ in batches]
    batches.take_turn(1)
    other = [shown for shown, _ in batches]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_picture_is_shown_as_often_as_asked_for() -> None:
    pictures = [marked_picture(seed) for seed in range(3)]
    pictures[2].pixels[:] = 0  # told apart by being black
    batches = PieceBatches(pictures, [1, 1, 4], 0.4, CropPart(side=64, shift=0), STILL, 6, seed=0)
    shown = torch.cat([one for one, _ in batches])
    assert int((shown[:, :, 32, 32].mean(1) < 0.05).sum()) >= 4


def test_an_object_of_which_little_is_left_is_none() -> None:
    picture = BoxedPicture(
        "a", np.full((64, 64, 3), 240, np.uint8), Marked(np.array([[0.0, 0, 64, 64]]), np.array([0])), "a", 0.1
    )
    batches = PieceBatches([picture], [8], 0.1, CropPart(side=64, scale=(4, 4), shift=0), STILL, 8, seed=0)
    assert all(not len(target.labels) for _, targets in batches for target in targets)

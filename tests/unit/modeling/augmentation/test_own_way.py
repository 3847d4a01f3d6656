from __future__ import annotations

import math

import pytest
import torch

from leukoscope.modeling.augmentation.on_the_fly import augment, augment_images
from leukoscope.modeling.augmentation.own_way import (
    camera,
    change_our_way,
    color_matrix,
    optics,
    stain,
)
from leukoscope.modeling.augmentation.painting import erase_edges, paint_corners
from leukoscope.modeling.augmentation.recipe import Augmentation

STILL = Augmentation(
    flip=False,
    rotation_degrees=0,
    scale=(1, 1),
    shift=0,
    stain_strength=0,
    stain_mixing=0,
    hue_degrees=0,
    saturation=(1, 1),
    contrast=(1, 1),
    brightness=0,
    blur=0,
    noise=0,
    jpeg=0,
    paint_corner=0,
    erase=0,
)


def _pictures(n: int = 8, side: int = 32) -> torch.Tensor:
    return torch.randint(0, 256, (n, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_any_change_pictures_stay_what_they_are() -> None:
    pictures = _pictures()
    same = augment(pictures, STILL, 32, _generator())
    assert torch.allclose(same, (pictures.float() / 255).clamp_min(1 / 255), atol=1e-4)


def test_the_same_generator_state_gives_the_same_pictures() -> None:
    how = Augmentation(paint_corner=0.5, jpeg=0.5, blur=1.0, noise=1.0, erase=1.0)
    one, other = (augment(_pictures(), how, 28, _generator(7)) for _ in range(2))
    assert torch.equal(one, other)
    assert one.shape == (8, 3, 28, 28)
    assert 0 <= one.min() <= one.max() <= 1
    assert not torch.equal(one, augment(_pictures(), how, 28, _generator(8)))


def test_moving_keeps_circles_round_and_zooms_as_asked() -> None:
    y, x = torch.meshgrid(torch.arange(96), torch.arange(96), indexing="ij")
    disk = (((y - 48) ** 2 + (x - 48) ** 2) < 20**2).float().expand(6, 3, 96, 96)
    how = STILL.model_copy(update={"rotation_degrees": 180.0, "flip": True, "scale": (1.5, 1.5), "shift": 0.05})
    moved = change_our_way(disk, how, 96, 96, _generator())[0][:, 0] > 0.5
    for picture in moved:
        places = picture.nonzero().float()
        spread = torch.cov(places.T)
        assert len(places) == pytest.approx(math.pi * 30**2, rel=0.04)
        assert float(spread[0, 0] / spread[1, 1]) == pytest.approx(1, abs=0.05)


def test_gray_stays_gray_when_the_hue_turns() -> None:
    matrix = color_matrix(torch.tensor([0.7]), torch.tensor([1.4]))[0]
    assert torch.allclose(matrix @ torch.full((3,), 0.5), torch.full((3,), 0.5), atol=1e-6)
    assert torch.allclose(color_matrix(torch.tensor([2 * math.pi]), torch.ones(1))[0], torch.eye(3), atol=1e-5)
    third = color_matrix(torch.tensor([2 * math.pi / 3]), torch.ones(1))[0] @ torch.tensor([1.0, 0, 0])
    assert torch.allclose(third, torch.tensor([0.0, 1, 0]), atol=1e-5)


def test_saturation_zero_leaves_luma() -> None:
    gray = color_matrix(torch.zeros(1), torch.zeros(1))[0] @ torch.tensor([0.2, 0.4, 0.6])
    assert torch.allclose(gray, torch.full((3,), 0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6), atol=1e-6)


def test_white_glass_stays_white_under_another_stain() -> None:
    how = STILL.model_copy(update={"stain_strength": 0.5, "stain_mixing": 0.1})
    stained = stain(torch.ones(5, 3, 4, 4), how, _generator())
    assert torch.allclose(stained, torch.ones(5, 3, 4, 4))
    purple = torch.tensor([0.4, 0.2, 0.5]).view(1, 3, 1, 1).expand(5, 3, 4, 4)
    assert stain(purple, how, _generator()).std() > 0.05


def test_brightness_shifts_by_at_most_what_is_said() -> None:
    how = STILL.model_copy(update={"brightness": 0.1})
    shift = camera(torch.full((50, 3, 2, 2), 0.5), how, _generator()) - 0.5
    assert 0.05 < shift.abs().max() <= 0.1


def test_noise_blur_and_jpeg_touch_the_share_said() -> None:
    picture = torch.rand(40, 3, 16, 16, generator=_generator())
    noisy = optics(picture.clone(), STILL.model_copy(update={"noise": 0.5, "noise_strength": 0.1}), _generator())
    assert 8 < int((noisy != picture).flatten(1).any(1).sum()) < 32
    blurred = optics(picture.clone(), STILL.model_copy(update={"blur": 1.0}), _generator())
    assert blurred.std() < picture.std()
    coded = optics(picture.clone(), STILL.model_copy(update={"jpeg": 1.0}), _generator())
    assert bool((coded != picture).flatten(1).any(1).all())


def test_painting_covers_corners_only_and_mostly_the_lower_right() -> None:
    painted = paint_corners(torch.full((400, 3, 50, 50), 0.5), 1.0, _generator())
    changed = (painted != 0.5).any(1).float().mean(0)
    assert float(changed[14:36, 19:31].max()) == 0
    assert float(changed[49, 49]) > 2 * float(changed[0, 0]) > 0


def test_nothing_is_painted_or_erased_at_share_zero() -> None:
    assert torch.equal(
        paint_corners(torch.full((9, 3, 20, 20), 0.5), 0.0, _generator()), torch.full((9, 3, 20, 20), 0.5)
    )
    erased = erase_edges(torch.full((200, 3, 60, 60), 0.5), 1.0, _generator())
    touched = (erased != 0.5).any(1)
    assert bool(touched.flatten(1).any(1).all())
    assert float(touched[:, 28:32, 28:32].float().mean()) < float(touched[:, 5:9, 5:9].float().mean())


def test_changed_copies_of_many_pictures_are_the_same_for_the_same_seed() -> None:
    images = _pictures(150).permute(0, 2, 3, 1).numpy()
    copies = augment_images(images, Augmentation(), 24, seed=3)
    assert copies.shape == (150, 24, 24, 3)
    assert copies.dtype == images.dtype
    assert (copies == augment_images(images, Augmentation(), 24, seed=3)).all()
    assert (copies != augment_images(images, Augmentation(), 24, seed=4)).any()
    assert (augment_images(images, STILL, 32, seed=0) == images.clip(1, 255)).mean() > 0.999

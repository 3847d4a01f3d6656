from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.modeling.augmentation.coloring import color
from leukoscope.modeling.augmentation.geometry import draw_geometry, in_pixels
from leukoscope.modeling.augmentation.on_the_fly import augment, change, prepare
from leukoscope.modeling.augmentation.presets import PRESETS, Preset, find_preset
from leukoscope.modeling.augmentation.recipe import Augmentation
from leukoscope.modeling.augmentation.steps import (
    Affine,
    Blur,
    Brightness,
    Contrast,
    Density,
    Flip,
    HedDensity,
    KerasAffine,
    Multiply,
    Noise,
    QuarterTurn,
)

RANDOM = [one for one in PRESETS if not one.normalizes]


def _pictures(n: int = 4, height: int = 40, width: int = 40) -> torch.Tensor:
    shape = (n, 3, height, width)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("preset", RANDOM, ids=lambda one: one.name)
def test_every_preset_gives_the_same_for_the_same_seed_and_something_else_for_another(preset: Preset) -> None:
    one, same, other = (change(_pictures(), preset, _generator(seed), size=(32, 32)).pictures for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == (4, 3, 32, 32)
    assert 0 <= float(one.min()) <= float(one.max()) <= 1


def test_a_recipe_uses_the_preset_it_names_at_the_size_of_its_input() -> None:
    batch = augment(_pictures(), Augmentation(preset="roboflow"), 24, _generator())
    expected = change(_pictures(), find_preset("roboflow"), _generator(), size=(24, 24)).pictures
    assert torch.equal(batch, expected)


@given(st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_geometry_stays_within_its_range(seed: int) -> None:
    step = Affine(rotation_degrees=25, scale=(0.8, 1.2), shift=0.2, scale_each_way=True)
    moves = in_pixels(draw_geometry(step, 20, 50, 80, _generator(seed)), (50, 80), (50, 80))
    turned = torch.atan2(moves[:, 1, 0], moves[:, 0, 0]) * 180 / math.pi
    assert float(turned.abs().max()) <= 25 + 1e-3
    stretch = torch.linalg.norm(moves[:, :2, :2], dim=1)
    assert 0.8 - 1e-4 <= float(stretch.min()) <= float(stretch.max()) <= 1.2 + 1e-4
    center = moves @ torch.tensor([40.0, 25.0, 1.0], dtype=torch.float64)
    assert float((center[:, 0] - 40).abs().max()) <= 0.2 * 80 + 1e-3
    assert float((center[:, 1] - 25).abs().max()) <= 0.2 * 50 + 1e-3


def test_a_zoom_of_keras_shows_more_around_and_is_uniform_where_asked() -> None:
    step = KerasAffine(zoom=(1.25, 1.25))
    moves = in_pixels(draw_geometry(step, 3, 40, 40, _generator()), (40, 40), (40, 40))
    assert torch.allclose(moves[:, :2, :2], torch.eye(2, dtype=torch.float64) * 0.8)
    each = draw_geometry(KerasAffine(zoom=(0.8, 1.2), zoom_each_way=True), 50, 40, 40, _generator())
    alike = draw_geometry(KerasAffine(zoom=(0.8, 1.2)), 50, 40, 40, _generator())
    assert not torch.allclose(each[:, 0, 0], each[:, 1, 1])
    assert torch.allclose(alike[:, 0, 0], alike[:, 1, 1])


def test_flips_and_quarter_turns_move_whole_pixels() -> None:
    picture = _pictures(1)
    preset = Preset("still", "test", (Flip(1.0, 0.0),))
    flipped = change(picture, preset, _generator()).pictures
    assert torch.allclose(flipped, picture.flip(3) / 255, atol=1e-5)
    turns = change(picture.repeat(30, 1, 1, 1), Preset("turns", "test", (QuarterTurn(),)), _generator()).pictures
    wanted = [torch.rot90(picture[0], k, (1, 2)) / 255 for k in range(4)]
    found = [next(k for k in range(4) if torch.allclose(one, wanted[k], atol=1e-4)) for one in turns]
    assert set(found) == {0, 1, 2, 3}


def test_a_picture_that_is_not_square_is_turned_without_being_sheared() -> None:
    y, x = torch.meshgrid(torch.arange(60), torch.arange(120), indexing="ij")
    disk = ((((y - 30) ** 2 + (x - 60) ** 2) < 15**2) * 255).to(torch.uint8).expand(6, 3, 60, 120)
    turned = change(disk, Preset("turn", "test", (Affine(rotation_degrees=180),)), _generator()).pictures[:, 0] > 0.5
    for one in turned:
        spread = torch.cov(one.nonzero().float().T)
        assert float(spread[0, 0] / spread[1, 1]) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize(("fill", "seen"), [("black", 0.0), ("nearest", 1.0), ("mirror", 1.0)])
def test_what_comes_from_outside_is_as_the_fill_says(fill: str, seen: float) -> None:
    white = torch.full((8, 3, 40, 40), 255, dtype=torch.uint8)
    preset = Preset("shrink", "test", (Affine(scale=(0.5, 0.5)),), fill=fill)  # type: ignore[arg-type]
    corner = change(white, preset, _generator()).pictures[:, :, :5, :5]
    assert torch.allclose(corner, torch.full_like(corner, seen), atol=1e-5)


def test_the_nearest_pixel_is_repeated_and_a_mirror_mirrors() -> None:
    ramp = (torch.arange(40.0) * 6).to(torch.uint8).expand(1, 3, 40, 40)
    shrink = (Affine(scale=(0.5, 0.5)),)
    nearest = change(ramp, Preset("a", "test", shrink, fill="nearest"), _generator()).pictures[0, 0, 20]
    mirrored = change(ramp, Preset("b", "test", shrink, fill="mirror"), _generator()).pictures[0, 0, 20]
    assert float(nearest[:10].max()) == 0
    assert torch.allclose(mirrored[:10], mirrored[10:20].flip(0), atol=1e-5)


@given(st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_colors_change_by_no_more_than_is_said(seed: int) -> None:
    gray = torch.full((40, 3, 4, 4), 0.5)
    bright = color(gray, Brightness((0.85, 1.15)), _generator(seed))
    assert 0.425 - 1e-6 <= float(bright.min()) <= float(bright.max()) <= 0.575 + 1e-6
    scaled = color(gray, Multiply((0.8, 1.2), per_channel=0.2), _generator(seed))
    assert 0.4 - 1e-6 <= float(scaled.min()) <= float(scaled.max()) <= 0.6 + 1e-6
    dark = color(torch.full((40, 3, 2, 2), 0.3), Contrast((0.75, 1.5)), _generator(seed))
    assert 0.2 - 1e-6 <= float(dark.min()) <= float(dark.max()) <= 0.35 + 1e-6


def test_a_share_of_pictures_has_its_own_factor_per_channel() -> None:
    scaled = color(torch.full((1000, 3, 1, 1), 0.5), Multiply((0.8, 1.2), per_channel=0.2), _generator())
    own = (scaled[:, 0] != scaled[:, 1]).flatten().float().mean()
    assert float(own) == pytest.approx(0.2, abs=0.05)


def test_noise_is_as_strong_as_said_and_shared_by_channels_in_half_of_the_pictures() -> None:
    noisy = color(torch.full((300, 3, 30, 30), 0.5), Noise(0.05, per_channel=0.5), _generator()) - 0.5
    spread = noisy.flatten(1).std(1)
    assert float(spread.max()) == pytest.approx(0.05, abs=0.004)
    assert float(spread.mean()) == pytest.approx(0.025, abs=0.003)
    assert float((noisy[:, 0] == noisy[:, 1]).flatten(1).all(1).float().mean()) == pytest.approx(0.5, abs=0.1)


def test_a_blur_spreads_a_point_by_its_sigma() -> None:
    point = torch.zeros(1, 3, 41, 41)
    point[..., 20, 20] = 1
    spread = color(point, Blur((2, 2)), _generator())[0, 0]
    assert float(spread.sum()) == pytest.approx(1, abs=1e-3)
    across = ((torch.arange(41) - 20) ** 2 * spread.sum(0)).sum()
    assert float(across) == pytest.approx(4, rel=0.06)
    some = color(torch.rand(200, 3, 9, 9, generator=_generator()), Blur((0.5, 0.5), share=0.5), _generator(1))
    before = torch.rand(200, 3, 9, 9, generator=_generator())
    assert float((some != before).flatten(1).any(1).float().mean()) == pytest.approx(0.5, abs=0.1)


def test_another_stain_leaves_white_glass_white_and_changes_purple() -> None:
    white, purple = torch.ones(20, 3, 2, 2), torch.tensor([0.4, 0.2, 0.6]).view(1, 3, 1, 1).expand(20, 3, 2, 2)
    assert torch.allclose(color(white, Density(0.3, 0.1), _generator()), white)
    assert float(color(purple, Density(0.3, 0.1), _generator()).std(0).mean()) > 0.02


def test_no_change_of_concentrations_gives_the_picture_back() -> None:
    picture = torch.rand(3, 3, 5, 5, generator=_generator()).clamp_min(0.02)
    assert torch.allclose(color(picture, HedDensity(0.0, 0.0), _generator()), picture, atol=1e-4)
    assert not torch.allclose(color(picture, HedDensity(0.05, 0.05), _generator()), picture, atol=1e-3)


def test_preparing_sizes_and_changes_nothing_else() -> None:
    picture = _pictures(1)
    assert torch.equal(prepare(picture, find_preset("stain")), picture)
    assert prepare(picture, find_preset("lenet-lld-a")).shape == (1, 3, 256, 256)

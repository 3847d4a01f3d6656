import time

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from leukoscope.domain.images import ImageQuality, SmearImage
from leukoscope.imaging.quality import QualityLimits, judge_quality
from leukoscope.synthetic import KINDS, STYLES, draw_cell, draw_field

NO_SMEAR = "does not look like a stained smear"


def judged(pixels: np.ndarray) -> ImageQuality:
    return judge_quality(SmearImage(np.clip(pixels, 0, 255).astype(np.uint8), sha256=""))


@pytest.fixture(scope="module")
def field() -> np.ndarray:
    return draw_field(np.random.default_rng(4), width=960, height=720).pixels


@pytest.mark.parametrize("style", range(len(STYLES)))
def test_a_good_field_of_any_stain_gives_no_warning(style: int) -> None:
    styles = list(STYLES.values()) if isinstance(STYLES, dict) else list(STYLES)
    drawn = draw_field(np.random.default_rng(style), width=960, height=720, style=styles[style])
    assert judged(drawn.pixels).warnings == ()


@pytest.mark.parametrize("label", sorted(KINDS))
def test_a_good_crop_of_any_cell_gives_no_warning(label: str) -> None:
    assert judged(draw_cell(np.random.default_rng(1), label).pixels).warnings == ()


def test_figures_lie_in_their_ranges(field: np.ndarray) -> None:
    quality = judged(field)
    assert 0.2 <= quality.focus <= 1
    assert 150 <= quality.background <= 255
    assert 0 <= quality.clipped < 0.5
    assert 0 < quality.stained < quality.covered < 1


def test_focus_falls_with_blur_and_is_warned_of(field: np.ndarray) -> None:
    focus = [judged(cv2.GaussianBlur(field, (0, 0), sigma)).focus for sigma in (0.5, 2, 4, 6, 9, 14)]
    assert focus == sorted(focus, reverse=True)
    assert focus[0] > 0.5
    assert any("blurred" in warning for warning in judged(cv2.GaussianBlur(field, (0, 0), 14)).warnings)


@pytest.mark.parametrize("noise", [3, 6])
def test_noise_does_not_make_a_blurred_picture_look_sharp(field: np.ndarray, noise: int) -> None:
    blurred = cv2.GaussianBlur(field, (0, 0), 12).astype(float)
    noisy = blurred + np.random.default_rng(0).normal(0, noise, field.shape)
    assert judged(noisy).focus < 0.3


def test_a_larger_picture_of_the_same_field_has_about_the_same_focus(field: np.ndarray) -> None:
    twice = cv2.resize(field, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert judged(twice).focus == pytest.approx(judged(field).focus, abs=0.15)


def test_a_dark_picture_is_told(field: np.ndarray) -> None:
    assert any("too dark" in warning for warning in judged(field * 0.3).warnings)


def test_a_bright_picture_is_told(field: np.ndarray) -> None:
    warnings = judged(field * 1.9).warnings
    assert any("too bright" in warning or "plain" in warning or "empty" in warning for warning in warnings)


def test_a_field_without_cells_is_told(field: np.ndarray) -> None:
    empty = np.full((480, 640, 3), (230, 222, 226), np.uint8)
    cv2.circle(empty, (300, 200), 20, (200, 150, 180), -1)
    assert any("nearly empty" in warning for warning in judged(cv2.GaussianBlur(empty, (0, 0), 1.5)).warnings)


def test_red_cells_without_any_nuclear_stain_are_told() -> None:
    drawn = np.full((480, 640, 3), 225, np.uint8)
    rng = np.random.default_rng(2)
    for _ in range(50):
        place = tuple(int(v) for v in rng.integers(20, [620, 460]))
        cv2.circle(drawn, place, 22, (205, 170, 160), -1)
    assert any("No nuclear stain" in warning for warning in judged(cv2.GaussianBlur(drawn, (0, 0), 1.5)).warnings)


def test_a_cell_cut_out_on_black_is_not_called_dark_or_clipped() -> None:
    cell = draw_cell(np.random.default_rng(3), "lymphocyte", side=300)
    mask = np.zeros(cell.pixels.shape[:2], np.uint8)
    cv2.circle(mask, (150, 150), 60, 255, -1)
    quality = judged(np.where(mask[..., None] > 0, cell.pixels, 0))
    assert quality.warnings == ()
    assert quality.clipped < 0.1


def no_smears() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    high, wide = 480, 640
    x, y = np.linspace(0, 1, wide)[None, :, None], np.linspace(0, 1, high)[:, None, None]
    squares = ((np.arange(high)[:, None] // 32 + np.arange(wide)[None] // 32) % 2)[..., None]

    def grain(size: int, strength: float) -> np.ndarray:
        small = rng.normal(0, 1, (high // size + 1, wide // size + 1)).astype(np.float32)
        return cv2.resize(small, (wide, high), interpolation=cv2.INTER_CUBIC)[..., None] * strength

    sky = np.array([110, 160, 225.0]) + 60 * y + grain(64, 12)
    grass = np.array([70, 120, 40.0]) + grain(3, 18) + grain(20, 15)
    evening = np.array([250, 150, 60.0]) * (1 - 0.5 * y) + grain(64, 10)
    hills = np.array([60, 40, 50.0]) + grain(5, 8)
    full = np.zeros((high, wide, 3))
    return {
        "gray gradient": 255 * x + full,
        "color gradient": np.array([255, 80, 160.0]) * x + np.array([20, 200, 90.0]) * y * 0.5,
        "pink gradient": np.array([240, 200, 220.0]) - np.array([60, 110, 40.0]) * x + full,
        "color noise": rng.integers(0, 256, (high, wide, 3)),
        "gray noise": rng.integers(0, 256, (high, wide, 1)) + full,
        "blotches": cv2.resize(
            rng.integers(0, 256, (24, 32, 3), np.uint8), (wide, high), interpolation=cv2.INTER_CUBIC
        ),
        "black text": page((20, 20, 20)),
        "blue text": page((30, 40, 160)),
        "black and white squares": 255 * squares + full,
        "red and blue squares": np.where(squares == 1, [220, 40, 40], [40, 90, 220]),
        "pink and purple squares": np.where(squares == 1, [240, 220, 235], [120, 60, 140]),
        "landscape": np.where(y + 0.05 * np.sin(9 * x) > 0.55, grass, sky),
        "sunset": np.where(y + 0.12 * np.sin(7 * x) > 0.6, hills, evening),
        "leaves": np.array([60, 130, 50.0]) + grain(30, 25) + grain(4, 10),
        "unstained cells": unstained(),
        "white": full + 255,
        "black": full,
        "pink": full + np.array([230, 190, 210]),
        "green": full + np.array([40, 160, 60]),
    }


def page(ink: tuple[int, int, int]) -> np.ndarray:
    image = Image.new("RGB", (640, 480), "white")
    draw = ImageDraw.Draw(image)
    for line in range(22):
        draw.text((20, 10 + line * 21), "The quick brown fox jumps over the lazy dog 0123456789 " * 2, fill=ink)
    return np.asarray(image)


def unstained() -> np.ndarray:
    drawn = np.full((480, 640, 3), 205, np.uint8)
    rng = np.random.default_rng(1)
    for _ in range(60):
        place = tuple(int(v) for v in rng.integers(0, [640, 480]))
        cv2.circle(drawn, place, 22, (160, 160, 160), -1)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 1.5))


@pytest.mark.parametrize("name", no_smears())
def test_what_is_no_smear_is_told(name: str) -> None:
    (warning,) = judged(no_smears()[name]).warnings
    assert NO_SMEAR in warning


def test_limits_can_be_set(field: np.ndarray) -> None:
    strict = judge_quality(SmearImage(field, sha256=""), QualityLimits(focus=1.01))
    assert any("blurred" in warning for warning in strict.warnings)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 3), (40, 7)])
def test_tiny_and_thin_pictures_are_judged_without_fault(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (*shape, 3))
    assert 0 <= judged(pixels).focus <= 1


def test_a_large_turned_picture_is_judged_quickly_and_unchanged(field: np.ndarray) -> None:
    large = np.tile(field, (6, 6, 1))
    view = np.swapaxes(large, 0, 1)[::-1]
    before = large[::97, ::89].copy()
    start = time.process_time()
    quality = judge_quality(SmearImage(view, sha256=""))
    assert time.process_time() - start < 2
    assert quality.warnings == ()
    assert np.array_equal(large[::97, ::89], before)

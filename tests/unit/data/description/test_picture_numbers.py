from __future__ import annotations

import colorsys

import cv2
import numpy as np
import pytest

from leukoscope.data.description.picture_numbers import NUMBERS, measure_picture
from leukoscope.synthetic import draw_field


def numbers_of(pixels: np.ndarray, file_bytes: int = 1000) -> dict[str, float]:
    told = measure_picture(pixels, file_bytes)
    return dict(zip([note.name for note in NUMBERS], told.tolist(), strict=True))


def plain(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((60, 80, 3), color, np.uint8)


@pytest.mark.parametrize("color", [(200, 30, 40), (120, 60, 180), (40, 50, 220), (200, 180, 60)])
def test_a_plain_color_is_measured_as_the_standard_library_tells_it(color):
    told = numbers_of(plain(color))
    hue, saturation, value = colorsys.rgb_to_hsv(*(one / 255 for one in color))

    assert (told["red"], told["green"], told["blue"]) == pytest.approx(color)
    assert (told["saturation"], told["value"]) == pytest.approx((saturation, value))
    # Two definitions of hue (hexagon and circle) differ by at most 1.2 degrees.
    assert (told["hue"] - 360 * hue + 180) % 360 - 180 == pytest.approx(0, abs=1.3)
    assert -270 < told["hue"] <= 90


def test_white_glass_is_light_without_density_or_color():
    told = numbers_of(plain((255, 255, 255)))

    assert (told["lightness"], told["glass"]) == pytest.approx((100, 100), abs=0.1)
    assert [told[name] for name in ("lab_a", "lab_b", "density_red", "density_green", "density_blue")] == pytest.approx(
        [0] * 5, abs=0.05
    )


def test_a_black_frame_does_not_darken_the_colors_but_is_told():
    framed = np.zeros((100, 100, 3), np.uint8)
    framed[25:75, 25:75] = (120, 60, 180)
    told = numbers_of(framed)

    assert told["black"] == pytest.approx(0.75)
    assert (told["red"], told["green"], told["blue"]) == pytest.approx((120, 60, 180))


def test_frame_numbers_are_those_of_the_file():
    told = numbers_of(plain((10, 200, 90)), file_bytes=2500)
    assert (told["aspect"], told["megapixels"], told["kilobytes"]) == pytest.approx((80 / 60, 0.0048, 2.5))


def test_a_blurred_smear_is_less_sharp_and_a_darker_lamp_makes_darker_glass():
    field = draw_field(np.random.default_rng(2), width=480, height=360, cells={"neutrophil": 3}).pixels
    blurred = cv2.GaussianBlur(field, (0, 0), 6)
    dark = (field * 0.6).astype(np.uint8)

    assert numbers_of(blurred)["sharpness"] < numbers_of(field)["sharpness"]
    assert numbers_of(dark)["glass"] < numbers_of(field)["glass"] - 10


def test_an_all_black_picture_gives_numbers():
    assert np.isfinite(measure_picture(np.zeros((20, 20, 3), np.uint8), 1)).all()

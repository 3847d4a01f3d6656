import numpy as np
import pytest

from leukoscope.domain.images import PixelSize, SmearImage
from leukoscope.errors import InvalidValueError


@pytest.mark.parametrize("um", [0, -1, 0.001, 51, float("nan")])
def test_a_pixel_size_no_microscope_has_is_refused(um):
    with pytest.raises(InvalidValueError, match="pixel size"):
        PixelSize(um, "given")


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_only_rgb_pixels_of_eight_bits_make_a_picture(pixels):
    with pytest.raises(InvalidValueError, match="picture"):
        SmearImage(pixels, "00")


def test_a_picture_knows_its_size():
    picture = SmearImage(np.zeros((4, 7, 3), np.uint8), "00")
    assert (picture.width, picture.height) == (7, 4)

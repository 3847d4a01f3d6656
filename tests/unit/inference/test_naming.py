from dataclasses import dataclass

import numpy as np
import pytest

from leukoscope.domain.regions import Box, Outline
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.naming import name_cells, name_picture


@dataclass(frozen=True)
class Found:
    box: Box
    outline: Outline | None = None


@pytest.fixture
def picture(plain):
    pixels = plain((128, 128, 128), side=200)
    pixels[20:80, 20:80] = (255, 0, 0)
    pixels[120:180, 120:180] = (0, 0, 255)
    return pixels


def test_each_box_is_named_from_its_own_place(tiny_bundle, picture):
    named = name_cells(Classifier(tiny_bundle()), picture, [Found(Box(25, 25, 70, 70)), Found(Box(125, 125, 170, 170))])

    assert [one.label for one in named] == ["red", "blue"]
    assert named[0].score > 0.99
    assert sum(named[0].probabilities.values()) == pytest.approx(1)
    assert not named[0].uncertain


def test_a_model_of_cells_on_black_is_shown_nothing_but_the_cell(tiny_bundle, plain):
    pixels = plain((255, 0, 0), side=200)
    pixels[50:110, 50:110] = (0, 0, 255)
    outline = Outline(((50, 50), (110, 50), (110, 110), (50, 110)))
    on_black = Classifier(tiny_bundle(background="black"))
    named = name_cells(on_black, pixels, [Found(Box(50, 50, 110, 110), outline)])[0]
    kept = name_cells(Classifier(tiny_bundle(crop_margin=3)), pixels, [Found(Box(50, 50, 110, 110), outline)])[0]

    assert named.label == "blue"
    assert kept.label == "red"


def test_no_boxes_are_no_predictions(tiny_bundle, picture):
    assert name_cells(Classifier(tiny_bundle()), picture, []) == []


def test_a_low_score_is_uncertain(tiny_bundle, plain):
    doubtful = name_picture(Classifier(tiny_bundle()), plain((128, 128, 128)))

    assert doubtful.score < 0.9
    assert doubtful.uncertain
    assert doubtful.novel is False


def test_a_novel_input_is_uncertain_whatever_its_score(tiny_bundle, picture):
    strict = Classifier(tiny_bundle(limit=1e-6))
    named = name_cells(strict, picture, [Found(Box(25, 25, 70, 70))])[0]
    far = name_picture(strict, np.full((64, 64, 3), (250, 0, 0), np.uint8))

    assert not named.novel
    assert far.score > 0.99
    assert far.novel
    assert far.uncertain


def test_the_heat_map_is_that_of_the_named_class_and_its_window_is_told(tiny_bundle, plain):
    pixels = plain((0, 0, 0))
    pixels[:, 16:] = (255, 0, 0)
    named = name_picture(Classifier(tiny_bundle()), pixels)

    np.testing.assert_allclose(named.activation, [[0, 0, 1, 1]] * 4)
    assert named.window == Box(0, 0, 32, 32)

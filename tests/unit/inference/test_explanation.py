import numpy as np

from leukoscope.inference.explanation import normalized_map


def test_places_that_speak_against_the_class_are_left_dark():
    scaled = normalized_map(np.array([[-5, 1], [2, 4]], np.float32))

    np.testing.assert_allclose(scaled, [[0, 0.25], [0.5, 1]])


def test_a_map_without_any_place_for_the_class_is_dark_not_a_division_by_zero():
    assert (normalized_map(np.full((2, 2), -1, np.float32)) == 0).all()

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.data.copies.keypoints import find_keypoints, mirror_codes, mirror_places
from leukoscope.synthetic import draw_field


@pytest.fixture(scope="module")
def gray() -> np.ndarray:
    drawn = draw_field(np.random.default_rng(4), width=200, height=180, pixel_size_um=0.25, cells={})
    return np.ascontiguousarray(drawn.pixels[..., 1])


def test_the_keypoints_of_a_mirrored_picture_follow_from_those_of_the_picture(gray: np.ndarray) -> None:
    plain = find_keypoints(gray, 60)
    mirrored = find_keypoints(np.ascontiguousarray(gray[:, ::-1]), 60)
    codes = mirror_codes(plain.codes).astype(float)
    places = mirror_places(plain.places, gray.shape[1])
    cosines = (
        codes
        @ mirrored.codes.T.astype(float)
        / np.outer(np.linalg.norm(codes, axis=1), np.linalg.norm(mirrored.codes.astype(float), axis=1))
    )
    best = cosines.argmax(axis=1)
    same = np.abs(places[:, :2] - mirrored.places[best, :2]).max(axis=1) < 1.5
    assert same.mean() > 0.7
    assert np.median(cosines.max(axis=1)[same]) > 0.98


def test_mirroring_twice_gives_the_description_back() -> None:
    codes = np.random.default_rng(0).integers(0, 255, (5, 128)).astype(np.uint8)
    assert (mirror_codes(mirror_codes(codes)) == codes).all()


def test_a_picture_without_anything_in_it_has_no_keypoints() -> None:
    assert len(find_keypoints(np.full((50, 60), 200, np.uint8), 60)) == 0


def test_no_more_keypoints_are_kept_than_asked_for(gray: np.ndarray) -> None:
    assert len(find_keypoints(gray, 10)) == 10

from __future__ import annotations

import cv2
import numpy as np
import pytest

from leukoscope.data.description.streaming import (
    MEAN_SIDE,
    Asked,
    Collected,
    PictureRead,
    choose_samples,
    read_pictures,
)
from leukoscope.data.description.summary import MOST_SIZES, summarize
from leukoscope.data.description.values import Unreadable
from leukoscope.imaging.drawing import PAD


@pytest.fixture
def asked(tmp_path):
    found = []
    for row, (label, level) in enumerate([("dark", 40), ("dark", 60), ("light", 200), ("broken", 0)]):
        file = tmp_path / f"{row}.png"
        if label == "broken":
            file.write_bytes(b"no picture")
        else:
            cv2.imwrite(str(file), np.full((40, 80, 3), level, np.uint8))
        found.append(Asked(row, file.name, file, label))
    return found


def test_pictures_come_in_their_order_and_a_broken_one_costs_one_sentence(asked):
    read = list(read_pictures(asked, (16, 8), frozenset({1})))

    assert [type(one) for one in read] == [PictureRead, PictureRead, PictureRead, Unreadable]
    assert [one.asked.row for one in read[:3]] == [0, 1, 2]
    assert read[3].path == "3.png"
    assert read[0].model_input is None
    assert read[1].model_input.shape == (8, 16, 3)
    assert read[0].size == (80, 40)


def test_the_mean_picture_is_the_mean_and_samples_keep_their_proportions(asked):
    collected = Collected(shown=frozenset({0, 2}))
    for one in read_pictures(asked[:3], None, frozenset()):
        collected.add(one)
    dark, light = collected.gallery()

    assert (dark.label, dark.count, light.count) == ("dark", 2, 1)
    assert (dark.mean == 50).all()
    assert [path for path, _ in dark.samples] == ["0.png"]
    sample = dark.samples[0][1]
    assert sample.shape == (MEAN_SIDE, MEAN_SIDE, 3)
    assert (sample[0] == PAD).all()
    assert (sample[MEAN_SIDE // 2] == 40).all()
    assert collected.table().shape[0] == 3


def test_samples_are_drawn_from_every_class(asked):
    chosen = choose_samples(asked, np.random.default_rng(0), per_class=1)
    assert {asked[row].label for row in chosen} == {"dark", "light", "broken"}
    assert len(chosen) == 3


def test_the_summary_tells_what_separates_classes_and_counts_sizes(asked):
    collected = Collected(shown=frozenset())
    for one in read_pictures(asked[:3], None, frozenset()):
        collected.add(one)
    seen = summarize(collected.table(), collected.labels, ["s"] * 3, collected.sizes, [Unreadable("3.png", "why")])

    assert (seen.asked, seen.measured) == (4, 3)
    assert seen.sizes[0].name.startswith("80")
    assert dict(dict(seen.per_class)["red"])["dark"].mean == 50
    assert seen.per_source == ()
    red = next(one for one in seen.separation if one.number == "red")
    assert red.between_classes > 0.9
    assert red.between_sources is None


def test_very_many_sizes_are_counted_together(asked):
    seen = summarize(np.zeros((0, 20)), [], [], [(width, 9) for width in range(100)], [])
    assert len(seen.sizes) == MOST_SIZES + 1
    assert sum(one.count for one in seen.sizes) == 100

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.manifest import Entry
from leukoscope.data.pictures import entries_of_folder, load_pictures
from leukoscope.errors import DataError, InputNotFoundError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label, gray in (("a", 10), ("b", 200)):
        (tmp_path / label).mkdir()
        cv2.imwrite(str(tmp_path / label / "1.png"), np.full((30, 20, 3), gray, np.uint8))
    return tmp_path


def test_a_folder_per_class_is_read_with_its_classes(folder: Path) -> None:
    entries = entries_of_folder(folder)
    assert [(one.name, one.label) for one in entries] == [("a/1.png", "a"), ("b/1.png", "b")]
    loaded = load_pictures(entries, folder, 16, ["b", "a"])
    assert loaded.images.shape == (2, 16, 16, 3)
    assert loaded.images[:, 0, 0, 0].tolist() == [10, 200]
    assert loaded.targets.tolist() == [1, 0]
    assert loaded.groups == ("a/1.png", "b/1.png")


def test_a_picture_beside_the_class_folders_is_refused(folder: Path) -> None:
    cv2.imwrite(str(folder / "stray.png"), np.zeros((5, 5, 3), np.uint8))
    with pytest.raises(DataError, match=r"stray\.png"):
        entries_of_folder(folder)


def test_an_unknown_class_is_told_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(DataError, match=r"\['b'\].*The classes are a"):
        load_pictures(entries_of_folder(folder), folder, 16, ["a"])


def test_a_picture_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError):
        load_pictures([Entry("a/1.png", "-", "a", "a", "test")], tmp_path, 16, ["a"])


def test_a_cell_alone_on_black_is_cut_out_with_its_margin_whatever_its_size(tmp_path: Path) -> None:
    sides = []
    for name, radius in (("small", 40), ("large", 90)):
        pixels = np.zeros((300, 300, 3), np.uint8)
        cv2.circle(pixels, (170, 140), radius, (160, 60, 120), -1)
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
        entry = Entry(f"{name}.png", "-", "a", name, "train")
        shown = load_pictures([entry], tmp_path, 100, ["a"], margin_on_black=1.25).images[0]
        seen = np.nonzero(shown.max(axis=2) > 40)
        sides.append(np.ptp(seen[0]) + 1)
        assert abs((seen[1].min() + seen[1].max()) / 2 - 50) < 2
    assert sides == pytest.approx([80, 80], abs=2)


def test_a_picture_without_a_cell_is_shown_as_it_is(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((60, 60, 3), 200, np.uint8))
    shown = load_pictures([Entry("gray.png", "-", "a", "g", "train")], tmp_path, 30, ["a"], margin_on_black=1.25)
    assert (shown.images == 200).all()

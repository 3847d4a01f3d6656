"""Planted copies are found among drawn pictures, and different drawn pictures are not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from leukoscope.data.copies import CopyPair, find_copies
from leukoscope.synthetic import draw_cell, draw_field


def _glass(seed: int) -> np.ndarray:
    return draw_field(np.random.default_rng(seed), width=280, height=280, pixel_size_um=0.25, cells={}).pixels


@pytest.fixture(scope="module")
def glasses() -> list[np.ndarray]:
    return [_glass(seed) for seed in range(8)]


def _search(pictures: list[np.ndarray]) -> tuple[CopyPair, ...]:
    return find_copies([lambda one=one: np.ascontiguousarray(one) for one in pictures])


def test_different_fields_raise_nothing(glasses: list[np.ndarray]) -> None:
    assert _search(glasses) == ()


def test_different_cells_of_one_kind_on_black_raise_nothing() -> None:
    cells = []
    for seed in range(12):
        drawn = draw_cell(np.random.default_rng(seed), "blast")
        cells.append(np.where(drawn.cell_mask[..., None], drawn.pixels, 0).astype(np.uint8))
    assert _search(cells) == ()


@pytest.mark.parametrize("turn", range(1, 8))
def test_turned_and_mirrored_copies_are_found_with_their_turn(glasses: list[np.ndarray], turn: int) -> None:
    one = glasses[3]
    copy = np.rot90(one[:, ::-1] if turn >= 4 else one, turn % 4)
    (pair,) = _search([*glasses, copy])
    assert (pair.first, pair.second, pair.kind, pair.shift) == (3, 8, "near-duplicate", (0, 0))
    # Laid back: numpy turns counterclockwise, and a turn before mirroring is the other way after it.
    words = {1: "turned 90 degrees", 2: "turned 180 degrees", 3: "turned 270 degrees", 4: "mirrored"}
    if turn in words:
        assert pair.turn == words[turn]
    else:
        assert pair.turn.startswith("mirrored, turned")


@pytest.mark.parametrize(("down", "right"), [(40, 40), (-40, 30), (0, -40)])
def test_a_field_taken_again_elsewhere_out_of_focus_is_found(glasses: list[np.ndarray], down: int, right: int) -> None:
    whole = [glass[60:220, 60:220] for glass in glasses]
    again = glasses[2][60 + down : 220 + down, 60 + right : 220 + right]
    blurred = cv2.GaussianBlur(again, (0, 0), 1.0)
    (pair,) = _search([*whole, (blurred * 0.85).astype(np.uint8)])
    assert (pair.first, pair.second, pair.kind) == (2, 8, "retake")
    assert pair.shift == pytest.approx((down, right), abs=1)
    assert pair.turn == "upright"


def test_a_crop_that_was_made_smaller_is_found_in_its_frame(glasses: list[np.ndarray]) -> None:
    crop = cv2.resize(glasses[5][60:200, 90:230], (100, 100), interpolation=cv2.INTER_AREA)
    (pair,) = _search([*glasses, crop])
    assert (pair.first, pair.second, pair.kind) == (5, 8, "crop")
    assert pair.shift == pytest.approx((60 + 70 - 140, 90 + 70 - 140), abs=2)


def test_equal_files_and_equal_pixels_are_told_apart(tmp_path: Path, glasses: list[np.ndarray]) -> None:
    names = ("a.png", "b.png", "c.bmp", "d.png")
    for name, pixels in zip(names, (glasses[0], glasses[0], glasses[0], glasses[1]), strict=True):
        Image.fromarray(pixels).save(tmp_path / name)
    told = [(one.first, one.second, one.kind) for one in find_copies([tmp_path / name for name in names])]
    assert told == [(0, 1, "same-file"), (0, 2, "same-pixels")]


def test_a_scale_bar_that_all_share_makes_no_copies(glasses: list[np.ndarray]) -> None:
    bar = np.random.default_rng(0).integers(0, 2, (5, 8, 1)).repeat(3, axis=2).repeat(6, axis=0).repeat(6, axis=1)
    marked = [glass.copy() for glass in glasses]
    for one in marked:
        one[-30:, -48:] = bar.astype(np.uint8) * 255
    assert _search(marked) == ()


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path, glasses: list[np.ndarray]) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    shares: list[float] = []
    pictures = [broken, *(lambda one=one: one for one in (glasses[0], glasses[0][:, ::-1]))]
    (pair,) = find_copies(pictures, after_each=shares.append)
    assert (pair.first, pair.second, pair.turn) == (1, 2, "mirrored")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_nothing_to_search_is_no_copies() -> None:
    assert find_copies([]) == ()


def test_a_scale_bar_on_plain_black_makes_no_copies_of_different_cells() -> None:
    cells = []
    for seed in range(8):
        drawn = draw_cell(np.random.default_rng(seed), "blast", side=320)
        alone = np.where(drawn.cell_mask[..., None], drawn.pixels, 0).astype(np.uint8)
        alone[282:310, 250:314] = 255
        alone[297:304, 256:307] = 0
        cells.append(alone)
    assert _search(cells) == ()

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.errors import InvalidValueError
from leukoscope.synthetic import DIFFERENTIAL, GRAY, KINDS, STYLES, SyntheticField, draw_cell, draw_field


def draw(seed: int, **asked: object) -> SyntheticField:
    return draw_field(np.random.default_rng(seed), **{"width": 480, "height": 360, "cells": {"blast": 2}, **asked})


@pytest.fixture(scope="module")
def usual() -> SyntheticField:
    return draw_field(np.random.default_rng(1))


def test_the_same_seed_draws_the_same_bytes() -> None:
    first, again, other = draw(5), draw(5), draw(6)
    assert first.pixels.tobytes() == again.pixels.tobytes()
    assert first.cells == again.cells
    assert first.pixels.tobytes() != other.pixels.tobytes()


def test_the_usual_field_shows_the_usual_cells(usual: SyntheticField) -> None:
    assert usual.pixels.shape == (960, 1280, 3)
    assert usual.pixels.dtype == np.uint8
    assert usual.counts == dict(DIFFERENTIAL)
    assert len(usual.red_cells) > 100
    assert usual.platelets


def test_boxes_outlines_and_masks_agree(usual: SyntheticField) -> None:
    assert usual.cell_labels.dtype == usual.nucleus_labels.dtype == np.int32
    assert set(np.unique(usual.cell_labels)) == set(range(len(usual.cells) + 1))
    for number, cell in enumerate(usual.cells, start=1):
        rows, columns = np.nonzero(usual.cell_labels == number)
        assert cell.box.as_list() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        drawn = np.zeros(usual.cell_labels.shape, np.uint8)
        points = np.array([(x - 0.5, y - 0.5) for x, y in cell.outline.points], np.int32)
        cv2.fillPoly(drawn, [points], 1)
        assert np.mean(drawn[rows, columns]) > 0.99
        assert drawn.sum() < 1.01 * len(rows)


def test_a_nucleus_lies_in_its_own_cell(usual: SyntheticField) -> None:
    inside = usual.nucleus_labels > 0
    assert np.array_equal(usual.nucleus_labels[inside], usual.cell_labels[inside])
    assert set(np.unique(usual.nucleus_labels)) == set(range(len(usual.cells) + 1))


def test_a_mask_is_as_large_as_the_micrometers_say(usual: SyntheticField) -> None:
    for number, cell in enumerate(usual.cells, start=1):
        area_um2 = np.sum(usual.cell_labels == number) * usual.pixel_size_um**2
        assert 2 * np.sqrt(area_um2 / np.pi) == pytest.approx(cell.diameter_um, rel=0.03)


def test_nuclei_are_darker_than_cytoplasm_and_cells_than_glass(usual: SyntheticField) -> None:
    green = usual.pixels[..., 1].astype(float)
    nucleus, cell = usual.nucleus_labels > 0, usual.cell_labels > 0
    assert np.median(green[nucleus]) < np.median(green[cell & ~nucleus]) < np.median(green[~cell])


def test_a_cell_looks_the_same_size_in_micrometers_at_any_pixel_size() -> None:
    for pixel_size_um in (0.08, 0.16):
        field = draw(3, width=900, height=900, pixel_size_um=pixel_size_um, red_cells=3, platelets=0)
        low, high = KINDS["blast"].diameter_um
        widths = [box_side * pixel_size_um for cell in field.cells for box_side in (cell.box.width, cell.box.height)]
        assert 0.85 * low < min(widths)
        assert max(widths) < 1.2 * high


@given(
    st.integers(0, 2**32 - 1),
    st.dictionaries(st.sampled_from(sorted(KINDS)), st.integers(0, 2), max_size=3),
    st.integers(0, 40),
    st.integers(0, 6),
    st.sampled_from(sorted(STYLES)),
)
@settings(max_examples=25, deadline=None)
def test_every_field_has_what_was_asked_and_nothing_outside(
    seed: int, cells: dict[str, int], red_cells: int, platelets: int, style: str
) -> None:
    field = draw(seed, cells=cells, red_cells=red_cells, platelets=platelets, pixel_size_um=0.25, style=STYLES[style])
    assert field.counts == {label: count for label, count in cells.items() if count}
    assert len(field.red_cells) == red_cells
    assert len(field.platelets) == platelets
    for box in (*field.red_cells, *field.platelets, *(cell.box for cell in field.cells)):
        assert 0 <= box.x0 < box.x1 <= 480
        assert 0 <= box.y0 < box.y1 <= 360


@pytest.mark.parametrize("pairs", [0, 1, 2])
def test_only_the_cells_asked_to_touch_do(pairs: int) -> None:
    field = draw(4, width=800, height=600, cells={"lymphocyte": 3, "neutrophil": 3}, touching_pairs=pairs)
    met = set()
    for shift, axis in ((1, 0), (1, 1)):
        there = np.roll(field.cell_labels, shift, axis)
        meeting = (field.cell_labels > 0) & (there > 0) & (field.cell_labels != there)
        met |= {
            frozenset(pair) for pair in zip(field.cell_labels[meeting].tolist(), there[meeting].tolist(), strict=True)
        }
    assert len(met) == pairs


def test_styles_change_the_colors_and_not_the_cells() -> None:
    cream, gray = draw(5), draw(5, style=GRAY)
    assert cream.cells == gray.cells
    assert np.array_equal(cream.nucleus_labels, gray.nucleus_labels)
    assert np.median(cream.pixels[..., 0]) - np.median(gray.pixels[..., 0]) > 30


def test_a_field_without_any_cell_is_glass() -> None:
    field = draw(1, cells={}, red_cells=0, platelets=0)
    assert field.cells == field.red_cells == field.platelets == ()
    assert field.pixels.mean(axis=(0, 1)) == pytest.approx([249, 225, 200], abs=8)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": -5},
        {"height": 10_000},
        {"pixel_size_um": 0.0},
        {"pixel_size_um": float("nan")},
        {"cells": {"smudge": 1}},
        {"cells": {"blast": -1}},
        {"cells": {"blast": 50}},
        {"red_cells": -1},
        {"red_cells": 5000},
        {"platelets": -2},
        {"touching_pairs": -1},
        {"touching_pairs": 2},
    ],
    ids=str,
)
def test_nonsense_is_refused_with_a_hint(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError) as caught:
        draw(1, **wrong)
    assert caught.value.hint


@pytest.mark.parametrize("label", KINDS)
def test_a_crop_shows_one_cell_in_the_middle(label: str) -> None:
    crop = draw_cell(np.random.default_rng(8), label)
    assert crop.pixels.shape == (224, 224, 3)
    assert crop.cell.label == label
    assert crop.cell.box.center == pytest.approx((112, 112), abs=12)
    rows, columns = np.nonzero(crop.cell_mask)
    assert crop.cell.box.as_list() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert crop.nucleus_mask.any()
    assert not np.any(crop.nucleus_mask & ~crop.cell_mask)


def test_the_same_seed_draws_the_same_crop() -> None:
    first, again = (draw_cell(np.random.default_rng(2), "monocyte").pixels.tobytes() for _ in range(2))
    assert first == again


def test_a_cell_too_large_for_its_crop_is_refused_with_a_hint() -> None:
    with pytest.raises(InvalidValueError, match="does not fit") as caught:
        draw_cell(np.random.default_rng(2), "monocyte", side=100)
    assert "larger side" in caught.value.hint


def test_an_unknown_class_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidValueError, match="smudge") as caught:
        draw_cell(np.random.default_rng(2), "smudge")
    assert "lymphocyte" in caught.value.hint

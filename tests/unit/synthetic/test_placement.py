import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.cells import PlannedCell
from leukoscope.synthetic.placement import PlacedCell, place_red_cells, place_white_cells
from leukoscope.synthetic.red_cells import plan_red_cell
from leukoscope.synthetic.shapes import RoundOutline


def planned(rng: np.random.Generator, count: int) -> list[PlannedCell]:
    return [PlannedCell.random(rng, "neutrophil") for _ in range(count)]


def apart_um(first: PlacedCell, second: PlacedCell) -> float:
    return float(np.hypot(*np.subtract(first.center_um, second.center_um)))


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_white_cells_keep_apart_and_inside(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    placed = place_white_cells(rng, planned(rng, count), (160.0, 120.0), touching_pairs=0)
    assert len(placed) == count
    for i, one in enumerate(placed):
        reach = one.planned.outline.reach_um
        assert reach <= one.center_um[0] <= 160 - reach
        assert reach <= one.center_um[1] <= 120 - reach
        for other in placed[:i]:
            assert apart_um(one, other) > reach + other.planned.outline.reach_um


def test_touching_pairs_are_pressed_together() -> None:
    round_cells = [PlannedCell("neutrophil", RoundOutline(6.0, ())) for _ in range(5)]
    placed = place_white_cells(np.random.default_rng(1), round_cells, (120.0, 90.0), touching_pairs=2)
    touching = sum(apart_um(a, b) < 12.0 for i, a in enumerate(placed) for b in placed[:i])
    assert touching == 2


def test_white_cells_that_do_not_fit_are_refused_with_a_hint() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(InvalidValueError, match="do not fit") as caught:
        place_white_cells(rng, planned(rng, 30), (50.0, 40.0), touching_pairs=0)
    assert "fewer cells" in caught.value.hint
    with pytest.raises(InvalidValueError, match="do not fit"):
        place_white_cells(rng, planned(rng, 1), (50.0, 8.0), touching_pairs=0)


def test_red_cells_keep_clear_of_white_cells_and_mostly_of_each_other() -> None:
    rng = np.random.default_rng(2)
    white = place_white_cells(rng, planned(rng, 6), (160.0, 120.0), touching_pairs=0)
    outlines = [plan_red_cell(rng) for _ in range(180)]
    centers = place_red_cells(rng, outlines, white, (160.0, 120.0))
    assert centers.shape == (180, 2)
    for one in white:
        clear = np.hypot(*(centers - one.center_um).T) - one.planned.outline.radius_um
        assert clear.min() > 1.5
    distances = np.hypot(*(centers[:, None] - centers[None]).transpose(2, 0, 1))
    np.fill_diagonal(distances, np.inf)
    overlapping = np.mean(distances.min(axis=1) < 6.0)
    assert 0.1 < overlapping < 0.6


def test_no_red_cells_need_no_places() -> None:
    assert place_red_cells(np.random.default_rng(1), [], [], (50.0, 50.0)).shape == (0, 2)

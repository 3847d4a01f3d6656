import numpy as np
import pytest

from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.cells import PlannedCell
from leukoscope.synthetic.placement import PlacedCell
from leukoscope.synthetic.scene import Frame, draw_scene
from leukoscope.synthetic.shapes import RoundOutline
from leukoscope.synthetic.style import SmearStyle
from leukoscope.synthetic.truth import SyntheticField


def one_huge_cell(radius_um: float) -> list[PlacedCell]:
    return [PlacedCell(PlannedCell("blast", RoundOutline(radius_um, ())), (10.0, 10.0))]


def test_there_is_no_place_for_a_platelet_under_a_cell_that_fills_the_picture() -> None:
    with pytest.raises(InvalidValueError, match="no room left for 2 platelets"):
        draw_scene(
            np.random.default_rng(1),
            Frame(100, 100, 0.2),
            one_huge_cell(20.0),
            red_cells=0,
            platelets=2,
            style=SmearStyle(),
        )


def test_red_cells_trapped_between_a_white_cell_and_the_edge_are_moved_into_view() -> None:
    white = [PlacedCell(PlannedCell("blast", RoundOutline(8.0, ())), (6.0, 5.0))]
    for seed in range(10):
        rng, frame = np.random.default_rng(seed), Frame(200, 50, 0.2)
        field = draw_scene(rng, frame, white, red_cells=4, platelets=0, style=SmearStyle())
        assert len(field.red_cells) == 4


def test_platelets_lie_on_free_glass_where_there_is_some() -> None:
    def draw(platelets: int) -> SyntheticField:
        style = SmearStyle(dirt=0.0, vignetting=0.0)
        frame = Frame(200, 200, 0.25)
        return draw_scene(np.random.default_rng(1), frame, [], red_cells=20, platelets=platelets, style=style)

    before = draw(0).pixels[..., 1]
    places = [box.center for box in draw(8).platelets if not box.touches_border(200, 200)]
    assert len(places) >= 3
    assert min(before[int(y), int(x)] for x, y in places) > 205


def test_more_dirt_makes_more_dark_specks() -> None:
    def dark(dirt: float) -> int:
        field = draw_scene(
            np.random.default_rng(1), Frame(400, 400, 0.2), [], red_cells=0, platelets=0, style=SmearStyle(dirt=dirt)
        )
        return int(np.sum(field.pixels[..., 1] < 150))

    assert dark(0.0) == 0
    assert dark(50.0) > 50

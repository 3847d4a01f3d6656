import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.domain.regions import Box, Outline
from leukoscope.errors import InvalidValueError

places = st.floats(-1e4, 1e4)
sizes = st.floats(1e-2, 1e4)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), places, places, sizes, sizes)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_share(one, other):
    assert one.iou(other) == pytest.approx(other.iou(one))
    assert 0 <= one.iou(other) <= 1 + 1e-9


@given(boxes)
def test_a_box_overlaps_itself_wholly(box):
    assert box.iou(box) == pytest.approx(1)


def test_boxes_side_by_side_do_not_overlap():
    assert Box(0, 0, 1, 1).iou(Box(1, 0, 2, 1)) == 0


@pytest.mark.parametrize("corners", [(0, 0, 0, 1), (0, 5, 1, 1), (0, 0, float("nan"), 1)])
def test_a_box_without_area_cannot_be_made(corners):
    with pytest.raises(InvalidValueError):
        Box(*corners)


def test_touching_the_border_is_seen_on_every_side():
    inside = Box(10, 10, 20, 20)
    assert not inside.touches_border(100, 100)
    assert inside.touches_border(20, 100)
    assert inside.touches_border(100, 20)
    assert Box(0, 10, 20, 20).touches_border(100, 100)
    assert Box(10, 0, 20, 20).touches_border(100, 100)


def test_two_points_are_no_outline():
    with pytest.raises(InvalidValueError, match="at least 3"):
        Outline(((0, 0), (1, 1)))

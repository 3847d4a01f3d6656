from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import directed_hausdorff

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.masks import border, boundary_f1, dice, hausdorff_95, mask_iou


def disk(x: float, y: float, radius: float, side: int = 64) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def test_dice_and_overlap_follow_from_each_other_and_from_counts() -> None:
    first, second = disk(30, 30, 12), disk(36, 30, 12)
    shared, joint = int((first & second).sum()), int((first | second).sum())
    assert mask_iou(first, second) == shared / joint
    assert dice(first, second) == pytest.approx(2 * (shared / joint) / (1 + shared / joint))


def largest_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Between two borders, by scipy."""
    points = [np.argwhere(edge).astype(float) for edge in (first, second)]
    return max(directed_hausdorff(points[0], points[1])[0], directed_hausdorff(points[1], points[0])[0])


def test_the_largest_border_distance_is_that_of_scikit_image_too() -> None:
    skimage = pytest.importorskip("skimage.metrics")
    edges = border(disk(30, 30, 12)), border(disk(38, 33, 9))
    assert skimage.hausdorff_distance(*edges) == pytest.approx(largest_distance(*edges))


def test_the_border_distance_is_the_95th_percentile_of_all_distances_and_below_the_largest() -> None:
    first, second = disk(30, 30, 12), disk(38, 33, 9)
    edges = border(first), border(second)
    points = [np.argwhere(edge).astype(float) for edge in edges]
    assert 0 < hausdorff_95(first, second) <= largest_distance(*edges)
    distances = [np.linalg.norm(a[:, None] - b[None], axis=2).min(1) for a, b in (points, points[::-1])]
    assert max(one.max() for one in distances) == pytest.approx(largest_distance(*edges))
    assert hausdorff_95(first, second) == pytest.approx(max(np.percentile(one, 95) for one in distances))


def test_one_stray_pixel_moves_the_largest_distance_but_not_the_95_percent_one() -> None:
    first = disk(30, 30, 15)
    second = first.copy()
    second[2, 2] = True
    assert largest_distance(border(first), border(second)) > 20
    assert hausdorff_95(first, second) == 0


def test_a_border_within_the_tolerance_is_right_and_one_beyond_is_not() -> None:
    first = disk(30, 30, 12)
    assert boundary_f1(first, disk(31, 30, 12), tolerance_px=2) == 1
    assert boundary_f1(first, disk(30, 30, 18), tolerance_px=2) == 0
    shifted = disk(36, 30, 12)
    assert 0 < boundary_f1(first, shifted, tolerance_px=2) < 1
    assert boundary_f1(first, shifted) == pytest.approx(boundary_f1(shifted, first))


def test_empty_masks_agree_with_each_other_and_with_nothing_else() -> None:
    nothing, something = np.zeros((64, 64), bool), disk(30, 30, 5)
    assert (dice(nothing, nothing), mask_iou(nothing, nothing), boundary_f1(nothing, nothing)) == (1, 1, 1)
    assert hausdorff_95(nothing, nothing) == 0
    assert (dice(nothing, something), boundary_f1(nothing, something)) == (0, 0)
    assert hausdorff_95(nothing, something) == float("inf")


def test_a_mask_up_to_the_edge_has_its_border_there() -> None:
    full = np.ones((8, 8), bool)
    assert border(full).sum() == 28


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="one shape"):
        dice(np.zeros((4, 4), bool), np.zeros((4, 5), bool))

"""Matches that tell one placement are kept, chance ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.data.copies.consensus import FREE_VOTES, agreeing


def _matches(degrees: float, scale: float, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints of a picture, and where they lie in one that was turned and scaled."""
    rng = np.random.default_rng(seed)
    theirs = np.column_stack([rng.uniform(20, 180, (count, 2)), rng.uniform(4, 9, count), rng.uniform(0, 360, count)])
    c, s = np.cos(np.radians(degrees)) * scale, np.sin(np.radians(degrees)) * scale
    ours = theirs.copy()
    ours[:, :2] = (theirs[:, :2] - 100) @ np.array([[c, s], [-s, c]]) + 110
    ours[:, 2] *= scale
    ours[:, 3] = (theirs[:, 3] + degrees) % 360
    return ours.astype(np.float32), theirs.astype(np.float32)


def _kept(ours: np.ndarray, theirs: np.ndarray) -> list[list[int]]:
    return [members.tolist() for members in agreeing(np.zeros(len(ours), np.int64), ours, theirs)]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 2])
def test_two_matches_are_enough_for_a_placement_by_quarter_turns(degrees: float) -> None:
    assert _kept(*_matches(degrees, 1.0, 2)) == [[0, 1]]


@pytest.mark.parametrize(("degrees", "scale"), [(40, 1.0), (0, 0.7), (200, 1.3)])
def test_any_other_placement_needs_more(degrees: float, scale: float) -> None:
    assert _kept(*_matches(degrees, scale, FREE_VOTES)) == [list(range(FREE_VOTES))]
    assert _kept(*_matches(degrees, scale, FREE_VOTES - 1)) == []


def test_matches_whose_ways_contradict_their_angles_are_dropped() -> None:
    ours, theirs = _matches(0, 1.0, 2)
    ours[:, :2] = ours[::-1, :2]  # the way from one to the other is turned by half, the keypoints are not
    assert _kept(ours, theirs) == []


def test_pairs_are_kept_apart() -> None:
    one, other = _matches(0, 1.0, 3, seed=1), _matches(90, 1.0, 3, seed=2)
    ours, theirs = (np.concatenate([a, b]) for a, b in zip(one, other, strict=True))
    groups = list(agreeing(np.array([4, 4, 4, 9, 9, 9]), ours, theirs))
    assert [group.tolist() for group in groups] == [[0, 1, 2], [3, 4, 5]]


def test_nothing_comes_of_no_matches() -> None:
    none = np.empty((0, 4), np.float32)
    assert list(agreeing(np.empty(0, np.int64), none, none)) == []

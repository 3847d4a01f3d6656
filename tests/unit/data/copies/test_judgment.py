"""What makes a placement with its agreement a copy, and what does not."""

from __future__ import annotations

import pytest

from leukoscope.data.copies.consensus import FREE_VOTES
from leukoscope.data.copies.judgment import Demands
from leukoscope.data.copies.placement import Placement
from leukoscope.data.copies.verification import Agreement

UPRIGHT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
QUARTER = ((0.0, -1.0, 99.0), (1.0, 0.0, 0.0))
SMALLER = ((0.8, 0.0, 0.0), (0.0, 0.8, 0.0))
SLANTED = ((0.8, -0.6, 0.0), (0.6, 0.8, 0.0))


def _met(typical: float, placement: Placement, *, overlap: float = 1.0, textured: float = 1.0) -> bool:
    return Demands().met_by(Agreement(typical, typical, overlap, textured, (0, 0)), placement)


def test_a_field_taken_again_out_of_focus_is_a_copy_when_many_keypoints_say_so() -> None:
    assert _met(0.6, Placement(False, UPRIGHT, votes=8))
    assert not _met(0.6, Placement(False, UPRIGHT, votes=3))


@pytest.mark.parametrize("placement", [Placement(True, UPRIGHT, 8), Placement(False, QUARTER, 8)])
def test_a_turned_or_mirrored_file_agrees_well_with_itself_or_is_another(placement: Placement) -> None:
    assert _met(0.8, placement)
    assert not _met(0.66, placement)


def test_round_cells_that_fit_each_other_at_a_slant_are_no_copies() -> None:
    assert _met(0.9, Placement(False, SLANTED, votes=6))
    assert not _met(0.83, Placement(False, SLANTED, votes=6))
    assert not Demands().worth_a_look(Placement(False, SLANTED, votes=3))


def test_scaled_pictures_with_few_common_keypoints_must_agree_nearly_perfectly() -> None:
    assert _met(0.96, Placement(False, SMALLER, votes=6))
    assert not _met(0.93, Placement(False, SMALLER, votes=6))
    assert _met(0.93, Placement(False, SMALLER, votes=17))


def test_two_scale_bars_on_plain_black_are_no_copy() -> None:
    assert not _met(0.99, Placement(False, UPRIGHT, votes=8), overlap=1.0, textured=0.05)
    assert not _met(0.99, Placement(True, UPRIGHT, votes=8), overlap=0.24, textured=0.4)


def test_what_is_not_fitted_could_not_have_been_proved() -> None:
    assert all(least > 1 for least in Demands().free[:FREE_VOTES])
    assert Demands().free[FREE_VOTES] <= 1

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.synthetic.kinds import KINDS
from leukoscope.synthetic.nuclei import place_nucleus
from leukoscope.synthetic.shapes import Patch, RoundOutline


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_nucleus_lies_in_its_cell_and_is_about_as_large_as_asked(label: str, seed: int) -> None:
    rng, kind = np.random.default_rng(seed), KINDS[label]
    radius_um = sum(kind.diameter_um) / 4
    outline = RoundOutline.random(rng, radius_um, kind.irregularity)
    patch = Patch.around((0, 0), outline.reach_um + 0.6, 0.1)
    cell = outline.distance(patch)
    nucleus, lobes = place_nucleus(rng, kind, radius_um, patch, cell)
    assert np.all(cell[nucleus < 0] < 0)
    assert kind.lobes[0] <= lobes <= kind.lobes[1]
    share = np.sqrt((nucleus < 0).sum() / (cell < 0).sum())
    assert 0.6 * kind.nucleus_share[0] < share < 1.25 * kind.nucleus_share[1]


@pytest.mark.parametrize("label", ["lymphocyte", "monocyte", "blast", "erythroblast", "immature-granulocyte"])
def test_an_unsegmented_nucleus_is_in_one_piece(label: str) -> None:
    kind = KINDS[label]
    for seed in range(10):
        outline = RoundOutline(7.0, ())
        patch = Patch.around((0, 0), 7.6, 0.1)
        nucleus, _ = place_nucleus(np.random.default_rng(seed), kind, 7.0, patch, outline.distance(patch))
        pieces, _ = cv2.connectedComponents((nucleus < 0).astype(np.uint8))
        assert pieces == 2  # the background and the nucleus


def test_a_segmented_nucleus_is_less_solid_than_a_round_one() -> None:
    def solidity(label: str) -> float:
        patch = Patch.around((0, 0), 7.6, 0.1)
        cell = RoundOutline(7.0, ()).distance(patch)
        shares = []
        for seed in range(8):
            nucleus, _ = place_nucleus(np.random.default_rng(seed), KINDS[label], 7.0, patch, cell)
            points = cv2.findNonZero((nucleus < 0).astype(np.uint8))
            shares.append(len(points) / cv2.contourArea(cv2.convexHull(points)))
        return float(np.mean(shares))

    assert solidity("neutrophil") < 0.85 < solidity("lymphocyte")

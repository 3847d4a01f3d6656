from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from leukoscope.bundles.golden_columns import GoldenColumns
from leukoscope.errors import InvalidBundleError

SAMPLES = GoldenColumns(
    np.zeros((2, 8, 8, 3), np.uint8),
    np.array([[1, np.nan], [2, 3]], np.float32),
    np.full((2, 3), 1 / 3, np.float32),
    np.ones((2, 4), np.float32),
)


def test_samples_come_back_with_their_gaps() -> None:
    again = GoldenColumns.from_bytes(SAMPLES.to_bytes())
    assert np.array_equal(again.columns, SAMPLES.columns, equal_nan=True)
    assert np.array_equal(again.images, SAMPLES.images)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("images", np.zeros((3, 8, 8, 3), np.uint8)),
        ("images", np.zeros((2, 8, 8), np.uint8)),
        ("columns", np.zeros((2, 2), np.float64)),
        ("probabilities", np.zeros(2, np.float32)),
        ("embedding", np.zeros((1, 4), np.float32)),
    ],
)
def test_samples_that_do_not_match_are_refused(name: str, value: np.ndarray) -> None:
    with pytest.raises(InvalidBundleError, match="matching samples"):
        dataclasses.replace(SAMPLES, **{name: value})


def test_damaged_samples_are_refused() -> None:
    with pytest.raises(InvalidBundleError):
        GoldenColumns.from_bytes(SAMPLES.to_bytes()[:-40])

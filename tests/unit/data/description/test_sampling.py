from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.data.description.sampling import FLOOR, sample_rows


@given(st.lists(st.sampled_from("abcd"), max_size=300), st.integers(1, 120), st.integers(0, 5))
def test_a_sample_is_of_different_rows_of_the_set_and_keeps_every_class(classes, most, seed):
    rows = sample_rows(classes, most, np.random.default_rng(seed))

    assert len(set(rows.tolist())) == len(rows)
    assert sorted(rows.tolist()) == rows.tolist()
    assert {classes[row] for row in rows} == set(classes)
    if len(classes) <= most:
        assert len(rows) == len(classes)


def test_shares_are_kept_and_rare_classes_are_not_lost():
    classes = ["common"] * 90_000 + ["half"] * 9_970 + ["rare"] * 30
    kept = Counter(classes[row] for row in sample_rows(classes, 1000, np.random.default_rng(0)))

    assert kept == {"common": 900, "half": 100, "rare": FLOOR}


def test_the_same_seed_draws_the_same_rows():
    classes = ["a"] * 500
    one, other = (sample_rows(classes, 50, np.random.default_rng(7)) for _ in range(2))
    assert (one == other).all()

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leukoscope.bundles.card import NoveltyCard
from leukoscope.errors import BundleMismatchError
from leukoscope.inference.novelty import demand_embedding, is_novel, novelty_distance

MEANS = ((0.0, 0.0, 0.0), (3.0, 4.0, 0.0))


def card():
    return NoveltyCard(method="distance", limit=1.0, validation_quantile=0.99, class_means=MEANS)


@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-50, 50, width=32)))
def test_the_distance_is_to_the_nearest_mean(points):
    expected = np.linalg.norm(points[:, None].astype(float) - np.array(MEANS)[None], axis=2).min(axis=1)

    np.testing.assert_allclose(novelty_distance(points, card()), expected, atol=1e-5)


def test_a_point_on_a_mean_is_not_novel_at_all():
    assert novelty_distance(np.array([[3, 4, 0]], np.float32), card())[0] == 0


def test_a_distance_that_is_no_number_is_novel():
    points = np.array([[np.nan, 0, 0], [np.inf, 0, 0], card().class_means[0]], np.float32)
    assert is_novel(points, card()).tolist() == [True, True, False]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_embedding_that_holds_no_numbers_is_refused(tiny_bundle, wrong):
    with pytest.raises(BundleMismatchError, match="no numbers"):
        demand_embedding(np.full((1, 3), wrong, np.float32), 1, tiny_bundle().card)

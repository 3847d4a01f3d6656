import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leukoscope.bundles.card import NoveltyCard
from leukoscope.inference.novelty import novelty_distance

MEANS = ((0.0, 0.0, 0.0), (3.0, 4.0, 0.0))


def card():
    return NoveltyCard(method="distance", limit=1.0, validation_quantile=0.99, class_means=MEANS)


@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-50, 50, width=32)))
def test_the_distance_is_to_the_nearest_mean(points):
    expected = np.linalg.norm(points[:, None].astype(float) - np.array(MEANS)[None], axis=2).min(axis=1)

    np.testing.assert_allclose(novelty_distance(points, card()), expected, atol=1e-5)


def test_a_point_on_a_mean_is_not_novel_at_all():
    assert novelty_distance(np.array([[3, 4, 0]], np.float32), card())[0] == 0

"""Drawing groups by counts gives what drawing pictures gives, and limits that cover as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.metrics import accuracy, confusion
from leukoscope.evaluation.ranking import area_under_roc
from leukoscope.evaluation.resampling import (
    bca_limits,
    confusion_rounds,
    drawn_counts,
    figure_rounds,
    make_groups,
    percentile_limits,
)


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=30), st.integers(1, 20))
def test_as_many_groups_are_drawn_from_each_layer_as_it_has(names: list[str], rounds: int) -> None:
    strata = ["vowel" if name in "ae" else "other" for name in names]
    groups = make_groups(names, strata)
    counts = np.concatenate(list(drawn_counts(groups, np.random.default_rng(0), rounds)))
    assert counts.shape == (rounds, len(set(names)))
    for kind in np.unique(groups.layer):
        inside = groups.layer == kind
        assert (counts[:, inside].sum(1) == inside.sum()).all()


def test_groups_of_several_classes_have_no_layers_whatever_the_order_of_their_pictures() -> None:
    assert make_groups(["p", "q", "q"], ["a", "a", "b"]).layer.tolist() == [0, 0]
    assert make_groups(["q", "q", "p"], ["b", "a", "a"]).layer.tolist() == [0, 0]
    assert make_groups(["p", "q", "q"], ["a", "b", "b"]).layer.tolist() == [0, 1]


@given(st.integers(0, 2**32 - 1))
def test_a_drawn_matrix_is_that_of_the_drawn_pictures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, 3, 25), rng.integers(0, 3, 25)
    groups = make_groups([f"p{number}" for number in rng.integers(0, 6, 25)])
    matrices = confusion_rounds(truth, predicted, 3, groups, np.random.default_rng(1), 5)
    counts = np.concatenate(list(drawn_counts(groups, np.random.default_rng(1), 5)))
    for matrix, drawn in zip(matrices, counts, strict=True):
        places = np.repeat(np.arange(25), drawn[groups.member])
        if len(places):
            assert (matrix == confusion(truth[places], predicted[places], 3)).all()


def test_limits_of_independent_pictures_agree_with_the_normal_ones() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(2000) < 0.8
    truth = np.zeros(2000, dtype=np.int64)
    groups = make_groups([str(number) for number in range(2000)])
    rounds = confusion_rounds(truth, (~right).astype(np.int64), 2, groups, rng, 2000)
    low, high = percentile_limits(np.array([accuracy(matrix) for matrix in rounds])) or (0, 0)
    reach = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / 2000)
    assert low == pytest.approx(right.mean() - reach, abs=0.002)
    assert high == pytest.approx(right.mean() + reach, abs=0.002)


def test_limits_over_patients_are_wider_where_the_pictures_of_a_patient_are_alike() -> None:
    rng = np.random.default_rng(0)
    right = np.repeat(rng.random(40) < 0.8, 25)
    truth = np.zeros(1000, dtype=np.int64)
    wide, narrow = (
        np.ptp(
            percentile_limits(
                np.array(
                    [
                        accuracy(matrix)
                        for matrix in confusion_rounds(
                            truth, (~right).astype(np.int64), 2, make_groups(names), np.random.default_rng(1), 500
                        )
                    ]
                )
            )
            or (0, 0)
        )
        for names in ([str(place // 25) for place in range(1000)], [str(place) for place in range(1000)])
    )
    assert wide > 4 * narrow


def test_a_figure_is_drawn_with_its_weights() -> None:
    rng = np.random.default_rng(3)
    positive = rng.random(60) < 0.5
    score = positive + rng.normal(0, 1, 60)
    groups = make_groups([str(place // 3) for place in range(60)])
    found = figure_rounds(lambda weight: area_under_roc(positive, score, weight), groups, rng, 200)
    low, high = percentile_limits(found) or (0, 0)
    assert low < area_under_roc(positive, score) < high


def test_a_figure_that_most_rounds_cannot_give_has_no_limits() -> None:
    positive = np.array([True] + [False] * 9)
    groups = make_groups(["only", *["rest"] * 9])
    found = figure_rounds(lambda weight: area_under_roc(positive, np.arange(10.0), weight), groups, _seed(), 100)
    assert np.isnan(found).any()
    assert percentile_limits(np.full(10, np.nan)) is None
    assert bca_limits(np.full(10, np.nan), 0.5, np.zeros(3)) is None


def test_corrected_limits_equal_an_independent_implementation() -> None:
    rng = np.random.default_rng(5)
    sample = rng.exponential(1.0, 80)
    figures = figure_rounds(
        lambda weight: float(np.average(sample, weights=weight)), make_groups([str(i) for i in range(80)]), rng, 8000
    )
    left_out = np.array([np.delete(sample, place).mean() for place in range(80)])
    mine = bca_limits(figures, float(sample.mean()), left_out) or (0, 0)
    theirs = stats.bootstrap((sample,), np.mean, n_resamples=8000, method="BCa", rng=np.random.default_rng(6))
    assert mine == pytest.approx(tuple(theirs.confidence_interval), abs=0.03)
    plain = percentile_limits(figures) or (0, 0)
    assert mine[0] > plain[0]
    assert mine[1] > plain[1]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="Groups need pictures"):
        make_groups([])
    with pytest.raises(InvalidValueError, match="at least one round"):
        list(drawn_counts(make_groups(["a"]), _seed(), 0))


def _seed() -> np.random.Generator:
    return np.random.default_rng(0)

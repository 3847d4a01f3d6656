"""What one source system published and nobody noticed is noticed here."""

import numpy as np
import pytest

from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.suspicions import contradicted_supports, find_suspicions


def asked(counts: list[list[int]], classes: tuple[str, ...] = ("all", "normal", "other")) -> Predictions:
    """Predictions with this confusion matrix."""
    pairs = [(truth, said) for truth, row in enumerate(counts) for said, n in enumerate(row) for _ in range(n)]
    rows = np.full((len(pairs), len(counts)), 0.2)
    rows[np.arange(len(pairs)), [said for _, said in pairs]] = 1 - 0.2 * (len(counts) - 1)
    rows += np.linspace(0, 1e-3, len(pairs))[:, None] * (np.eye(len(counts))[0] - np.eye(len(counts))[1])
    truth = np.array([truth for truth, _ in pairs])
    return Predictions(classes[: len(counts)], truth, rows, tuple(str(place) for place in range(len(pairs))))


def test_a_model_that_always_gives_one_class_is_named() -> None:
    told = find_suspicions(asked([[1455, 0], [678, 0]]))
    assert told[0].startswith("The model is degenerate: it calls all 2133 pictures all")
    assert any("never says normal, though 678" in one for one in told)
    assert any("always saying all would be right on 1455" in one for one in told)


def test_almost_always_is_named_too() -> None:
    assert "it calls 996 of 1000 pictures all" in find_suspicions(asked([[700, 2], [296, 2]]))[0]


def test_swapped_names_are_named_with_the_figure_of_the_other_naming() -> None:
    told = find_suspicions(asked([[5, 95], [90, 10]]))
    swapped = next(one for one in told if "swapped" in one)
    assert "0.075 under the names as given and would be 0.925" in swapped
    assert "pictures of all are mostly called normal; pictures of normal are mostly called all" in swapped


def test_three_names_in_a_circle_are_named() -> None:
    assert any("swapped" in one for one in find_suspicions(asked([[1, 40, 1], [2, 3, 40], [40, 1, 1]])))


@pytest.mark.parametrize("counts", [[[90, 10], [20, 80]], [[30, 5, 5], [4, 30, 6], [1, 2, 40]], [[60, 40], [40, 60]]])
def test_an_ordinary_model_is_not_suspected(counts: list[list[int]]) -> None:
    assert find_suspicions(asked(counts)) == ()


def test_a_set_of_one_class_does_not_make_a_model_degenerate() -> None:
    assert find_suspicions(asked([[20, 0], [0, 0]])) == ()


def test_the_same_probabilities_for_all_are_named() -> None:
    rows = np.tile([0.5, 0.3, 0.2], (9, 1))
    told = find_suspicions(Predictions(("a", "b", "c"), np.arange(9) % 3, rows, tuple("123456789")))
    assert any("does not look at the pictures" in one for one in told)


def test_published_supports_that_fit_the_other_class_are_named() -> None:
    """Source system 4: 20 % of C-NMC's 7,272 ALL and 3,389 HEM cells, with the names the other way round."""
    (told,) = contradicted_supports({"ALL": 678, "HEM": 1455}, {"ALL": 7272, "HEM": 3389})
    assert "ALL has the number of HEM" in told
    assert "probably swapped" in told
    assert contradicted_supports({"ALL": 1455, "HEM": 678}, {"ALL": 7272, "HEM": 3389}) == ()


def test_supports_that_fit_no_naming_contradict_without_a_cause() -> None:
    (told,) = contradicted_supports({"a": 10, "b": 90, "c": 5}, {"a": 40, "b": 40, "c": 25})
    assert "swapped" not in told
    assert contradicted_supports({"a": 0}, {"a": 5}) == ()

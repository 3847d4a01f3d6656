"""Figures of predictions equal those of scikit-learn to 1e-9; limits behave as limits must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.calibration import softmax
from leukoscope.evaluation.classification import EvaluationSettings, aggregate, evaluate_predictions, groups_of
from leukoscope.evaluation.counted import OF_ALL_CLASSES, count_figures, place_of
from leukoscope.evaluation.predictions import Predictions

EXACT = 1e-9


def predictions(seed: int, n: int = 200, classes: int = 3, skill: float = 1.5, patients: int = 0) -> Predictions:
    """Predictions drawn with some skill; rounded, so that scores tie."""
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    logits = rng.normal(size=(n, classes)) + skill * np.eye(classes)[truth]
    rows = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    rows = np.round(rows, 2) if seed % 2 else rows
    rows = rows / rows.sum(1, keepdims=True)
    names = tuple(f"class-{number}" for number in range(classes))
    owners = tuple(f"p{truth[place]}-{place % patients}" for place in range(n)) if patients else ()
    return Predictions(names, truth, rows, tuple(str(place) for place in range(n)), patients=owners)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(0, 40))
@example(seed=1, classes=2, silent=0)  # all classes as probable
def test_every_figure_equals_that_of_scikit_learn(seed: int, classes: int, silent: int) -> None:
    asked = predictions(seed, classes=classes)
    answered = np.arange(len(asked)) >= silent
    asked = replace(asked, probabilities=np.where(answered[:, None], asked.probabilities, np.nan))
    found = evaluate_predictions(asked, EvaluationSettings(rounds=0))
    truth, said, names = asked.targets, asked.predicted, range(classes)
    assert (said[~answered] == classes).all()
    rows, onehot = asked.probabilities[answered], np.eye(classes)[truth[answered]]
    cost = np.subtract.outer(np.arange(classes), np.arange(classes + 1)) ** 2.0
    cost[:, classes] = (classes - 1) ** 2  # no class is as far off as any
    by_chance = np.outer(np.bincount(truth, minlength=classes), np.bincount(said, minlength=classes + 1)) / len(asked)
    expected = {
        "accuracy": sk.accuracy_score(truth, said),
        "balanced_accuracy": sk.recall_score(truth, said, labels=names, average="macro"),
        "matthews": sk.matthews_corrcoef(truth, said),
        "kappa": sk.cohen_kappa_score(truth, said),
        "kappa_quadratic": 1 - (cost * asked.counts).sum() / (cost * by_chance).sum(),
        "log_loss": sk.log_loss(truth[answered], rows),
        "brier": float(((rows - onehot) ** 2).sum(1).mean()),
        "auroc": np.mean([sk.roc_auc_score(truth[answered] == one, rows[:, one]) for one in names]),
        "auprc": sk.average_precision_score(onehot, rows, average="macro"),
    }
    for name in ("precision", "recall", "f1"):
        for average in ("macro", "weighted"):
            function = getattr(sk, f"{name}_score")
            expected[f"{average}_{name}"] = function(truth, said, labels=names, average=average, zero_division=0)
    assert {name: found.value(name) for name in expected} == pytest.approx(expected, abs=EXACT)
    precision, recall, f1, support = sk.precision_recall_fscore_support(truth, said, labels=names, zero_division=0)
    for place, one in enumerate(found.per_class):
        assert one.precision is not None
        assert one.recall is not None
        assert one.specificity is not None
        assert one.f1 is not None
        told = (one.precision.value, one.recall.value, one.f1.value, one.support)
        assert told == pytest.approx((precision[place], recall[place], f1[place], support[place]), abs=EXACT)
        others = truth != place
        assert one.specificity.value == pytest.approx((said[others] != place).mean(), abs=EXACT)
        assert one.auroc is not None
        assert one.auroc.value == pytest.approx(sk.roc_auc_score(~others[answered], rows[:, place]), abs=EXACT)


def test_the_area_of_two_classes_is_the_one_everybody_means() -> None:
    asked = predictions(4, classes=2)
    found = evaluate_predictions(asked, EvaluationSettings(rounds=0))
    assert found.value("auroc") == pytest.approx(sk.roc_auc_score(asked.targets, asked.probabilities[:, 1]), abs=EXACT)


def test_limits_lie_around_each_figure_and_come_back_with_the_seed() -> None:
    asked = predictions(2, n=300, patients=30)
    first, again = (evaluate_predictions(asked, EvaluationSettings(rounds=300, seed=5)) for _ in range(2))
    other = evaluate_predictions(asked, EvaluationSettings(rounds=300, seed=6))
    assert first == again != other
    assert (first.unit, first.units) == ("patient", len(set(asked.patients)))
    for name, one in first.figures.items():
        assert one is not None
        assert one.ci95 is not None
        if not name.startswith("ece"):  # the error of a drawn sample is larger than that of all: chance adds to it
            assert one.ci95[0] < one.value < one.ci95[1], name


def test_limits_over_patients_whose_pictures_are_alike_are_wider() -> None:
    one = predictions(8, n=60)
    alike = Predictions(
        one.classes,
        np.repeat(one.targets, 20),
        np.repeat(one.probabilities, 20, axis=0),
        tuple(str(place) for place in range(1200)),
        patients=tuple(f"p{place // 20}" for place in range(1200)),
    )
    by_patient = evaluate_predictions(alike, EvaluationSettings(rounds=400))
    by_picture = evaluate_predictions(
        Predictions(alike.classes, alike.targets, alike.probabilities, alike.paths), EvaluationSettings(rounds=400)
    )
    for name in ("balanced_accuracy", "auroc", "brier"):
        wide, narrow = by_patient.figures[name], by_picture.figures[name]
        assert wide is not None
        assert narrow is not None
        assert np.ptp(wide.ci95 or (0, 0)) > 3 * np.ptp(narrow.ci95 or (0, 0))
    assert np.ptp(by_patient.accuracy_by_unit.ci95 or (0, 0)) > 3 * np.ptp(by_picture.figures["accuracy"].ci95)  # type: ignore[union-attr,arg-type]


def test_one_patient_of_a_class_gives_no_limits_and_is_told() -> None:
    one = predictions(3, n=60, classes=2)
    lonely = Predictions(
        one.classes, one.targets, one.probabilities, one.paths,
        patients=tuple("only" if truth else f"p{place}" for place, truth in enumerate(one.targets.tolist())),
    )  # fmt: skip
    found = evaluate_predictions(lonely, EvaluationSettings(rounds=100))
    assert found.figures["macro_f1"] is not None
    assert found.figures["macro_f1"].ci95 is None
    assert found.figures["accuracy"] is not None
    assert found.figures["accuracy"].ci95 is not None
    assert any("single patient" in note for note in found.notes)
    assert any("Few patients of a class (class-1 1)" in note for note in found.notes)


def test_a_faultless_model_has_a_lower_limit_below_one() -> None:
    truth = np.array([0] * 5 + [1] * 8)
    found = evaluate_predictions(
        Predictions(("a", "b"), truth, np.eye(2)[truth], tuple(map(str, range(13)))), EvaluationSettings(rounds=50)
    )
    balanced = found.figures["balanced_accuracy"]
    assert balanced is not None
    assert balanced.value == 1
    assert balanced.ci95 == pytest.approx((0.025 ** (1 / 5), 1.0))


def test_a_class_that_does_not_occur_has_no_area_and_is_told() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.3, 0.6, 0.1]])
    found = evaluate_predictions(
        Predictions(("a", "b", "c"), np.array([0, 1, 1, 0]), rows, tuple("1234")), EvaluationSettings(rounds=50)
    )
    assert found.per_class[2].auroc is None
    absent = found.per_class[2]
    assert (absent.recall, absent.precision, absent.f1, absent.recall_by_unit) == (None, None, None, None)
    assert absent.specificity is not None
    assert absent.specificity.value == 1
    assert any("No picture has the class c" in note for note in found.notes)
    assert found.value("auroc") is not None


def test_of_a_single_class_nothing_tells_how_well_others_are_kept_apart() -> None:
    rows = np.array([[0.7, 0.3], [0.8, 0.2]])
    only, other = evaluate_predictions(
        Predictions(("a", "b"), np.array([0, 0]), rows, ("1", "2")), EvaluationSettings(rounds=20)
    ).per_class
    assert (only.specificity, only.specificity_by_unit, only.negative_predictive_value) == (None, None, None)
    assert other.specificity is not None
    assert other.recall is None


def test_patients_are_judged_by_the_mean_of_their_pictures() -> None:
    rows = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])
    asked = Predictions(("a", "b"), np.array([0, 0, 1, 1, 1]), rows, tuple("12345"), patients=("p", "p", "q", "q", ""))
    one_each = aggregate(asked, asked.patients)
    assert one_each is not None
    assert one_each.paths == ("p", "q")
    assert one_each.probabilities == pytest.approx(np.array([[0.65, 0.35], [0.25, 0.75]]))
    found = evaluate_predictions(asked, EvaluationSettings(rounds=20))
    assert found.by_patient is not None
    assert found.by_patient.value("accuracy") == 1
    mixed = Predictions(("a", "b"), np.array([0, 1]), rows[:2], ("1", "2"), patients=("p", "p"))
    assert aggregate(mixed, mixed.patients) is None


def test_patients_and_slides_that_belong_together_are_drawn_together() -> None:
    rows = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    known = {"patients": ("p", "q", "r", "s"), "groups": ("g", "g", "", ""), "slides": ("x", "y", "z", "z")}
    asked = Predictions(("a", "b"), np.array([0, 0, 1, 1]), rows, tuple("1234"), **known)
    found = evaluate_predictions(asked, EvaluationSettings(rounds=20))
    assert found.by_patient is not None
    assert found.by_slide is not None
    assert (found.by_patient.n, found.by_patient.unit, found.by_patient.units) == (4, "group", 3)
    assert (found.by_slide.n, found.by_slide.unit, found.by_slide.units) == (3, "group", 2)
    alone = aggregate(replace(asked, groups=()), asked.patients)
    assert alone is not None
    assert alone.unit == "picture"


def test_pictures_without_a_known_patient_are_not_called_patients() -> None:
    rows = np.array([[0.9, 0.1]] * 4 + [[0.2, 0.8]] * 4)
    asked = Predictions(
        ("a", "b"), np.array([0] * 4 + [1] * 4), rows, tuple("12345678"), patients=("p", "p", "", "", "q", "q", "", "")
    )
    found = evaluate_predictions(asked, EvaluationSettings(rounds=20))
    assert (found.unit, found.units, found.units_unnamed) == ("patient", 6, 4)
    assert any("4 of 8 pictures have no known patient" in note and "beside 2 patients" in note for note in found.notes)


def test_the_best_threshold_comes_from_validation() -> None:
    validation, asked = predictions(11, classes=2), predictions(12, classes=2)
    found = evaluate_predictions(asked, EvaluationSettings(rounds=0), validation=validation)
    for number, one in enumerate(found.per_class):
        scores = {
            t / 10: sk.f1_score(validation.targets == number, validation.probabilities[:, number] >= t / 10)
            for t in range(1, 10)
        }
        assert one.best_on_validation is not None
        assert one.at_best is not None
        assert one.best_on_validation.f1 == pytest.approx(max(scores.values()), abs=EXACT)
        mine = sk.f1_score(asked.targets == number, asked.probabilities[:, number] >= one.best_on_validation.threshold)
        assert one.at_best.f1 == pytest.approx(mine, abs=EXACT)


def test_the_class_looked_for_must_be_one() -> None:
    with pytest.raises(InvalidValueError, match="'ALL' is not among"):
        evaluate_predictions(predictions(1), EvaluationSettings(positive="ALL"))


def silent_ones(n: int = 40, silent: int = 4) -> Predictions:
    """Two classes, told without fault but for the first pictures, of which nothing was said; two of each patient."""
    truth = np.arange(n) % 2
    rows = np.where(np.eye(2)[truth] == 1, 0.9, 0.1)
    rows[:silent] = np.nan
    paths = tuple(str(place) for place in range(n))
    owners = tuple(f"{truth[place]}-{place // 4}" for place in range(n))
    return Predictions(("blast", "normal"), truth, rows, paths, patients=owners)


def test_a_picture_of_which_nothing_was_said_is_left_open_and_in_no_class() -> None:
    found = evaluate_predictions(silent_ones(), EvaluationSettings(rounds=50, positive="blast"))
    assert found.value("accuracy") == 0.9
    assert found.confusion == ((18, 0), (0, 18))
    assert found.given_none == (2, 2)
    assert found.abstained.value == 0.1
    assert found.accepted_accuracy is not None
    assert found.accepted_accuracy.value == 1.0
    assert found.warnings[0].startswith("Nothing was said of 4 of 40 pictures (blast 2, normal 2)")


def test_a_picture_of_which_nothing_was_said_has_no_score_of_one_half() -> None:
    found = evaluate_predictions(silent_ones(), EvaluationSettings(rounds=0, positive="blast"))
    blast = found.per_class[0]
    assert found.value("auroc") == 1.0
    assert blast.auroc is not None
    assert blast.auroc.value == 1.0
    assert [one.recall for one in blast.thresholds] == [0.9] * 9
    assert blast.thresholds[2].precision == 1.0  # at 0.3, one half would have called normal cells blasts
    assert found.value("brier") == pytest.approx(0.02)


def test_a_patient_is_judged_by_the_pictures_that_were_answered() -> None:
    asked = silent_ones()
    by_patient = aggregate(asked, asked.patients)
    assert by_patient is not None
    assert (~by_patient.answered).sum() == 2
    assert by_patient.confidence[by_patient.answered].tolist() == pytest.approx([0.9] * 18)


def test_where_nothing_was_said_of_any_picture_there_are_no_figures_of_probabilities() -> None:
    found = evaluate_predictions(silent_ones(silent=40), EvaluationSettings(rounds=50))
    assert found.value("accuracy") == 0.0
    assert found.abstained.value == 1.0
    assert [found.figures[name] for name in ("auroc", "brier", "ece", "log_loss")] == [None] * 4


def test_patients_of_several_classes_are_drawn_from_all_and_counted_to_each_class() -> None:
    one = predictions(5, n=120)
    mixed = replace(one, patients=tuple(f"p{place % 12}" for place in range(120)))
    found = evaluate_predictions(mixed, EvaluationSettings(rounds=200))
    order = np.random.default_rng(0).permutation(120)
    again = evaluate_predictions(mixed.select(order), EvaluationSettings(rounds=200))
    assert not any("Few patients" in note for note in (*found.notes, *again.notes))
    assert not groups_of(mixed).layer.any()


def test_figures_that_move_with_how_frequent_a_class_is_have_limits_that_know_it() -> None:
    truth = np.array([0, 1] * 20)
    constant = Predictions(("a", "b"), truth, np.tile([0.7, 0.3], (40, 1)), tuple(map(str, range(40))))
    found = evaluate_predictions(constant, EvaluationSettings(rounds=400))
    for name in ("brier", "log_loss", "weighted_f1"):
        one = found.figures[name]
        assert one is not None
        assert one.ci95 is not None
        assert np.ptp(one.ci95) > 0.05, name
    assert np.ptp(found.accuracy_by_unit.ci95 or (0, 0)) > 0.2


def test_a_drawn_sample_that_lacks_a_class_gives_no_mean_over_the_classes() -> None:
    rows = np.eye(3)[[0] * 6 + [1] * 6 + [2] * 2] * 0.7 + 0.1
    truth = np.array([0] * 6 + [1] * 6 + [2] * 2)
    asked = Predictions(("a", "b", "c"), truth, rows, tuple(map(str, range(14))))
    counted = count_figures(asked, np.arange(14), 14)
    counts = np.array([[1] * 14, [1] * 12 + [0, 0]])
    whole = counted.of_whole_samples(counts)
    for name in OF_ALL_CLASSES:
        assert np.isfinite(whole[:, place_of(name)]).tolist() == [True, False], name
    assert np.isfinite(whole[:, place_of("accuracy")]).all()
    assert np.isfinite(whole[:, place_of("recall", 2)]).tolist() == [True, False]
    assert np.isfinite(whole[:, place_of("recall", 1)]).all()


def calibrated(seed: int, n: int, sharpened: float = 1.0) -> Predictions:
    """Labels drawn from the very probabilities that are told; these are sharpened by a factor on their logits."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 3))
    rows = softmax(logits)
    truth = (rng.random(n)[:, None] > rows.cumsum(1)).sum(1).clip(0, 2)
    return Predictions(("a", "b", "c"), truth, softmax(logits * sharpened), tuple(map(str, range(n))))


@pytest.mark.parametrize(("sharpened", "true_error"), [(1.0, 0.0), (1.3, 0.055)])
def test_limits_of_the_calibration_error_hold_the_true_one(sharpened: float, true_error: float) -> None:
    held = 0
    for seed in range(25):
        found = evaluate_predictions(calibrated(seed, 240, sharpened), EvaluationSettings(rounds=200)).figures["ece"]
        assert found is not None
        assert found.ci95 is not None
        held += found.ci95[0] <= true_error + 0.002 and true_error <= found.ci95[1]
    assert held >= 22


def test_a_calibration_error_is_told_beside_what_chance_gives() -> None:
    within = [evaluate_predictions(calibrated(seed, 300), EvaluationSettings(rounds=200)) for seed in range(20)]
    chance = [one.ece_if_calibrated for one in within]
    errors = [one.value("ece") for one in within]
    assert sum(error <= one.upper for one, error in zip(chance, errors, strict=True) if one and error) >= 17
    assert np.mean(errors) == pytest.approx(np.mean([one.mean for one in chance if one]), abs=0.01)
    worse = evaluate_predictions(calibrated(1, 1000, 3.0), EvaluationSettings(rounds=200))
    assert worse.ece_if_calibrated is not None
    assert (worse.value("ece") or 0) > worse.ece_if_calibrated.upper
    assert evaluate_predictions(calibrated(1, 50), EvaluationSettings(rounds=0)).ece_if_calibrated is None


def test_ties_are_counted_and_told() -> None:
    one = predictions(2, n=60)
    rows = one.probabilities.copy()
    rows[:3], rows[3] = [0.2, 0.4, 0.4], np.nan
    found = evaluate_predictions(replace(one, probabilities=rows), EvaluationSettings(rounds=20))
    assert sum(map(sum, found.confusion)) == 56
    assert any(note.startswith("Of 3 of 60 pictures several classes share") for note in found.notes)


def test_of_two_classes_the_headline_auprc_is_that_of_the_class_looked_for() -> None:
    asked = predictions(4, classes=2)
    both = evaluate_predictions(asked, EvaluationSettings(rounds=50))
    one = evaluate_predictions(asked, EvaluationSettings(rounds=50, positive="class-1"))
    areas = [sk.average_precision_score(asked.targets == place, asked.probabilities[:, place]) for place in (0, 1)]
    assert both.value("auprc") == pytest.approx(np.mean(areas), abs=EXACT)
    assert one.value("auprc") == pytest.approx(areas[1], abs=EXACT) != pytest.approx(both.value("auprc"))
    assert one.figures["auprc"] == one.per_class[1].auprc
    three = evaluate_predictions(predictions(4), EvaluationSettings(rounds=0, positive="class-1"))
    assert three.value("auprc") == evaluate_predictions(predictions(4), EvaluationSettings(rounds=0)).value("auprc")

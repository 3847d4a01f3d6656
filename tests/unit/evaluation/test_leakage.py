from __future__ import annotations

import pytest
from scipy.stats import ttest_1samp

from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.leakage import Arm, ArmRun, Asked, find_gaps, spread_of


def asked(accuracy: float, auroc: float | None = 0.9) -> Asked:
    return Asked(
        n=100, groups=9, accuracy=accuracy, balanced_accuracy=accuracy, macro_f1=accuracy, auroc=auroc, always=""
    )


def run(arm: Arm, seed: int, reported: float, unseen: float, auroc: float | None = 0.9) -> ArmRun:
    return ArmRun(
        arm=arm,
        seed=seed,
        learned=500,
        batches=60,
        reported=asked(reported, auroc),
        unseen=asked(unseen, auroc),
        shared=0.0 if arm == "group" else 1.0,
        color_reported=0.8,
    )


def three_seeds() -> list[ArmRun]:
    found = []
    for seed, clean, image in ((1, 0.80, 0.90), (2, 0.82, 0.95), (3, 0.78, 0.89)):
        found += [run("group", seed, clean, clean), run("image", seed, image, 0.79), run("augmented", seed, 0.97, 0.81)]
    return found


def test_the_gap_is_taken_seed_by_seed_against_the_clean_arm() -> None:
    gaps = {gap.arm: gap for gap in find_gaps(three_seeds())}
    assert gaps["image"].too_good.values == pytest.approx((0.10, 0.13, 0.11))
    assert gaps["image"].same_model.values == pytest.approx((0.11, 0.16, 0.10))
    assert gaps["group"].too_good.values == (0, 0, 0)


def test_the_limits_of_the_mean_are_those_of_students_t() -> None:
    values = (0.10, 0.13, 0.11)
    limits = ttest_1samp(values, 0).confidence_interval(0.95)
    assert spread_of(values).ci95 == pytest.approx((limits.low, limits.high))


def test_a_single_seed_has_no_limits_and_none_is_refused() -> None:
    assert spread_of([0.5]).ci95 is None
    with pytest.raises(InvalidValueError, match="one seed"):
        spread_of([])


def test_a_seed_without_all_arms_is_not_counted() -> None:
    gaps = find_gaps([*three_seeds(), run("group", 4, 0.1, 0.1), run("image", 4, 0.2, 0.2)])
    assert len(gaps[0].reported.values) == 3
    assert find_gaps([run("group", 1, 0.5, 0.5)]) == ()


def test_a_figure_that_a_run_lacks_has_no_gap() -> None:
    runs = [run(arm, 1, 0.9, 0.8, auroc=None if arm == "image" else 0.9) for arm in ("group", "image", "augmented")]
    assert [gap.arm for gap in find_gaps(runs, "auroc")] == ["group", "augmented"]

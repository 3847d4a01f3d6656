"""How much of a figure comes from the way a set was divided?  Each seed beside the spread and the gap.

An arm is a way to divide: by group, by image, or by image after copies were made. The model of each arm is asked twice:
about the test part of its own division, as it would have been reported, and about pictures of groups that no arm saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from leukoscope.errors import InvalidValueError

Arm = Literal["group", "image", "augmented"]
ARMS: tuple[Arm, ...] = get_args(Arm)
Figure = Literal["accuracy", "balanced_accuracy", "macro_f1", "auroc"]
FIGURES: tuple[Figure, ...] = get_args(Figure)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model reached on some pictures.

    Attributes:
        n: Pictures.
        groups: Patients or blocks they come from.
        accuracy: Share that was right.
        balanced_accuracy: Mean recall of the classes.
        macro_f1: Mean F1 of the classes.
        auroc: Area under the ROC curve, mean over the classes; None where a class is missing.
        always: The class that was given to every picture; empty where several were.
    """

    n: int
    groups: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    auroc: float | None
    always: str = ""


@dataclass(frozen=True, slots=True)
class ArmRun:
    """One training: an arm with a seed.

    Attributes:
        arm: How its pictures were divided.
        seed: Of the division and of the training.
        learned: Pictures it learned from.
        batches: Batches it was shown in all.
        reported: On the test part of its own division, as a paper would have told it.
        unseen: On the pictures of groups that none of the arms trained on; in the arm "group" the same as `reported`.
        shared: Share of the test pictures of its own division whose group also lies in what it learned from.
        color_reported: What five nearest neighbors on twelve color numbers reach on the test part of its division.
    """

    arm: Arm
    seed: int
    learned: int
    batches: int
    reported: Asked
    unseen: Asked
    shared: float
    color_reported: float


@dataclass(frozen=True, slots=True)
class Lab:
    """What a leakage lab found.

    Attributes:
        recipe: Name of the recipe.
        data: Name of the set.
        by: What the arm "group" keeps together: patient, group or blocks of neighboring file numbers.
        pictures: Labeled pictures of the recipe's classes.
        groups: Groups they belong to.
        preset: What made the copies of the arm "augmented".
        copies: Pictures of the augmented set.
        side_px: Side of the network's input in pixels.
        epochs: Of the arms "group" and "image".
        command: How to repeat it.
        runs: Trainings, by seed and then by arm.
    """

    recipe: str
    data: str
    by: str
    pictures: int
    groups: int
    preset: str
    copies: int
    side_px: int
    epochs: int
    command: str
    runs: tuple[ArmRun, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that any arm finished."""
        return tuple(sorted({run.seed for run in self.runs}))


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the seeds.

    Attributes:
        values: One a seed.
        ci95: 95 % limits of the mean by Student's t, which takes the seeds as independent; None for a single seed.
            Seeds deal the same pictures anew, so these tell how much dealing moves the mean, not how much other
            patients would.
    """

    values: tuple[float, ...]
    ci95: tuple[float, float] | None

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.values))

    @property
    def smallest(self) -> float:
        """Of the seeds."""
        return min(self.values)

    @property
    def largest(self) -> float:
        """Of the seeds."""
        return max(self.values)


@dataclass(frozen=True, slots=True)
class Gap:
    """By how much an arm is too good.

    Attributes:
        arm: The arm.
        reported: Its figure as it would have been reported, over the seeds.
        unseen: The same models on unseen groups.
        too_good: Reported figure minus the arm "group" of the same seed, which learned from fewer groups.
        same_model: Reported figure minus that of the same model on unseen groups: what leaked test pictures add, and
            how much harder other pictures happen to be.
    """

    arm: Arm
    reported: Spread
    unseen: Spread
    too_good: Spread
    same_model: Spread


@dataclass(frozen=True, slots=True)
class ColorLab:
    """What a split by image adds where no network learns: five nearest neighbors on twelve color numbers.

    Attributes:
        data: Name of the set.
        classes: Classes that were told apart.
        by: What the clean division keeps together.
        pictures: How many there are.
        groups: How many groups.
        clean: Accuracy of the division by group, over the seeds.
        image: Accuracy of the division by image, on its own test part.
        unseen: The same neighbors asked about the groups they do not hold.
        too_good: `image` minus `clean`, seed by seed.
    """

    data: str
    classes: tuple[str, ...]
    by: str
    pictures: int
    groups: int
    clean: Spread
    image: Spread
    unseen: Spread
    too_good: Spread

    @property
    def same_model(self) -> Spread:
        """`image` minus `unseen`, seed by seed: the same neighbors on both."""
        return spread_of([one - other for one, other in zip(self.image.values, self.unseen.values, strict=True)])


def spread_of(values: Sequence[float]) -> Spread:
    """A figure over seeds with the limits of its mean.

    Raises:
        InvalidValueError: There is no value.

    Example:
        >>> spread_of([0.9, 0.9, 0.9]).ci95
        (0.9, 0.9)
    """
    if not values:
        raise InvalidValueError("A spread needs at least one seed.")
    told = tuple(float(one) for one in values)
    if len(told) == 1:
        return Spread(told, None)
    from scipy.stats import t

    mean, error = float(np.mean(told)), float(np.std(told, ddof=1) / np.sqrt(len(told)))
    reach = float(t.ppf(0.975, len(told) - 1)) * error
    return Spread(told, (mean - reach, mean + reach))


def find_gaps(runs: Iterable[ArmRun], figure: Figure = "accuracy") -> tuple[Gap, ...]:
    """The gap of each arm over the seeds that all arms finished, in the order of `ARMS`.

    Args:
        runs: Trainings of any arms and seeds.
        figure: Which figure.

    Returns:
        Nothing where no seed has all arms, or one of them lacks the figure.
    """
    by_seed: dict[int, dict[Arm, ArmRun]] = {}
    for run in runs:
        by_seed.setdefault(run.seed, {})[run.arm] = run
    whole = [by_seed[seed] for seed in sorted(by_seed) if len(by_seed[seed]) == len(ARMS)]
    return tuple(gap for arm in ARMS if (gap := _gap(arm, whole, figure)) is not None)


def _gap(arm: Arm, whole: Sequence[dict[Arm, ArmRun]], figure: Figure) -> Gap | None:
    told = [
        (
            getattr(seed[arm].reported, figure),
            getattr(seed[arm].unseen, figure),
            getattr(seed["group"].reported, figure),
        )
        for seed in whole
    ]
    if not told or any(one is None for row in told for one in row):
        return None
    return Gap(
        arm,
        spread_of([reported for reported, _, _ in told]),
        spread_of([unseen for _, unseen, _ in told]),
        spread_of([reported - clean for reported, _, clean in told]),
        spread_of([reported - unseen for reported, unseen, _ in told]),
    )

"""What a detector did on marked pictures, with limits: the figures of `metrics.json` and of the card."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.detection import DetectionMetricsCard, FoundCard
from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.domain.objects import Detections
from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.boxes import (
    COCO_IOUS,
    ClassMatches,
    average_precision,
    best_threshold,
    box_curve,
    count_error,
    count_error_per_picture,
    count_threshold,
    match_pictures,
    mean_average_precision,
    mean_iou_of_hits,
    mean_iou_of_marked,
    picture_bootstrap,
    recall_at_false,
)

HALF = 0.5
"""The overlap at which a detection hits, where one number is told."""
ANY_OVERLAP = 0.0
FALSE_PER_PICTURE = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False detections per picture at which the free-response curve is read."""
Interval = tuple[float, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % limits over pictures; None where it has no value."""

    value: float | None
    ci95: Interval | None


@dataclass(frozen=True, slots=True)
class ClassFound:
    """Figures of one class; those that need a threshold are at that of the scores they belong to."""

    name: str
    support: int
    ap50: Figure
    ap50_95: float | None
    precision: float | None
    recall: float | None
    mean_iou: Figure
    mean_iou_of_marked: Figure
    count_error: Figure
    count_error_per_picture: float
    recall_at_false: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """Figures of all classes, the mean over classes, and the score threshold of each class."""

    pictures: int
    thresholds: tuple[float, ...]
    map50: Figure
    map50_95: float
    mean_iou_of_marked: Figure
    per_class: tuple[ClassFound, ...]

    def to_json(self) -> dict[str, object]:
        """The content of `metrics.json`."""
        return {
            "task": "detection",
            "n": self.pictures,
            "classes": [one.name for one in self.per_class],
            "score_threshold": min(self.thresholds),
            "score_thresholds": dict(zip((one.name for one in self.per_class), self.thresholds, strict=True)),
            **_named("map50", self.map50),
            "map50_95": self.map50_95,
            **_named("mean_iou_of_marked", self.mean_iou_of_marked),
            "false_per_picture": list(FALSE_PER_PICTURE),
            "per_class": {one.name: _class_json(one) for one in self.per_class},
        }

    def to_card(self, how_held_out: str) -> DetectionMetricsCard:
        """The figures as a card tells them, rounded to four places."""
        return DetectionMetricsCard(
            how_held_out=how_held_out,
            pictures=self.pictures,
            map50=_rounded(self.map50.value) or 0.0,
            map50_ci95=_limits(self.map50) or (0.0, 1.0),
            map50_95=_rounded(self.map50_95) or 0.0,
            mean_iou_of_marked=_rounded(self.mean_iou_of_marked.value) or 0.0,
            mean_iou_of_marked_ci95=_limits(self.mean_iou_of_marked) or (0.0, 1.0),
            per_class={one.name: _found_card(one) for one in self.per_class},
        )


def score_detections(
    found: Sequence[Detections],
    pictures: Sequence[BoxedPicture],
    classes: Sequence[str],
    *,
    thresholds: Sequence[float],
    rng: np.random.Generator,
    rounds: int = 1000,
) -> DetectionScores:
    """Score what was found against what was marked.

    Args:
        found: Objects in each picture, unsure ones too: average precision needs them.
        pictures: The pictures.
        classes: Class names in the order of their numbers.
        thresholds: Score from which objects of each class count where one number is told.
        rng: Source of random numbers for the bootstrap.
        rounds: How often pictures are drawn again.

    Raises:
        InvalidValueError: Nothing is marked at all.
    """
    marked, groups = [one.marked for one in pictures], [one.group for one in pictures]
    ious = (ANY_OVERLAP, *COCO_IOUS)
    matches = [match_pictures(found, marked, label, ious) for label in range(len(classes))]
    sure = [one.above(threshold) for one, threshold in zip(matches, thresholds, strict=True) if one.marked.sum()]
    there = [one for one in matches if one.marked.sum()]
    if not there:
        raise InvalidValueError(f"Nothing is marked in {len(pictures)} pictures.", hint="Give pictures with boxes.")

    def figure(of: Callable[[Floats | None], float]) -> Figure:
        value = of(None)
        if not math.isfinite(value):
            return Figure(None, None)
        low, high = picture_bootstrap(of, groups, rng, rounds=rounds)
        return Figure(value, (low, high) if math.isfinite(low) else None)

    def mean_ap(weight: Floats | None) -> float:
        each = [average_precision(one, HALF, weight) for one in there]
        return float(np.mean([one for one in each if math.isfinite(one)] or [math.nan]))

    def overlap(weight: Floats | None) -> float:
        counted = [float((one.marked if weight is None else one.marked * weight).sum()) for one in sure]
        sums = [mean_iou_of_marked(one, ANY_OVERLAP, weight) * n for one, n in zip(sure, counted, strict=True) if n]
        return sum(sums) / sum(counted) if sum(counted) else math.nan

    return DetectionScores(
        pictures=len(pictures),
        thresholds=tuple(thresholds),
        map50=figure(mean_ap),
        map50_95=float(np.mean([mean_average_precision(_coco(one)) for one in there])),
        mean_iou_of_marked=figure(overlap),
        per_class=tuple(
            _score_class(name, one, threshold, figure)
            for name, one, threshold in zip(classes, matches, thresholds, strict=True)
        ),
    )


def choose_thresholds(
    found: Sequence[Detections], pictures: Sequence[BoxedPicture], classes: Sequence[str], counted: Sequence[str] = ()
) -> tuple[float, ...]:
    """A score threshold for each class: the largest F1 at IoU 0.5, or the right number of those that are counted.

    Args:
        found: Objects in each picture, unsure ones too.
        pictures: The pictures.
        classes: Class names in the order of their numbers.
        counted: Classes of which as many are to be told as are marked.

    Returns:
        1 for a class of which no marked object is hit.
    """
    marked = [one.marked for one in pictures]
    matches = [match_pictures(found, marked, label, (HALF,)) for label in range(len(classes))]
    chosen = [best_threshold([one], HALF) for one in matches]
    return tuple(
        count_threshold(one) if name in counted and best < 1 else best
        for name, one, best in zip(classes, matches, chosen, strict=True)
    )


def _score_class(
    name: str, matches: ClassMatches, threshold: float, figure: Callable[[Callable[[Floats | None], float]], Figure]
) -> ClassFound:
    support, sure = int(matches.marked.sum()), matches.above(threshold)
    hits = int(sure.hits[sure.level(HALF)].sum())
    curve = box_curve(matches, HALF) if support else None
    return ClassFound(
        name=name,
        support=support,
        ap50=figure(lambda weight: average_precision(matches, HALF, weight)),
        ap50_95=mean_average_precision(_coco(matches)) if support else None,
        precision=hits / len(sure.scores) if len(sure.scores) else None,
        recall=hits / support if support else None,
        mean_iou=figure(lambda weight: mean_iou_of_hits(sure, HALF, weight)),
        mean_iou_of_marked=figure(lambda weight: mean_iou_of_marked(sure, ANY_OVERLAP, weight)),
        count_error=figure(lambda weight: count_error(sure, weight)),
        count_error_per_picture=count_error_per_picture(sure),
        recall_at_false=tuple(recall_at_false(curve, one) for one in FALSE_PER_PICTURE) if curve else (),
    )


def _coco(matches: ClassMatches) -> ClassMatches:
    """Without the level of any overlap, which is none of COCO's."""
    return ClassMatches(
        COCO_IOUS, matches.picture, matches.scores, matches.overlap[1:], matches.hits[1:], matches.marked
    )


def _class_json(one: ClassFound) -> dict[str, object]:
    return {
        "support": one.support,
        **_named("ap50", one.ap50),
        "ap50_95": one.ap50_95,
        "precision": one.precision,
        "recall": one.recall,
        **_named("mean_iou", one.mean_iou),
        **_named("mean_iou_of_marked", one.mean_iou_of_marked),
        **_named("count_error", one.count_error),
        "count_error_per_picture": one.count_error_per_picture,
        "recall_at_false_per_picture": list(one.recall_at_false),
    }


def _named(name: str, figure: Figure) -> dict[str, object]:
    return {name: figure.value, f"{name}_ci95": None if figure.ci95 is None else list(figure.ci95)}


def _found_card(one: ClassFound) -> FoundCard:
    return FoundCard(
        support=one.support,
        ap50=_rounded(one.ap50.value),
        ap50_ci95=_limits(one.ap50),
        ap50_95=_rounded(one.ap50_95),
        precision=_rounded(one.precision),
        recall=_rounded(one.recall),
        mean_iou=_rounded(one.mean_iou.value),
        mean_iou_ci95=_limits(one.mean_iou),
        mean_iou_of_marked=_rounded(one.mean_iou_of_marked.value),
        mean_iou_of_marked_ci95=_limits(one.mean_iou_of_marked),
        count_error=_rounded(one.count_error.value),
        count_error_ci95=_limits(one.count_error),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _limits(figure: Figure) -> Interval | None:
    return None if figure.ci95 is None else (round(figure.ci95[0], 4), round(figure.ci95[1], 4))

"""Gathers what the page of a detector's evaluation shows beside its figures: curves, counts, the worst fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from leukoscope.bundles.card import Card
from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.domain.objects import Detections
from leukoscope.evaluation.box_errors import BoxErrors, box_errors
from leukoscope.evaluation.boxes import BoxCurve, box_curve, match_pictures
from leukoscope.evaluation.estimates import Estimate
from leukoscope.experiments.detection_evaluation import SURE_FLOOR, DetectorEvaluation
from leukoscope.experiments.detection_scores import FALSE_PER_PICTURE, HALF, ClassFound, Figure
from leukoscope.imaging.drawing import shrink
from leukoscope.reporting.artist import data_uri
from leukoscope.reporting.evaluation_report.detection_content import (
    DetectionPage,
    Drawn,
    DrawnBox,
    FoundClass,
    WorstField,
)
from leukoscope.reporting.evaluation_report.detection_page import write_detection_page

MOST_FIELDS = 12
"""Pictures shown with their boxes."""
SIDE = 720
_QUALITY = 80


def keep_detection_report(
    found: DetectorEvaluation, card: Card, folder: Path, *, data: str, part: str, rounds: int, seed: int
) -> Path:
    """Write `report.html`.

    Args:
        found: The evaluation.
        card: Of the detector.
        folder: Where to.
        data: Name of the data.
        part: Part of it; empty for all.
        rounds: How often groups were drawn for limits.
        seed: Of that draw.

    Returns:
        The page.

    Raises:
        MissingExtraError: The extra `data`, which draws figures, is not installed.
    """
    page = page_of_detector(found, card, data=data, part=part, rounds=rounds, seed=seed)
    return write_detection_page(page, folder)


def page_of_detector(
    found: DetectorEvaluation, card: Card, *, data: str, part: str, rounds: int, seed: int
) -> DetectionPage:
    """What the page of a detector's evaluation tells; arguments as for `keep_detection_report`."""
    scores = found.scores
    sure = [_sure(one, scores.thresholds) for one in found.found]
    errors = [box_errors(one, picture.marked, HALF) for one, picture in zip(sure, found.pictures, strict=True)]
    names = [one.name for one in scores.per_class]
    return DetectionPage(
        title=card.name,
        data=data,
        part=part,
        card=card,
        pictures=scores.pictures,
        groups=len({one.group for one in found.pictures}),
        rounds=rounds,
        seed=seed,
        iou=HALF,
        floor=SURE_FLOOR,
        map50=_estimate(scores.map50),
        map50_95=scores.map50_95,
        mean_iou_of_marked=_estimate(scores.mean_iou_of_marked),
        false_per_picture=FALSE_PER_PICTURE,
        classes=tuple(_class(number, found, sure, errors) for number in range(len(names))),
        worst=tuple(_worst_fields(found.pictures, sure, errors, names)),
        wrong=sum(one.wrong > 0 for one in errors),
        sizes=sizes_text(found),
        warnings=(*found.warnings, *_doubts(found)),
        verdict=found.verdict,
    )


def sizes_text(found: DetectorEvaluation) -> str:
    """Where the pixel sizes of the pictures came from, in one sentence."""
    if found.sizes_unneeded:
        return "Pixel size: not needed, the model is shown whole pictures."
    return (
        f"Pixel size: given for {found.sizes_given} pictures, estimated from red cells for {found.sizes_estimated}, "
        f"unknown and taken as the detector's own for {found.sizes_unknown}."
    )


def _doubts(found: DetectorEvaluation) -> tuple[str, ...]:
    if not found.sizes_unknown:
        return ()
    return (
        f"The pixel size of {found.sizes_unknown} of {found.scores.pictures} pictures is not known, and the model was "
        "shown them as if it were its own: at another magnification it finds little, which then says nothing of the "
        "model. Set it in the manifest (column pixel_size_um).",
    )


def _sure(found: Detections, thresholds: Sequence[float]) -> Detections:
    """Those that reach the threshold of their class."""
    kept = found.scores >= np.asarray(thresholds)[found.labels]
    return Detections(found.boxes[kept], found.scores[kept], found.labels[kept])


def _class(
    number: int, found: DetectorEvaluation, sure: Sequence[Detections], errors: Sequence[BoxErrors]
) -> FoundClass:
    one: ClassFound = found.scores.per_class[number]
    counts = tuple(
        (int((picture.marked.labels == number).sum()), int((answer.labels == number).sum()))
        for picture, answer in zip(found.pictures, sure, strict=True)
    )
    renamed = sum(
        int(wrong.renamed[picture.marked.labels == number].sum())
        for picture, wrong in zip(found.pictures, errors, strict=True)
    )
    return FoundClass(
        name=one.name,
        marked=one.support,
        found=sum(count for _, count in counts),
        renamed=renamed,
        threshold=found.scores.thresholds[number],
        ap50=_estimate(one.ap50),
        ap50_95=one.ap50_95,
        precision=one.precision,
        recall=one.recall,
        mean_iou=_estimate(one.mean_iou),
        count_error=_estimate(one.count_error),
        count_error_per_picture=one.count_error_per_picture,
        recall_at_false=one.recall_at_false,
        curve=_curve(found, number) if one.support else None,
        counts=counts,
    )


def _curve(found: DetectorEvaluation, number: int) -> BoxCurve:
    marked = [one.marked for one in found.pictures]
    return box_curve(match_pictures(found.found, marked, number, (HALF,)), HALF)


def _estimate(figure: Figure) -> Estimate | None:
    if figure.value is None:
        return None
    return Estimate(figure.value, figure.ci95, "" if figure.ci95 is None else "bootstrap")


def _worst_fields(
    pictures: Sequence[BoxedPicture], sure: Sequence[Detections], errors: Sequence[BoxErrors], names: Sequence[str]
) -> Iterator[WorstField]:
    """The pictures with most errors, those of equal number in the order of the set."""
    order = sorted((place for place, one in enumerate(errors) if one.wrong), key=lambda place: -errors[place].wrong)
    for place in order[:MOST_FIELDS]:
        picture, wrong = pictures[place], errors[place]
        height, width = picture.pixels.shape[:2]
        yield WorstField(
            path=picture.name,
            picture=data_uri(shrink(picture.pixels, SIDE), _QUALITY),
            width=width,
            height=height,
            boxes=tuple(_boxes(picture, sure[place], wrong, names)),
            hits=int(wrong.hits.sum()),
            missed=wrong.missed,
            false=wrong.false,
        )


def _boxes(picture: BoxedPicture, found: Detections, errors: BoxErrors, names: Sequence[str]) -> Iterator[DrawnBox]:
    """What was hit first, so that errors are drawn over it."""
    order = np.argsort(~errors.hits, kind="stable")
    for place in order.tolist():
        x0, y0, x1, y1 = found.boxes[place].tolist()
        kind: Drawn = "hit" if errors.hits[place] else "false"
        yield DrawnBox(x0, y0, x1 - x0, y1 - y0, kind, names[found.labels[place]], float(found.scores[place]))
    for place in np.flatnonzero(~errors.seen).tolist():
        x0, y0, x1, y1 = picture.marked.boxes[place].tolist()
        yield DrawnBox(x0, y0, x1 - x0, y1 - y0, "missed", names[picture.marked.labels[place]], None)

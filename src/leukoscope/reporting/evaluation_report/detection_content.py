"""What the page of a detector's evaluation tells: figures by class, curves, counts, and the worst fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leukoscope.bundles.card import Card
from leukoscope.data.checks.findings import CheckReport
from leukoscope.evaluation.boxes import BoxCurve
from leukoscope.evaluation.estimates import Estimate

Drawn = Literal["hit", "missed", "false"]


@dataclass(frozen=True, slots=True, eq=False)
class FoundClass:
    """One class: its figures at the threshold of the card where one is needed, and its curve over all thresholds.

    Attributes:
        name: The class.
        marked: Marked objects.
        found: Detections from the threshold on.
        renamed: Marked objects that were found under another class only.
        threshold: Score from which objects are told.
        ap50: Average precision at IoU 0.5.
        ap50_95: Mean over overlaps from 0.5 to 0.95.
        precision: At the threshold.
        recall: At the threshold.
        mean_iou: Overlap of the detections that hit.
        count_error: How far the number of detections is from that of marked objects, as a signed share.
        count_error_per_picture: Mean over pictures of the difference of both numbers, in objects.
        recall_at_false: Recall at the numbers of false detections per picture that the page asks for.
        curve: Over all thresholds; None where nothing is marked.
        counts: Marked objects and detections of each picture.
    """

    name: str
    marked: int
    found: int
    renamed: int
    threshold: float
    ap50: Estimate | None
    ap50_95: float | None
    precision: float | None
    recall: float | None
    mean_iou: Estimate | None
    count_error: Estimate | None
    count_error_per_picture: float
    recall_at_false: tuple[float, ...]
    curve: BoxCurve | None
    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """One box on a picture, in its pixels: what it stands for, its class, and the score of a detection."""

    x: float
    y: float
    width: float
    height: float
    kind: Drawn
    label: str
    score: float | None


@dataclass(frozen=True, slots=True)
class WorstField:
    """A picture with many errors.

    Attributes:
        path: Its name.
        picture: It as a data URI.
        width: In pixels.
        height: In pixels.
        boxes: What was hit, missed and found where nothing is marked.
        hits: Detections that hit.
        missed: Marked objects that are not hit.
        false: Detections that hit nothing.
    """

    path: str
    picture: str
    width: int
    height: int
    boxes: tuple[DrawnBox, ...]
    hits: int
    missed: int
    false: int


@dataclass(frozen=True, slots=True, eq=False)
class DetectionPage:
    """Everything the page tells.

    Attributes:
        title: The model.
        data: Name of the data.
        part: Part of it; empty for all.
        card: The model's card.
        pictures: How many.
        groups: How many groups of pictures that show the same field; limits are drawn over them.
        rounds: How often they were drawn.
        seed: Of that draw.
        iou: Least overlap of a hit.
        floor: Score below which detections were dropped: curves end there.
        map50: Mean of the classes' average precisions.
        map50_95: The same over overlaps from 0.5 to 0.95.
        mean_iou_of_marked: Mean overlap over all marked objects, those that are not hit counted as 0.
        false_per_picture: Numbers of false detections per picture at which recall is told.
        classes: By class.
        worst: The pictures with most errors.
        wrong: How many pictures have an error at all.
        sizes: Where pixel sizes came from, one sentence.
        warnings: What looks wrong.
        verdict: What the check of the data found.
    """

    title: str
    data: str
    part: str
    card: Card
    pictures: int
    groups: int
    rounds: int
    seed: int
    iou: float
    floor: float
    map50: Estimate | None
    map50_95: float
    mean_iou_of_marked: Estimate | None
    false_per_picture: tuple[float, ...]
    classes: tuple[FoundClass, ...]
    worst: tuple[WorstField, ...]
    wrong: int
    sizes: str
    warnings: tuple[str, ...]
    verdict: CheckReport

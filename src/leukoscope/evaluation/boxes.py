"""How good is a detector?  Matching of boxes, average precision, free-response curve, overlap and count errors.

Everything is counted by picture first, so that a bootstrap that draws whole pictures again only weighs counts anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.domain.objects import Detections, Marked
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.boxes import iou_matrix

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]

COCO_IOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""0.50, 0.55 ... 0.95: overlaps over which the mean average precision of COCO is taken."""
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True, eq=False)
class ClassMatches:
    """Detections of one class in several pictures, the surest first, and whether each hits a marked object.

    Attributes:
        ious: Overlaps asked for, rising, each at least 0.
        picture: Number of the picture of each detection, shape (n,).
        scores: Falling, shape (n,).
        overlap: With the object that is hit, 0 where none is, shape (ious, n).
        hits: Whether an object is hit, shape (ious, n).
        marked: Marked objects of the class in each picture, shape (pictures,).
    """

    ious: tuple[float, ...]
    picture: Numbers
    scores: Floats
    overlap: Floats
    hits: Bools
    marked: Numbers

    def level(self, iou: float) -> int:
        """Position of an overlap.

        Raises:
            InvalidValueError: It was not asked for.
        """
        if iou not in self.ious:
            raise InvalidValueError(f"Nothing was matched at an overlap of {iou}, only at {self.ious}.")
        return self.ious.index(iou)

    def above(self, score: float) -> ClassMatches:
        """The same with the detections of at least this score."""
        kept = self.scores >= score
        return ClassMatches(
            self.ious, self.picture[kept], self.scores[kept], self.overlap[:, kept], self.hits[:, kept], self.marked
        )


@dataclass(frozen=True, slots=True, eq=False)
class BoxCurve:
    """Operating points from the strictest score threshold to the mildest; all arrays have one shape (points,).

    Attributes:
        threshold: Detections of at least this score count.
        recall: Share of the marked objects that are hit.
        precision: Share of the detections that hit.
        false_per_picture: Detections that hit nothing, per picture.
    """

    threshold: Floats
    recall: Floats
    precision: Floats
    false_per_picture: Floats


def match_pictures(
    found: Sequence[Detections],
    marked: Sequence[Marked],
    label: int,
    ious: Sequence[float] = COCO_IOUS,
    *,
    most: int = 100,
) -> ClassMatches:
    """Hold the detections of one class against what was marked, picture by picture.

    The surest detection goes first and takes the free object that it overlaps most; each object is hit once.

    Args:
        found: Detections in each picture.
        marked: What was marked in each picture.
        label: The class.
        ious: Least overlaps at which a detection hits; 0 means any overlap at all.
        most: Detections per picture that count, the surest.

    Raises:
        InvalidValueError: There are no pictures, or not as many of one as of the other.

    References:
        Lin et al. 2014, "Microsoft COCO: common objects in context", and its evaluation code (greedy matching, 100
        detections).
    """
    if not found or len(found) != len(marked):
        raise InvalidValueError(f"{len(found)} answers cannot be held against {len(marked)} pictures.")
    wanted = tuple(ious)
    pictures, scores, overlaps, counts = [], [], [], []
    for number, (answer, truth) in enumerate(zip(found, marked, strict=True)):
        mine = np.flatnonzero(answer.labels == label)[:most]
        boxes = truth.boxes[truth.labels == label]
        iou = iou_matrix(answer.boxes[mine], boxes)
        overlaps.append(np.stack([_greedy(iou, least) for least in wanted]))
        scores.append(answer.scores[mine])
        pictures.append(np.full(len(mine), number, dtype=np.int64))
        counts.append(len(boxes))
    score = np.concatenate(scores)
    order = np.argsort(-score, kind="stable")
    overlap = np.concatenate(overlaps, axis=1)[:, order]
    marked_counts = np.array(counts, dtype=np.int64)
    return ClassMatches(wanted, np.concatenate(pictures)[order], score[order], overlap, overlap > 0, marked_counts)


def average_precision(matches: ClassMatches, iou: float, weight: Floats | None = None) -> float:
    """Mean precision at 101 recalls, each the best at that recall or beyond, as COCO has it.

    Args:
        matches: The matched detections.
        iou: Least overlap of a hit.
        weight: How often each picture counts, shape (pictures,); once by default.

    Returns:
        In [0, 1]; not a number where nothing of the class is marked.
    """
    curve = _cumulated(matches, iou, weight)
    if curve is None:
        return float("nan")
    hits, total, marked = curve
    recall = hits / marked
    precision = np.divide(hits, total, out=np.zeros_like(hits), where=total > 0)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, _RECALLS, side="left")  # without tolerance, so that it is COCO's figure exactly
    return float(np.append(best, 0.0)[places].mean())


def mean_average_precision(matches: ClassMatches, weight: Floats | None = None) -> float:
    """Mean of the average precision over all overlaps that were matched (COCO: 0.5 to 0.95)."""
    return float(np.mean([average_precision(matches, iou, weight) for iou in matches.ious]))


def box_curve(matches: ClassMatches, iou: float) -> BoxCurve:
    """Recall, precision and false detections per picture at every threshold: precision-recall and free-response curve.

    References:
        Bunch et al. 1978, "A free-response approach to the measurement and characterization of radiographic-observer
        performance" (false detections per picture).

    Raises:
        InvalidValueError: Nothing of the class is marked.
    """
    curve = _cumulated(matches, iou, None)
    if curve is None:
        raise InvalidValueError("Nothing of this class is marked.", hint="Leave the class out.")
    hits, total, marked = curve
    last = np.append(np.flatnonzero(np.diff(matches.scores)), len(total) - 1) if len(total) else np.zeros(0, np.int64)
    pictures = len(matches.marked)
    return BoxCurve(
        matches.scores[last], hits[last] / marked, hits[last] / total[last], (total[last] - hits[last]) / pictures
    )


def recall_at_false(curve: BoxCurve, false_per_picture: float) -> float:
    """Largest recall with at most so many false detections per picture; 0 where no threshold allows it."""
    allowed = curve.false_per_picture <= false_per_picture
    return float(curve.recall[allowed].max()) if allowed.any() else 0.0


def best_threshold(matches: Sequence[ClassMatches], iou: float) -> float:
    """The score threshold with the largest F1 over all given classes together; 1 where no detection hits anything."""
    scores = np.concatenate([one.scores for one in matches])
    hits = np.concatenate([one.hits[one.level(iou)] for one in matches])
    order = np.argsort(-scores, kind="stable")
    taken, hit = np.arange(1, len(order) + 1), np.cumsum(hits[order])
    if not len(order) or not hit[-1]:
        return 1.0
    f1 = 2 * hit / (taken + sum(int(one.marked.sum()) for one in matches))
    f1[:-1][np.diff(scores[order]) == 0] = 0  # a threshold takes all of equal score
    return float(scores[order][int(np.argmax(f1))])


def count_threshold(matches: ClassMatches) -> float:
    """The score threshold at which as many detections are told as objects are marked; 1 where none is to be told.

    Missed and false detections then cancel over the pictures it was chosen on, as a count wants it.
    """
    marked = min(int(matches.marked.sum()), len(matches.scores))
    return float(matches.scores[marked - 1]) if marked else 1.0


def mean_iou_of_hits(matches: ClassMatches, iou: float, weight: Floats | None = None) -> float:
    """Mean overlap of the detections that hit; not a number where none does."""
    hits = matches.hits[matches.level(iou)]
    counted = _weight(matches, weight)[matches.picture] * hits
    total = counted.sum()
    return float((matches.overlap[matches.level(iou)] * counted).sum() / total) if total else float("nan")


def mean_iou_of_marked(matches: ClassMatches, iou: float, weight: Floats | None = None) -> float:
    """Mean overlap over all marked objects; one that is not hit counts 0. Not a number where nothing is marked."""
    each = _weight(matches, weight)
    marked = float((each * matches.marked).sum())
    overlap = (matches.overlap[matches.level(iou)] * each[matches.picture]).sum()
    return float(overlap / marked) if marked else float("nan")


def count_error(matches: ClassMatches, weight: Floats | None = None) -> float:
    """How far the number of detections is from that of marked objects, over all pictures, as a share; signed.

    Missed and false detections cancel here, as they do in a laboratory's count; the precision tells them apart.
    """
    each = _weight(matches, weight)
    marked = float((each * matches.marked).sum())
    return float((each[matches.picture].sum() - marked) / marked) if marked else float("nan")


def count_error_per_picture(matches: ClassMatches, weight: Floats | None = None) -> float:
    """Mean over pictures of the absolute difference between both numbers, in objects."""
    each = _weight(matches, weight)
    counts = np.bincount(matches.picture, minlength=len(matches.marked))
    return float((np.abs(counts - matches.marked) * each).sum() / each.sum())


def picture_bootstrap(
    figure: Callable[[Floats], float],
    groups: Sequence[str],
    rng: np.random.Generator,
    *,
    rounds: int = 1000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Percentile limits of a figure when whole groups of pictures are drawn again with replacement.

    Args:
        figure: The figure, given how often each picture counts, shape (pictures,); rounds in which it is not a number
            are left out.
        groups: Group of each picture: those that show the same field are drawn together.
        rng: Source of random numbers.
        rounds: How often to draw.
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        Lower and upper limit; both not a number where no round gave a figure, or where there is a single group, from
        which nothing else can be drawn.

    Raises:
        InvalidValueError: There are no pictures, or a number is out of range.
    """
    if not groups or rounds < 1 or not 0 < confidence < 1:
        raise InvalidValueError(f"A bootstrap needs pictures and rounds, got {len(groups)} and {rounds}.")
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) == 1:
        return float("nan"), float("nan")
    drawn = (np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names)) for _ in range(rounds))
    figures = np.array([figure(counts[member].astype(np.float64)) for counts in drawn])
    sound = figures[np.isfinite(figures)]
    if not len(sound):
        return float("nan"), float("nan")
    tail = 50 * (1 - confidence)
    low, high = np.percentile(sound, [tail, 100 - tail])
    return float(low), float(high)


def _greedy(iou: Floats, least: float) -> Floats:
    """Overlap of each detection (rows, the surest first) with the object it takes, 0 where it takes none."""
    free = iou.copy()
    taken = np.zeros(len(iou))
    for row in range(len(iou) if iou.shape[1] else 0):
        best = int(free.shape[1] - 1 - np.argmax(free[row, ::-1]))  # of equal ones the last, as COCO has it
        if free[row, best] > 0 and free[row, best] >= least - 1e-10:  # a box that touches nothing takes nothing
            taken[row] = free[row, best]
            free[:, best] = -1
    return np.maximum(taken, 0)


def _cumulated(matches: ClassMatches, iou: float, weight: Floats | None) -> tuple[Floats, Floats, float] | None:
    """Hits and detections added up from the surest on, and the number of marked objects; None without any."""
    each = _weight(matches, weight)
    marked = float((each * matches.marked).sum())
    if not marked:
        return None
    counted = each[matches.picture]
    return np.cumsum(counted * matches.hits[matches.level(iou)]), np.cumsum(counted), marked


def _weight(matches: ClassMatches, weight: Floats | None) -> Floats:
    return np.ones(len(matches.marked)) if weight is None else weight

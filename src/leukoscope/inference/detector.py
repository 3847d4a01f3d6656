"""Runs the graph of a detection bundle on whole pictures: tiles in, boxes of the picture out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import Pixels
from leukoscope.domain.objects import Detections
from leukoscope.errors import BundleMismatchError, InvalidValueError
from leukoscope.imaging.tiles import DetectorView, RawBoxes, TilePlan, cut_tiles, merge_tiles, plan_tiles, read_tiles
from leukoscope.inference.session import Session

BATCH_PX = 640 * 640
"""Pixels per run, but at least one tile: memory stays flat on large pictures."""

_OUTPUTS = ("boxes", "scores", "labels")


class Detector:
    """A detection bundle, ready to run on the CPU.

    Args:
        bundle: The bundle.
        threads: Cores to use; all of them by default.

    Raises:
        BundleMismatchError: The bundle is for another task.
        InvalidBundleError: ONNX Runtime refuses the graph, or it lacks an output.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        if bundle.card.detection is None:
            raise BundleMismatchError(
                f"{bundle.card.name} is for {bundle.card.task}, not for detection.", hint="Choose a detector."
            )
        self._session = Session(bundle, _OUTPUTS, threads=threads)
        self.card: Card = bundle.card
        self.ref: ModelRef = bundle.ref
        self.view: DetectorView = view_of(bundle.card)
        self.thresholds: NDArray[np.float64] = thresholds_of(bundle.card)

    def find(
        self, pixels: Pixels, pixel_size_um: float | None = None, *, score_floor: float | None = None
    ) -> Detections:
        """Find the objects of a picture.

        Args:
            pixels: The picture, of any size.
            pixel_size_um: Size of its pixels; a detector that sees tiles takes them as its own where nothing is said.
            score_floor: Score from which objects are kept, whatever their class; by default as the card says.

        Returns:
            Objects in pixels of the picture, the surest first.

        Raises:
            BundleMismatchError: The graph fails, or gives something else than boxes.
        """
        view = self.view if score_floor is None else _with_floor(self.view, score_floor)
        plan = plan_tiles(pixels.shape[1], pixels.shape[0], view, pixel_size_um)
        found = merge_tiles(list(self._in_tiles(pixels, plan, view)), plan, view)
        return self.sure(found) if score_floor is None else found

    def sure(self, found: Detections) -> Detections:
        """Those that reach the card's threshold of their class."""
        kept = found.scores >= self.thresholds[found.labels]
        return Detections(found.boxes[kept], found.scores[kept], found.labels[kept])

    def _in_tiles(self, pixels: Pixels, plan: TilePlan, view: DetectorView) -> Iterator[Detections]:
        step = max(1, BATCH_PX // (plan.tile_width * plan.tile_height))
        for start in range(0, len(plan.corners), step):
            corners = plan.corners[start : start + step]
            yield from read_tiles(self.raw(cut_tiles(pixels, plan, corners)), corners, plan, view)

    def raw(self, tiles: Pixels) -> RawBoxes:
        """What the graph says of tiles, before suppression.

        Args:
            tiles: uint8, shape (n, height, width, 3) of a size that the card allows, n at least 1.

        Raises:
            InvalidValueError: The shape or type is not what the card says.
            BundleMismatchError: The graph fails, or gives something else than boxes.
        """
        if tiles.dtype != np.uint8 or not len(tiles) or not self._takes(tiles.shape[1:]):
            raise InvalidValueError(f"{self.card.name} takes other tiles than {tiles.dtype} {tiles.shape}.")
        boxes, scores, labels = (np.asarray(one) for one in self._session.run(_OUTPUTS, tiles))
        if not _fit(boxes, scores, labels, len(tiles)) or not self._are_classes(labels):
            raise BundleMismatchError(
                f"{self.card.name} gave {_told(boxes)} boxes, {_told(scores)} scores and {_told(labels)} labels, or "
                "values that are no numbers or no classes of the card.",
                hint="Run `leukoscope model verify` on the bundle.",
            )
        return RawBoxes(boxes, scores, labels)

    def _takes(self, shape: tuple[int, ...]) -> bool:
        height, width, channels = shape
        multiple = self.view.multiple_px
        if multiple is None:
            return shape == (self.view.height, self.view.width, 3)
        return channels == 3 and min(height, width) >= multiple and not (height % multiple or width % multiple)

    def _are_classes(self, labels: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> bool:
        return not labels.size or (int(labels.min()) >= 0 and int(labels.max()) < len(self.card.labels))


def _fit(boxes: NDArray[Any], scores: NDArray[Any], labels: NDArray[Any], tiles: int) -> bool:
    """Whether these are boxes and scores in floats and labels in whole numbers, the same number for each tile."""
    count = scores.shape[1] if scores.ndim == 2 else 0
    shaped = scores.shape == labels.shape == (tiles, count) and boxes.shape == (tiles, count, 4)
    typed = boxes.dtype.kind == scores.dtype.kind == "f" and labels.dtype.kind in "iu"
    return shaped and typed and bool(np.isfinite(scores).all())


def _told(array: NDArray[Any]) -> str:
    return f"{array.dtype} {array.shape}"


def view_of(card: Card) -> DetectorView:
    """What the detector of a card is shown, and how its answers are read.

    Raises:
        BundleMismatchError: The card is of no detector.
    """
    part = card.detection
    if part is None:
        raise BundleMismatchError(f"{card.name} is for {card.task}, not for detection.", hint="Choose a detector.")
    return DetectorView(
        card.input.width,
        card.input.height,
        part.way,
        part.pixel_size_um,
        part.overlap_px,
        float(thresholds_of(card).min()),
        part.nms_iou,
        part.max_objects,
        part.multiple_px,
    )


def thresholds_of(card: Card) -> NDArray[np.float64]:
    """Score from which objects of each class are told, in the order of the card's labels."""
    own = {} if card.detection is None else card.detection.thresholds
    return np.array([own.get(label.name, card.decision.uncertain_below) for label in card.labels])


def _with_floor(view: DetectorView, score_floor: float) -> DetectorView:
    if not 0 <= score_floor <= 1:
        raise InvalidValueError(f"A score lies in [0, 1], got {score_floor}.")
    return replace(view, score_floor=score_floor)

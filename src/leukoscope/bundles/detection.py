"""What the card of a detector says besides: what it is shown, how its answers are read, how good it was."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Interval = tuple[float, float]


class _Strict(BaseModel):
    # Built when first used: with the whole card, not each part by itself besides.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class FoundCard(_Strict):
    """Held-out figures of one class; precision, recall, overlap and counts at the card's score threshold.

    Attributes:
        support: Marked objects.
        ap50: Average precision where half of the joint area must be shared; None where nothing is marked.
        ap50_ci95: Limits over pictures.
        ap50_95: Mean over overlaps from 0.5 to 0.95.
        precision: Share of the detections that hit, at IoU 0.5.
        recall: Share of the marked objects that are hit, at IoU 0.5.
        mean_iou: Mean overlap of those that hit.
        mean_iou_of_marked: Mean overlap over all marked objects, those that are not hit counted as 0.
        count_error: How far the number of detections is from that of marked objects, as a signed share.
    """

    support: Annotated[int, Field(ge=0)]
    ap50: Share | None = None
    ap50_ci95: Interval | None = None
    ap50_95: Share | None = None
    precision: Share | None = None
    recall: Share | None = None
    mean_iou: Share | None = None
    mean_iou_ci95: Interval | None = None
    mean_iou_of_marked: Share | None = None
    mean_iou_of_marked_ci95: Interval | None = None
    count_error: float | None = None
    count_error_ci95: Interval | None = None


class DetectionMetricsCard(_Strict):
    """How good a detector was on pictures that chose nothing.

    Attributes:
        how_held_out: How they were kept apart.
        pictures: Number of pictures.
        map50: Mean of the classes' average precisions at IoU 0.5.
        map50_ci95: Limits over pictures.
        map50_95: Mean over overlaps from 0.5 to 0.95 and classes, as COCO has it.
        mean_iou_of_marked: Over all marked objects of all classes, see `FoundCard`.
        per_class: By name.
    """

    how_held_out: str
    pictures: Annotated[int, Field(ge=1)]
    map50: Share
    map50_ci95: Interval
    map50_95: Share
    mean_iou_of_marked: Share
    mean_iou_of_marked_ci95: Interval
    per_class: dict[str, FoundCard]


class DetectionCard(_Strict):
    """The part `[detection]` of a card.

    The graph takes `images`, uint8 (n, height, width, 3), and gives `boxes`, float32 (n, k, 4) as x0, y0, x1, y1 in
    pixels of its input, `scores`, float32 (n, k) in [0, 1], and `labels`, int64 (n, k). Suppression is done outside.

    Attributes:
        way: Whether it is shown the whole picture squeezed to its input, or tiles of it.
        pixel_size_um: Pixel size that tiles are brought to; None for whole pictures.
        overlap_px: How far neighboring tiles overlap.
        nms_iou: Of two boxes of one class that overlap by more than this, the less sure one is dropped.
        max_objects: At most this many objects per tile or whole picture.
        multiple_px: The graph takes any height and width that are a multiple of this; None: only those of the input.
        thresholds: Score from which objects of a class are told; `decision.uncertain_below` where a class has none.
        decoding: How outputs become boxes.
        metrics: Held-out figures.
        elsewhere: Held-out figures on other sets, by name.
    """

    way: Literal["whole", "tiles"]
    pixel_size_um: Annotated[float, Field(ge=0.02, le=2)] | None = None
    overlap_px: Annotated[int, Field(ge=0, le=2048)] = 0
    nms_iou: Share
    max_objects: Annotated[int, Field(ge=1, le=100_000)] = 1000
    multiple_px: Annotated[int, Field(ge=1, le=512)] | None = None
    thresholds: dict[str, Share] = {}
    decoding: str
    metrics: DetectionMetricsCard | None = None
    elsewhere: dict[str, DetectionMetricsCard] = {}

    @model_validator(mode="after")
    def _tiles_have_a_size(self) -> DetectionCard:
        if (self.way == "tiles") != (self.pixel_size_um is not None):
            raise ValueError("tiles need pixel_size_um; whole pictures take none")
        return self

    def check_tiles(self, width: int, height: int) -> None:
        """Hold what it says of tiles against the size of the input: neighbors share half of a tile at most.

        Args:
            width: Of the input, in pixels.
            height: Of the input, in pixels.

        Raises:
            ValueError: Tiles of this size cannot lie so.
        """
        from leukoscope.imaging.tiles import LARGEST  # here, since it brings OpenCV, which a list of models needs not

        sides = (width, height) if self.multiple_px is None else (width, height, LARGEST)
        if self.way == "tiles" and self.overlap_px > min(sides) / 2:
            raise ValueError(f"overlap_px must be at most half of a tile, {min(sides) // 2}, got {self.overlap_px}")
        if self.multiple_px is not None and (width % self.multiple_px or height % self.multiple_px):
            raise ValueError(f"the input must be a multiple of multiple_px, got {width} x {height}")

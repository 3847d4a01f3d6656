"""What the card of a segmenter says besides: what window it is shown, and how good its outlines were."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Pixels = Annotated[float, Field(ge=0)]
Interval = tuple[float, float]


class _Strict(BaseModel):
    # Built when first used: with the whole card, not each part by itself besides.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class OutlinedCard(_Strict):
    """Held-out figures of the masks of nuclei, or of cells.

    Attributes:
        dice: Mean Dice; a cell that was not found counts as 0.
        dice_ci95: Limits over groups of pictures.
        boundary_f1: Mean share of the border within 2 pixels, both ways.
        boundary_f1_ci95: Its limits.
        hausdorff_95_px: Median over cells of the distance within which 95 % of the borders lie.
        hausdorff_95_px_ci95: Its limits.
    """

    dice: Share
    dice_ci95: Interval
    boundary_f1: Share
    boundary_f1_ci95: Interval
    hausdorff_95_px: Pixels
    hausdorff_95_px_ci95: Interval


class SegmentationMetricsCard(_Strict):
    """How good a segmenter was on cells that chose nothing.

    Attributes:
        how_held_out: How they were kept apart.
        cells: Cells that were outlined by hand.
        found: Those of which it found anything.
        nucleus: Figures of nuclei.
        cell: Figures of whole cells.
    """

    how_held_out: str
    cells: Annotated[int, Field(ge=1)]
    found: Annotated[int, Field(ge=0)]
    nucleus: OutlinedCard
    cell: OutlinedCard


class SegmentationCard(_Strict):
    """The part `[segmentation]` of a card.

    The graph takes `images`, uint8 (n, side, side, 3): square windows around the boxes of cells. It gives `masks`,
    float32 (n, 2, side, side) in [0, 1]: how surely each pixel belongs to the nucleus, and to the cell (nucleus
    included), of the cell in the middle. A pixel belongs from `decision.uncertain_below` on.

    Attributes:
        margin: Side of the window over the longer side of the box.
        metrics: Held-out figures.
        elsewhere: Held-out figures on other sets, by name.
    """

    margin: Annotated[float, Field(ge=1, le=4)]
    metrics: SegmentationMetricsCard | None = None
    elsewhere: dict[str, SegmentationMetricsCard] = {}

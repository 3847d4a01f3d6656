"""How well does a way of outlining fit masks drawn by hand?  Cell by cell, then means with limits over pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.segmentation import OutlinedCard, SegmentationMetricsCard
from leukoscope.data.masked_pictures import MaskedPicture
from leukoscope.domain.cell_masks import CellMasks
from leukoscope.evaluation.intervals import group_bootstrap
from leukoscope.evaluation.masks import boundary_f1, dice, hausdorff_95
from leukoscope.imaging.outlining import Outliner

Bools = NDArray[np.bool_]
_ROUND = 4


@dataclass(frozen=True, slots=True)
class MaskScore:
    """One mask beside the one drawn by hand: Dice, share of the border within 2 pixels, distance of borders (95 %)."""

    dice: float
    boundary_f1: float
    hausdorff_95_px: float


@dataclass(frozen=True, slots=True)
class CellScore:
    """One cell.

    Attributes:
        picture: Name of its picture.
        group: Pictures of one group show the same field.
        found: Whether anything was outlined.
        nucleus: How well its nucleus fits.
        cell: How well the whole cell fits.
    """

    picture: str
    group: str
    found: bool
    nucleus: MaskScore
    cell: MaskScore


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % limits over groups of pictures."""

    value: float
    ci95: tuple[float, float]


@dataclass(frozen=True, slots=True)
class MaskFigures:
    """Mean Dice and boundary F1 and median distance of many masks."""

    dice: Figure
    boundary_f1: Figure
    hausdorff_95_px: Figure

    def to_card(self) -> OutlinedCard:
        """The same as the card has it."""
        parts = {"dice": self.dice, "boundary_f1": self.boundary_f1, "hausdorff_95_px": self.hausdorff_95_px}
        values = {name: _finite(one.value) for name, one in parts.items()}
        limits = {f"{name}_ci95": tuple(_finite(end) for end in one.ci95) for name, one in parts.items()}
        return OutlinedCard.model_validate(values | limits)


@dataclass(frozen=True, slots=True)
class SegmentationScores:
    """All figures of one way on one part of a set."""

    cells: int
    found: int
    nucleus: MaskFigures
    cell: MaskFigures

    def to_json(self) -> dict[str, object]:
        """The content of `metrics.json`."""
        return {"task": "segmentation"} | asdict(self)

    def to_card(self, how: str) -> SegmentationMetricsCard:
        """The same as the card has it."""
        return SegmentationMetricsCard(
            how_held_out=how,
            cells=self.cells,
            found=self.found,
            nucleus=self.nucleus.to_card(),
            cell=self.cell.to_card(),
        )


def score_outlines(outliner: Outliner, pictures: Sequence[MaskedPicture]) -> tuple[CellScore, ...]:
    """Hold a way of outlining against masks; what it does not find counts as an empty mask."""
    return tuple(score for one in pictures for score in _scores_of(outliner, one))


def summarize(scores: Sequence[CellScore], rng: np.random.Generator, *, rounds: int = 1000) -> SegmentationScores:
    """Figures of many cells.

    Args:
        scores: Cell by cell, not empty.
        rng: Source of random numbers for the limits.
        rounds: How often groups of pictures are drawn again.
    """
    groups = [one.group for one in scores]
    return SegmentationScores(
        len(scores),
        sum(one.found for one in scores),
        _figures([one.nucleus for one in scores], groups, rng, rounds),
        _figures([one.cell for one in scores], groups, rng, rounds),
    )


def _scores_of(outliner: Outliner, picture: MaskedPicture) -> Iterator[CellScore]:
    found = outliner.outline(picture.pixels, picture.boxes)
    for place, masks in enumerate(found):
        cell, nucleus = picture.masks(place)
        window = _around(cell, masks)
        pair = [(cell, "cell"), (nucleus, "nucleus")]
        judged = {name: _score(_placed(masks, name, cell.shape)[window], true[window]) for true, name in pair}
        yield CellScore(picture.name, picture.group, masks is not None, judged["nucleus"], judged["cell"])


def _around(cell: Bools, masks: CellMasks | None) -> tuple[slice, slice]:
    """Rows and columns that hold both masks and a pixel around them; distances need no more."""
    rows, columns = np.flatnonzero(cell.any(axis=1)), np.flatnonzero(cell.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    if masks is not None:
        box = masks.window
        top, bottom = min(top, int(box.y0)), max(bottom, int(box.y1))
        left, right = min(left, int(box.x0)), max(right, int(box.x1))
    return slice(max(0, top - 1), bottom + 1), slice(max(0, left - 1), right + 1)


def _placed(masks: CellMasks | None, name: str, shape: tuple[int, ...]) -> Bools:
    whole = np.zeros(shape, np.bool_)
    if masks is not None:
        mask = masks.cell if name == "cell" else masks.nucleus
        whole[masks.top : masks.top + mask.shape[0], masks.left : masks.left + mask.shape[1]] = mask
    return whole


def _score(found: Bools, true: Bools) -> MaskScore:
    return MaskScore(dice(found, true), boundary_f1(found, true), hausdorff_95(found, true))


def _figures(scores: Sequence[MaskScore], groups: Sequence[str], rng: np.random.Generator, rounds: int) -> MaskFigures:
    def figure(values: Sequence[float], middle: Callable[[NDArray[np.float64]], np.floating]) -> Figure:
        array = np.array(values, np.float64)
        low, high = group_bootstrap(lambda places: float(middle(array[places])), groups, rng, rounds=rounds)
        return Figure(float(middle(array)), (low, high))

    return MaskFigures(
        figure([one.dice for one in scores], np.mean),
        figure([one.boundary_f1 for one in scores], np.mean),
        figure([one.hausdorff_95_px for one in scores], np.median),
    )


def _finite(value: float) -> float:
    """Rounded; where most cells were not found the distance is told as a million pixels."""
    return round(min(value, 1e6), _ROUND)

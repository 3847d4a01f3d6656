"""Cells by a learned detector: leukocytes as boxes, red cells and platelets counted, checked against nuclear stain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import PixelSize, SmearImage
from leukoscope.domain.objects import Detections
from leukoscope.domain.regions import Box
from leukoscope.imaging.boxes import iou_matrix, overlaps
from leukoscope.imaging.nuclear_stain import has_color, nuclear_shares
from leukoscope.imaging.scale import RED_CELL_DIAMETER_UM
from leukoscope.imaging.tiles import affordable
from leukoscope.inference.agreement import Agreement, compare_finders
from leukoscope.inference.detector import Detector
from leukoscope.inference.finding import CellFinder, FoundCell, FoundCells, OtherCells
from leukoscope.inference.looking_scale import FEWEST, RANGE_UM, LookingScale, settle_scale

Floats = NDArray[np.float64]

WBC, RBC, PLATELET = "wbc", "rbc", "platelet"
OVERLAPPING = 0.1
"""IoU from which two red cells count as overlapping."""
_STRANGE_SIZE = 1.6
"""Factor between the size of the red cells found and 7.2 um from which a told pixel size is doubted."""
_FEWEST_SIZED = 10
_AT_A_TIME = 256
_SAME_OBJECT = 0.5
"""IoU from which a red cell or platelet is the leukocyte told in its place: that at which boxes count as a hit."""
_EDGE_UM = 0.4
"""Micrometers within which a box reaches the edge."""
_TOO_LARGE = (
    "Enlarged so that the detector knows its cells, this picture would be too large, so the detector was not asked; "
    "red cells and platelets were not counted. Check --pixel-size, or cut the picture into parts."
)
_FEW_RED_CELLS = "The detector knew fewer than 5 red cells here, so neither red cells nor platelets were counted."
_NO_SCALE = (
    "Nothing in this picture tells the size of its cells, so the detector was not asked; red cells and platelets were "
    "not counted. Give --pixel-size if you know it."
)
_UNCONFIRMED = (
    "This picture has no color, so nuclear stain cannot confirm what the detector found: its cells are told "
    "unconfirmed."
)
_NOT_NOUGHT = (
    "The detector saw {cells} cells where nuclear stain shows none, so leukocytes were not counted; this is not a "
    "count of zero. Look at the picture."
)


@dataclass(frozen=True, slots=True)
class _Look:
    """At which pixel size the detector looked, what it saw, and what is to be said of the size."""

    known: PixelSize | None
    um: float
    found: Detections
    warnings: tuple[str, ...]


class DetectorFinder:
    """Finds the cells of fields with a detector; crops of one cell stay with the classical finder.

    Args:
        card: The detector's card.
        ref: Which detector it is.
        load: Makes it; called once, when the first field is looked at.
        classical: Tells fields from crops, and sees nuclei by their stain.
        insist: Tell what the detector says and nothing else, even where the nuclear stain contradicts it.
    """

    def __init__(
        self, card: Card, ref: ModelRef, load: Callable[[], Detector], classical: CellFinder, *, insist: bool
    ) -> None:
        self._card, self._ref, self._load, self._classical, self._insist = card, ref, load, classical, insist
        self._detector: Detector | None = None

    @property
    def cards(self) -> Sequence[Card]:
        """The card of the detector."""
        return (self._card,)

    @property
    def refs(self) -> Sequence[ModelRef]:
        """The detector."""
        return (self._ref,)

    def find(self, image: SmearImage) -> FoundCells:
        """Find the cells of a picture; where both finders contradict each other, the classical one is believed."""
        stained = self._classical.find(image)
        if stained.kind == "cell":
            return stained
        if self._detector is None:
            self._detector = self._load()
        look = _look(self._detector, image, stained.pixel_size)
        if isinstance(look, str):
            return stained if stained.blank else replace(stained, warnings=(*stained.warnings, look))
        if not stained.counted and not stained.cells and not len(look.found):
            return stained
        return self._joined(look, image, stained)

    def _joined(self, look: _Look, image: SmearImage, stained: FoundCells) -> FoundCells:
        detected = tuple(FoundCell(Box(*map(float, box)), None) for box in _of(look.found, WBC, self._card))
        agreement = compare_finders(
            [cell.box for cell in detected],
            [cell.box for cell in stained.cells],
            partial(nuclear_shares, image.pixels),
            cell_px=RED_CELL_DIAMETER_UM / look.um,
        )
        said = stained.warnings if stained.cells else ()  # what stain alone did not see, the detector may have seen
        if self._insist:
            return _told(look, self._card, image, detected, (*said, *_left_out(agreement)))
        if agreement.unstained and not has_color(image.pixels):
            return _told(look, self._card, image, detected, (*said, *_left_out(agreement), _UNCONFIRMED))
        if agreement.broken:
            return _stain_believed(stained, agreement)
        cells = _with_stain(detected, stained.cells, agreement)
        told = _told(look, self._card, image, cells, (*said, *_corrections(agreement)))
        if stained.counted or stained.blank or (cells and not stained.cells):
            return told
        # Neither cells in a heap nor a gray picture without a box show how many leukocytes there are.
        return replace(told, warnings=tuple(dict.fromkeys((*told.warnings, *stained.warnings))), counted=False)


def _stain_believed(stained: FoundCells, agreement: Agreement) -> FoundCells:
    """The stained cells; where there are none, nothing was counted, since the detector saw some."""
    told = replace(stained, warnings=(*stained.warnings, _contradiction(agreement)))
    if stained.cells:
        return told
    not_nought = _NOT_NOUGHT.format(cells=len(agreement.unstained))
    return replace(told, warnings=(*told.warnings, not_nought), counted=False)


def _look(detector: Detector, image: SmearImage, known: PixelSize | None) -> _Look | str:
    """What the detector sees, or why it was not asked."""
    if known is not None:
        if not RANGE_UM[0] <= known.um <= RANGE_UM[1]:
            return _out_of_range(known)
        if not affordable(image.width, image.height, detector.view, known.um):
            return _TOO_LARGE
        found = detector.find(image.pixels, known.um)
        return _Look(known, known.um, found, tuple(_doubts(found, known, detector.card)))
    scale = settle_scale(detector, image.pixels)
    if scale is None:
        return _NO_SCALE
    if not affordable(image.width, image.height, detector.view, scale.um):
        return _TOO_LARGE
    return _Look(None, scale.um, detector.find(image.pixels, scale.um), (_assumption(scale),))


def _told(
    look: _Look, card: Card, image: SmearImage, cells: tuple[FoundCell, ...], remarks: Sequence[str]
) -> FoundCells:
    others = _others(look, card, image, cells)
    few = () if others is not None else (_FEW_RED_CELLS,)
    warnings = (*look.warnings, *few, *remarks)
    return FoundCells(f"{card.name} {card.version}", "field", cells, look.known, others, warnings)


def _others(look: _Look, card: Card, image: SmearImage, cells: Sequence[FoundCell]) -> OtherCells | None:
    """Red cells and platelets but those in whose place a leukocyte is told."""
    leukocytes = np.array([cell.box.as_list() for cell in cells], np.float64).reshape(-1, 4)
    red, platelets = (_apart(_of(look.found, name, card), leukocytes) for name in (RBC, PLATELET))
    if len(red) < FEWEST:  # a network that hardly knows a red cell when it sees one counts neither them nor platelets
        return None
    edge_px = max(1.0, _EDGE_UM / look.um)
    return OtherCells(
        rbc=len(red),
        rbc_cut=_cut(red, image, edge_px),
        rbc_overlapping=_overlapping(red),
        platelet=len(platelets),
        platelet_cut=_cut(platelets, image, edge_px),
        edge_px=edge_px,
    )


def _apart(boxes: Floats, leukocytes: Floats) -> Floats:
    """Some boxes at a time: all red cells beside all leukocytes of a large picture would fill a gigabyte."""
    starts = range(0, len(boxes), _AT_A_TIME)
    parts = [iou_matrix(boxes[start : start + _AT_A_TIME], leukocytes).max(axis=1, initial=0) for start in starts]
    nearest: Floats = np.concatenate([np.zeros(0), *parts])
    return boxes[nearest < _SAME_OBJECT]


def _with_stain(
    detected: Sequence[FoundCell], stained: Sequence[FoundCell], agreement: Agreement
) -> tuple[FoundCell, ...]:
    """The detector's cells but those without nucleus or with several, and stained cells that these hid or it missed."""
    wrong = {*agreement.unstained, *agreement.crowded}
    nucleated = (cell for place, cell in enumerate(detected) if place not in wrong)
    added = (stained[place] for place in (*agreement.missed, *agreement.hidden))
    return tuple(sorted((*nucleated, *added), key=lambda cell: (cell.box.y0, cell.box.x0)))


def _of(found: Detections, name: str, card: Card) -> Floats:
    names = [label.name for label in card.labels]
    return found.boxes[found.labels == names.index(name)] if name in names else found.boxes[:0]


def _cut(boxes: Floats, image: SmearImage, margin: float) -> int:
    return sum(Box(*map(float, box)).touches_border(image.width, image.height, margin) for box in boxes)


def _overlapping(boxes: Floats) -> int:
    """How many boxes another one overlaps."""
    pairs = overlaps(boxes)
    much = pairs.iou >= OVERLAPPING
    return len(np.union1d(pairs.first[much], pairs.second[much]))


def _doubts(found: Detections, known: PixelSize, card: Card) -> Iterator[str]:
    red = _of(found, RBC, card)
    if known.source != "estimated" and len(red) >= _FEWEST_SIZED:
        width_um = float(np.median(np.sqrt((red[:, 2:] - red[:, :2]).prod(axis=1)))) * known.um
        if max(width_um / RED_CELL_DIAMETER_UM, RED_CELL_DIAMETER_UM / width_um) > _STRANGE_SIZE:
            yield (
                f"With {known.um:.3g} µm per pixel the red cells would measure {width_um:.1f} µm instead of about "
                f"{RED_CELL_DIAMETER_UM} µm: check the pixel size; lengths and counts depend on it."
            )
    learned = card.input.pixel_size_um
    if learned is not None and not learned[0] <= known.um <= learned[1]:
        yield (
            f"{card.name} was made on pixels of {learned[0]:g} to {learned[1]:g} µm; these have {known.um:.3g} µm, so "
            "counts of red cells and platelets are less sure."
        )


def _assumption(scale: LookingScale) -> str:
    basis = f"{scale.red_cells} red cells, overlapping ones too" if scale.red_cells else "the size of the stained cells"
    return (
        f"The pixel size is not known. Cells were looked for as if it were {scale.um:.2g} µm, judged from {basis}; "
        "lengths are told in pixels only."
    )


def _corrections(agreement: Agreement) -> Iterator[str]:
    if count := len(agreement.missed):
        yield (
            f"{count} of the cells {'was' if count == 1 else 'were'} found by nuclear stain alone, not by the "
            "detector: look whether they are cells."
        )
    if count := len(agreement.crowded):
        yield (
            f"Nuclear stain shows {len(agreement.hidden)} cells in {count} {'box' if count == 1 else 'boxes'} of the "
            "detector; they are told by stain, one by one."
        )
    if count := len(agreement.unstained):
        yield (f"Left out, since without nuclear stain: {count} of the detector's leukocytes.")


def _left_out(agreement: Agreement) -> Iterator[str]:
    if count := len(agreement.missed):
        yield (
            f"Nuclear stain shows {count} more {'cell' if count == 1 else 'cells'} where the detector found none; "
            "they are not told."
        )
    if count := len(agreement.crowded):
        yield (
            f"{count} {'box' if count == 1 else 'boxes'} of the detector {'holds' if count == 1 else 'hold'} "
            f"{len(agreement.hidden)} stained cells but {'is' if count == 1 else 'are'} told as one cell each."
        )


def _out_of_range(known: PixelSize) -> str:
    low, high = (RED_CELL_DIAMETER_UM / um for um in reversed(RANGE_UM))
    width = float(f"{RED_CELL_DIAMETER_UM / known.um:.2g}")
    return (
        f"With {known.um:.3g} µm per pixel a red cell would be {width:g} pixels wide; the "
        f"detector knows cells of {low:.0f} to {high:.0f}, so it was not asked, and red cells and platelets were not "
        "counted. Check --pixel-size."
    )


def _contradiction(agreement: Agreement) -> str:
    return (
        f"The detector and the nuclear stain contradict each other in {agreement.contradictions} of {agreement.cells} "
        "places: "
        "this picture is unlike those the detector learned from. Cells were found by stain; red cells and platelets "
        "were not counted."
    )

"""WHAT WOULD A SMEAR LOOK LIKE?  Draws whole fields and single cells whose truth is known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.domain.regions import Box, Outline
from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.camera import photograph
from leukoscope.synthetic.canvas import Canvas, Labels, box_of, outline_of
from leukoscope.synthetic.cells import PlannedCell, diameter_um, paint_cell
from leukoscope.synthetic.kinds import DIFFERENTIAL, KINDS
from leukoscope.synthetic.placement import PlacedCell, place_red_cells, place_white_cells
from leukoscope.synthetic.red_cells import (
    RED_CELL_DIAMETER_UM,
    paint_platelet,
    paint_red_cell,
    plan_platelet,
    plan_red_cell,
)
from leukoscope.synthetic.shapes import Patch
from leukoscope.synthetic.style import CREAM, SmearStyle

_MAX_CROWDING = 1.6
"""Area of all red cells over the area of free glass; above it they could only lie in heaps."""


@dataclass(frozen=True, slots=True)
class SyntheticCell:
    """A white cell as drawn.

    Attributes:
        label: Its class, a key of `KINDS`.
        box: Box of its pixels.
        outline: Border of its pixels.
        diameter_um: Diameter of the circle of its area.
        nucleus_lobes: Number of lobes of its nucleus.
    """

    label: str
    box: Box
    outline: Outline
    diameter_um: float
    nucleus_lobes: int


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticField:
    """A drawn field and the truth about it.

    Attributes:
        pixels: RGB picture.
        cells: White (nucleated) cells; number i of the label images is `cells[i - 1]`.
        cell_labels: int32, shape (height, width): 0 or the number of the white cell.
        nucleus_labels: int32, shape (height, width): 0 or the number of the cell whose nucleus it is.
        red_cells: Box of the visible part of each red cell.
        platelets: Box of the visible part of each platelet.
        pixel_size_um: Edge length of a pixel.
    """

    pixels: Pixels
    cells: tuple[SyntheticCell, ...]
    cell_labels: Labels
    nucleus_labels: Labels
    red_cells: tuple[Box, ...]
    platelets: tuple[Box, ...]
    pixel_size_um: float

    @property
    def counts(self) -> dict[str, int]:
        """White cells by class."""
        return dict(Counter(cell.label for cell in self.cells))


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticCellImage:
    """A drawn crop of one white cell and the truth about it.

    Attributes:
        pixels: RGB picture, `side` pixels square.
        cell: The cell in the middle.
        cell_mask: Its pixels, bool, shape (side, side).
        nucleus_mask: Those of its nucleus.
        pixel_size_um: Edge length of a pixel.
    """

    pixels: Pixels
    cell: SyntheticCell
    cell_mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    nucleus_mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    pixel_size_um: float


def draw_field(
    rng: np.random.Generator,
    *,
    width: int = 1280,
    height: int = 960,
    pixel_size_um: float = 0.125,
    cells: Mapping[str, int] | None = None,
    red_cells: int | None = None,
    platelets: int | None = None,
    touching_pairs: int = 0,
    style: SmearStyle = CREAM,
) -> SyntheticField:
    """Draw a field of a stained smear; the same generator state gives the same bytes.

    Args:
        rng: Source of all randomness.
        width: Pixels across.
        height: Pixels down.
        pixel_size_um: Edge length of a pixel in the specimen.
        cells: White cells by class (see `KINDS`); None draws `DIFFERENTIAL`.
        red_cells: Number of red cells; None fills the share of the glass that `style` says.
        platelets: Number of platelets; None draws one for about 14 red cells.
        touching_pairs: How many pairs of the white cells touch each other; all others keep apart.
        style: Stain, light, focus and noise.

    Raises:
        InvalidValueError: A number is out of range, a class is unknown, or the cells do not fit.

    Example:
        >>> field = draw_field(np.random.default_rng(1), width=320, height=240, cells={"lymphocyte": 2})
        >>> field.counts, field.pixels.shape
        ({'lymphocyte': 2}, (240, 320, 3))
    """
    wanted = dict(DIFFERENTIAL if cells is None else cells)
    _check(width, height, pixel_size_um, wanted, touching_pairs)
    size_um = (width * pixel_size_um, height * pixel_size_um)
    planned = [PlannedCell.random(rng, label) for label, count in wanted.items() for _ in range(count)]
    rng.shuffle(planned)
    white = place_white_cells(rng, planned, size_um, touching_pairs=touching_pairs)
    return _draw(rng, (height, width), pixel_size_um, white, red_cells, platelets, style)


def draw_cell(
    rng: np.random.Generator,
    label: str,
    *,
    side: int = 224,
    pixel_size_um: float = 0.1,
    style: SmearStyle = CREAM,
) -> SyntheticCellImage:
    """Draw a square crop with one white cell in the middle and red cells around it.

    Args:
        rng: Source of all randomness.
        label: Class of the cell (see `KINDS`).
        side: Pixels across and down.
        pixel_size_um: Edge length of a pixel in the specimen.
        style: Stain, light, focus and noise.

    Raises:
        InvalidValueError: A number is out of range, the class is unknown, or the cell does not fit.

    Example:
        >>> crop = draw_cell(np.random.default_rng(1), "blast", side=200)
        >>> crop.cell.label, bool(crop.cell_mask[100, 100])
        ('blast', True)
    """
    _check(side, side, pixel_size_um, {label: 1}, 0)
    planned = PlannedCell.random(rng, label)
    middle_um = side * pixel_size_um / 2
    if planned.outline.reach_um + 0.5 > middle_um:
        raise InvalidValueError(
            f"A {label} of {diameter_um(planned):.1f} um does not fit into {2 * middle_um:.1f} um.",
            hint="Ask for a larger side or a larger pixel size.",
        )
    white = [PlacedCell(planned, (middle_um, middle_um))]
    drawn = _draw(rng, (side, side), pixel_size_um, white, None, None, style)
    return SyntheticCellImage(
        drawn.pixels, drawn.cells[0], drawn.cell_labels == 1, drawn.nucleus_labels == 1, pixel_size_um
    )


def _check(width: int, height: int, pixel_size_um: float, cells: Mapping[str, int], touching_pairs: int) -> None:
    """Refuse what cannot be drawn."""
    if not (32 <= width <= 20_000 and 32 <= height <= 20_000):
        raise InvalidValueError(f"A field measures 32 to 20000 pixels a side, got {width} x {height}.")
    if not 0.02 <= pixel_size_um <= 1.0:
        raise InvalidValueError(
            f"A pixel size lies between 0.02 and 1 um, got {pixel_size_um}.", hint="It is micrometers per pixel."
        )
    for label, count in cells.items():
        if label not in KINDS:
            raise InvalidValueError(f"There is no class {label!r}.", hint=f"Choose from: {', '.join(KINDS)}.")
        _check_count(label, count)
    _check_count("touching pairs", touching_pairs)
    if 2 * touching_pairs > sum(cells.values()):
        raise InvalidValueError(
            f"{touching_pairs} touching pairs need {2 * touching_pairs} white cells, got {sum(cells.values())}.",
            hint="Ask for fewer pairs or more cells.",
        )


def _check_count(what: str, count: int) -> None:
    if count < 0:
        raise InvalidValueError(f"A number of cells is 0 or more, got {count} for {what}.")


def _draw(
    rng: np.random.Generator,
    shape: tuple[int, int],
    pixel_size_um: float,
    white: Sequence[PlacedCell],
    red_cells: int | None,
    platelets: int | None,
    style: SmearStyle,
) -> SyntheticField:
    """Paint white cells, then red cells and platelets under them, and photograph the whole."""
    canvas = Canvas.empty(*shape)
    lobes = []
    for number, one in enumerate(white, start=1):
        patch = Patch.around(one.center_um, one.planned.outline.reach_um + 0.6, pixel_size_um)
        painted = paint_cell(rng, one.planned, patch, style.stain)
        canvas.add_white_cell(number, painted, patch)
        lobes.append(painted.lobes)
    size_um = (shape[1] * pixel_size_um, shape[0] * pixel_size_um)
    count = _number_of_red_cells(red_cells, white, size_um, style)
    red_boxes = _add_red_cells(rng, canvas, white, size_um, count, style, pixel_size_um)
    count = round(count / 14) if platelets is None else platelets
    platelet_boxes = _add_platelets(rng, canvas, count, style, pixel_size_um)
    found = tuple(_truth(canvas, number, one, lobes[number - 1]) for number, one in enumerate(white, start=1))
    pixels = photograph(rng, canvas.absorbance, style=style, pixel_size_um=pixel_size_um)
    return SyntheticField(
        pixels, found, canvas.cell_labels, canvas.nucleus_labels, red_boxes, platelet_boxes, pixel_size_um
    )


def _number_of_red_cells(
    asked: int | None, white: Sequence[PlacedCell], size_um: tuple[float, float], style: SmearStyle
) -> int:
    """As many as asked for, if they fit; else the share of the glass that the style says."""
    area_um2 = math.pi * (RED_CELL_DIAMETER_UM / 2) ** 2
    free_um2 = size_um[0] * size_um[1] - sum(math.pi * one.planned.outline.radius_um**2 for one in white)
    if asked is None:
        return round(style.red_cell_cover * free_um2 / area_um2)
    _check_count("red cells", asked)
    if asked * area_um2 > _MAX_CROWDING * free_um2 + 2 * area_um2:
        raise InvalidValueError(
            f"{asked} red cells do not fit into {size_um[0]:.0f} x {size_um[1]:.0f} um.",
            hint="Ask for fewer red cells, a larger picture or a larger pixel size.",
        )
    return asked


def _add_red_cells(
    rng: np.random.Generator,
    canvas: Canvas,
    white: Sequence[PlacedCell],
    size_um: tuple[float, float],
    count: int,
    style: SmearStyle,
    pixel_size_um: float,
) -> tuple[Box, ...]:
    """Paint red cells around the white ones."""
    outlines = [plan_red_cell(rng) for _ in range(count)]
    boxes = []
    for outline, center in zip(outlines, place_red_cells(rng, outlines, white, size_um).tolist(), strict=True):
        patch = Patch.around((center[0], center[1]), outline.reach_um, pixel_size_um)
        boxes.append(canvas.add_under(*paint_red_cell(rng, outline, patch, style), patch))
    return tuple(box for box in boxes if box is not None)


def _add_platelets(
    rng: np.random.Generator, canvas: Canvas, count: int, style: SmearStyle, pixel_size_um: float
) -> tuple[Box, ...]:
    """Paint platelets where there is no white cell, most of them on free glass."""
    _check_count("platelets", count)
    free = canvas.cell_labels == 0
    glass = np.flatnonzero(free & (canvas.absorbance[..., 1] < 0.02))
    places = glass if len(glass) else np.flatnonzero(free)
    boxes = []
    for place in rng.choice(places, count).tolist() if len(places) else ():
        row, column = divmod(place, free.shape[1])
        outline = plan_platelet(rng)
        center = ((column + 0.5) * pixel_size_um, (row + 0.5) * pixel_size_um)
        patch = Patch.around(center, outline.reach_um + 0.4, pixel_size_um)
        boxes.append(canvas.add_under(*paint_platelet(rng, outline, patch, style.stain), patch))
    return tuple(box for box in boxes if box is not None)


def _truth(canvas: Canvas, number: int, placed: PlacedCell, lobes: int) -> SyntheticCell:
    """What was drawn of a white cell, from its pixels."""
    box = box_of(canvas.cell_labels == number)
    if box is None:  # a white cell lies wholly inside the picture and is larger than a pixel
        raise InvalidValueError(f"White cell {number} has no pixel.", hint="Ask for a smaller pixel size.")
    left, top = int(box.x0), int(box.y0)
    mask = canvas.cell_labels[top : int(box.y1), left : int(box.x1)] == number
    return SyntheticCell(
        placed.planned.label, box, outline_of(mask, left=left, top=top), diameter_um(placed.planned), lobes
    )

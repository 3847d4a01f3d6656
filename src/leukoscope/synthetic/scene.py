"""HOW IS A FIELD PUT TOGETHER?  White cells first, red cells and platelets under them, then the photograph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.camera import photograph
from leukoscope.synthetic.canvas import Canvas, box_of, outline_of
from leukoscope.synthetic.cells import diameter_um, paint_cell
from leukoscope.synthetic.placement import PlacedCell, place_red_cells
from leukoscope.synthetic.red_cells import (
    RED_CELL_DIAMETER_UM,
    paint_platelet,
    paint_red_cell,
    paint_speck,
    plan_platelet,
    plan_red_cell,
    plan_speck,
)
from leukoscope.synthetic.shapes import Patch
from leukoscope.synthetic.style import SmearStyle
from leukoscope.synthetic.truth import SyntheticCell, SyntheticField

_MAX_CROWDING = 1.6
"""Area of all red cells over the area of free glass; above it they could only lie in heaps."""

_PLATELETS_PER_RED_CELL = 1 / 16
"""A microliter of blood holds about 5 million red cells and 150,000 to 400,000 platelets."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the picture covers: its size in pixels and the size of a pixel in micrometers."""

    width: int
    height: int
    pixel_size_um: float

    @property
    def size_um(self) -> tuple[float, float]:
        """Width and height in micrometers."""
        return self.width * self.pixel_size_um, self.height * self.pixel_size_um


def draw_scene(
    rng: np.random.Generator,
    frame: Frame,
    white: Sequence[PlacedCell],
    *,
    red_cells: int | None,
    platelets: int | None,
    style: SmearStyle,
) -> SyntheticField:
    """Paint white cells, then red cells and platelets under them, and photograph the whole.

    Raises:
        InvalidValueError: There are more red cells or platelets than fit.
    """
    canvas = Canvas.empty(frame.height, frame.width)
    found = tuple(_add_white_cell(rng, canvas, frame, number, one, style) for number, one in enumerate(white, start=1))
    count = _number_of_red_cells(red_cells, white, frame, style)
    red_boxes = _add_red_cells(rng, canvas, frame, white, count, style)
    count = round(count * _PLATELETS_PER_RED_CELL) if platelets is None else platelets
    platelet_boxes = _add_platelets(rng, canvas, frame, count, style)
    _add_dirt(rng, canvas, frame, style)
    pixels = photograph(rng, canvas.absorbance, style=style, pixel_size_um=frame.pixel_size_um)
    return SyntheticField(
        pixels, found, canvas.cell_labels, canvas.nucleus_labels, red_boxes, platelet_boxes, frame.pixel_size_um
    )


def _add_white_cell(
    rng: np.random.Generator, canvas: Canvas, frame: Frame, number: int, placed: PlacedCell, style: SmearStyle
) -> SyntheticCell:
    """Paint a white cell and tell what was painted, from its pixels."""
    planned = placed.planned
    patch = Patch.around(placed.center_um, planned.outline.reach_um + 0.6, frame.pixel_size_um)
    painted = paint_cell(rng, planned, patch, style.stain)
    mask, left, top = canvas.add_white_cell(number, painted, patch)
    box = box_of(mask, left=left, top=top)
    outline = outline_of(mask, left=left, top=top)
    return SyntheticCell(planned.label, box, outline, diameter_um(planned), painted.lobes)


def _number_of_red_cells(asked: int | None, white: Sequence[PlacedCell], frame: Frame, style: SmearStyle) -> int:
    """As many as asked for, if they fit; else the share of the glass that the style says."""
    area_um2 = math.pi * (RED_CELL_DIAMETER_UM / 2) ** 2
    width_um, height_um = frame.size_um
    free_um2 = width_um * height_um - sum(math.pi * one.planned.outline.radius_um**2 for one in white)
    if asked is None:
        return round(style.red_cell_cover * max(0.0, free_um2) / area_um2)
    if asked * area_um2 > _MAX_CROWDING * max(0.0, free_um2):
        raise InvalidValueError(
            f"{asked} red cells do not fit into {width_um:.0f} x {height_um:.0f} um.",
            hint="Ask for fewer red cells, a larger picture or a larger pixel size.",
        )
    return asked


def _add_red_cells(
    rng: np.random.Generator,
    canvas: Canvas,
    frame: Frame,
    white: Sequence[PlacedCell],
    count: int,
    style: SmearStyle,
) -> tuple[Box, ...]:
    """Paint red cells around the white ones."""
    pallor = float(rng.uniform(*style.pallor))
    outlines = [plan_red_cell(rng) for _ in range(count)]
    centers = place_red_cells(rng, outlines, white, frame.size_um)
    boxes = []
    for outline, (x, y) in zip(outlines, centers.tolist(), strict=True):
        center = (x, y)
        if canvas.hides(center, frame.pixel_size_um):
            # A cell in the narrow strip between a white cell and the edge would not be seen.
            (center,) = _free_centers(rng, canvas, frame, 1, "red cells")
        patch = Patch.around(center, outline.reach_um, frame.pixel_size_um)
        boxes.append(canvas.add_under(*paint_red_cell(rng, outline, patch, style.stain, pallor=pallor), patch))
    return tuple(boxes)


def _add_platelets(
    rng: np.random.Generator, canvas: Canvas, frame: Frame, count: int, style: SmearStyle
) -> tuple[Box, ...]:
    """Paint platelets, on free glass where there is some."""
    boxes = []
    for center in _free_centers(rng, canvas, frame, count, "platelets"):
        outline = plan_platelet(rng)
        patch = Patch.around(center, outline.reach_um + 0.4, frame.pixel_size_um)
        boxes.append(canvas.add_under(*paint_platelet(rng, outline, patch, style.stain), patch))
    return tuple(boxes)


def _add_dirt(rng: np.random.Generator, canvas: Canvas, frame: Frame, style: SmearStyle) -> None:
    """Specks of stain on the free glass: small, dark and of no cell."""
    width_um, height_um = frame.size_um
    count = int(rng.poisson(style.dirt * width_um * height_um / 1e4))
    for x, y in zip(*(rng.uniform(0, side, count).tolist() for side in frame.size_um), strict=True):
        if canvas.hides((x, y), frame.pixel_size_um):
            continue
        outline = plan_speck(rng)
        patch = Patch.around((x, y), outline.reach_um + 0.2, frame.pixel_size_um)
        canvas.add(*paint_speck(rng, outline, patch, style.stain), patch)


def _free_centers(
    rng: np.random.Generator, canvas: Canvas, frame: Frame, count: int, what: str
) -> list[tuple[float, float]]:
    """Centers of random pixels outside the white cells, and outside the red cells where there are such pixels."""
    free = np.flatnonzero((canvas.cell_labels == 0) & (canvas.stacked < 0.5))
    if not len(free):
        free = np.flatnonzero(canvas.cell_labels == 0)
    if count and not len(free):
        raise InvalidValueError(
            f"There is no room left for {count} {what}.", hint="Ask for fewer white cells or a larger picture."
        )
    rows, columns = np.divmod(rng.choice(free, count), frame.width) if count else (np.empty(0), np.empty(0))
    x, y = (columns + 0.5) * frame.pixel_size_um, (rows + 0.5) * frame.pixel_size_um
    return list(zip(x.tolist(), y.tolist(), strict=True))

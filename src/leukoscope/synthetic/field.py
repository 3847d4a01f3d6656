"""WHAT CAN I ASK FOR?  Whole fields and single cells whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.cells import PlannedCell, diameter_um
from leukoscope.synthetic.kinds import DIFFERENTIAL, KINDS
from leukoscope.synthetic.placement import PlacedCell, place_white_cells
from leukoscope.synthetic.scene import Frame, draw_scene
from leukoscope.synthetic.style import CREAM, SmearStyle
from leukoscope.synthetic.truth import SyntheticCellImage, SyntheticField

_MIN_SIDE, _MAX_SIDE = 32, 8192


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
        platelets: Number of platelets; None draws one for 16 red cells.
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
    frame = _checked_frame(width, height, pixel_size_um)
    _check_cells(wanted, touching_pairs)
    _check_counts({"red cells": red_cells or 0, "platelets": platelets or 0})
    planned = [PlannedCell.random(rng, label) for label, count in wanted.items() for _ in range(count)]
    order = rng.permutation(len(planned))
    white = place_white_cells(rng, [planned[i] for i in order], frame.size_um, touching_pairs=touching_pairs)
    return draw_scene(rng, frame, white, red_cells=red_cells, platelets=platelets, style=style)


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
    frame = _checked_frame(side, side, pixel_size_um)
    _check_cells({label: 1}, 0)
    planned = PlannedCell.random(rng, label)
    middle_um = frame.size_um[0] / 2
    if planned.outline.reach_um + 0.5 > middle_um:
        raise InvalidValueError(
            f"A {label} of {diameter_um(planned):.1f} um does not fit into {2 * middle_um:.1f} um.",
            hint="Ask for a larger side or a larger pixel size.",
        )
    white = [PlacedCell(planned, (middle_um, middle_um))]
    drawn = draw_scene(rng, frame, white, red_cells=None, platelets=None, style=style)
    return SyntheticCellImage(
        drawn.pixels, drawn.cells[0], drawn.cell_labels == 1, drawn.nucleus_labels == 1, pixel_size_um
    )


def _checked_frame(width: int, height: int, pixel_size_um: float) -> Frame:
    """A frame of a size that can be drawn."""
    if not (_MIN_SIDE <= width <= _MAX_SIDE and _MIN_SIDE <= height <= _MAX_SIDE):
        raise InvalidValueError(
            f"A field measures {_MIN_SIDE} to {_MAX_SIDE} pixels a side, got {width} x {height}.",
            hint="Choose another width, height or side.",
        )
    if not 0.02 <= pixel_size_um <= 0.6:
        raise InvalidValueError(
            f"A pixel size lies between 0.02 and 0.6 um, got {pixel_size_um}.", hint="It is micrometers per pixel."
        )
    return Frame(width, height, pixel_size_um)


def _check_cells(cells: Mapping[str, int], touching_pairs: int) -> None:
    """Refuse unknown classes and numbers that cannot be."""
    unknown = sorted(set(cells) - set(KINDS))
    if unknown:
        raise InvalidValueError(f"There is no class {unknown[0]!r}.", hint=f"Choose from: {', '.join(KINDS)}.")
    _check_counts({**cells, "touching pairs": touching_pairs})
    if 2 * touching_pairs > sum(cells.values()):
        raise InvalidValueError(
            f"{touching_pairs} touching pairs need {2 * touching_pairs} white cells, got {sum(cells.values())}.",
            hint="Ask for fewer pairs or more cells.",
        )


def _check_counts(counts: Mapping[str, int]) -> None:
    for what, count in counts.items():
        if count < 0:
            raise InvalidValueError(
                f"A number is 0 or more, got {count} for {what}.", hint="Leave it out or ask for 0."
            )

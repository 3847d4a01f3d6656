"""Which measurements are there, and what are they for one cell?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import Pixels, PixelSize
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.color import Background
from leukoscope.imaging.measurements import chromatin, color, contour, granularity, nucleus, shape, spots, texture
from leukoscope.imaging.measurements.definition import Measurement, Topic, Values
from leukoscope.imaging.measurements.view import CellView

_TOPICS: Mapping[Topic, tuple[tuple[Measurement, ...], Callable[[CellView], Values]]] = {
    "shape": (shape.MEASUREMENTS, shape.measure_shape),
    "nucleus": (nucleus.MEASUREMENTS, nucleus.measure_nucleus),
    "contour": (contour.MEASUREMENTS, contour.measure_contour),
    "chromatin": (chromatin.MEASUREMENTS, chromatin.measure_chromatin),
    "spots": (spots.MEASUREMENTS, spots.measure_spots),
    "granularity": (granularity.MEASUREMENTS, granularity.measure_granularity),
    "color": (color.MEASUREMENTS, color.measure_color),
    "texture": (texture.MEASUREMENTS, texture.measure_texture),
}
TOPICS: tuple[Topic, ...] = tuple(_TOPICS)
MEASUREMENTS: tuple[Measurement, ...] = tuple(one for defined, _ in _TOPICS.values() for one in defined)
"""Every measurement, in the order in which tables have them."""
_BY_NAME = {one.name: one for one in MEASUREMENTS}


def measurement_names() -> tuple[str, ...]:
    """Names of all columns that `measure_cell` may fill, pixels before micrometers, in the order of tables."""
    return tuple(name for one in MEASUREMENTS for name, _ in one.columns)


def measure_cell(
    pixels: Pixels,
    masks: CellMasks,
    pixel_size: PixelSize | None,
    *,
    topics: Collection[Topic] = TOPICS,
    glass: Background | None = None,
) -> dict[str, float]:
    """Measure one cell; what is not defined for it is left out.

    Args:
        pixels: The whole RGB picture.
        masks: Cell and nucleus in a window of it.
        pixel_size: Edge length of a pixel; None leaves out everything in micrometers.
        topics: What is asked; all by default.
        glass: Color of empty glass, as `glass_of` the picture tells; reckoned anew by default, which takes as long as
            the shape of a cell, so that whoever measures all cells of a picture tells it.

    Returns:
        Finite values by name, as in `measurement_names`; formulas and sources in docs/reference/measurements.md.

    Raises:
        InvalidValueError: The window reaches out of the picture.

    Example:
        >>> import numpy as np
        >>> from leukoscope.domain.regions import Outline
        >>> mask = np.ones((8, 8), dtype=bool)
        >>> masks = CellMasks(0, 0, mask, mask, Outline(((0, 0), (8, 0), (8, 8), (0, 8))), ())
        >>> values = measure_cell(np.full((9, 9, 3), 120, np.uint8), masks, PixelSize(0.5, "given"), topics=["shape"])
        >>> values["cell_area_px"], values["cell_area_um2"], "nucleus_to_cytoplasm_ratio" in values
        (64.0, 16.0, False)
    """
    rows, columns = masks.cell.shape
    if masks.top + rows > pixels.shape[0] or masks.left + columns > pixels.shape[1]:
        raise InvalidValueError(
            f"A window {masks.window.as_list()} reaches out of a picture of {pixels.shape[1]} x {pixels.shape[0]}.",
            hint="Measure with the masks made of the same picture.",
        )
    view = CellView.of(pixels, masks, glass)
    asked = [measure for topic, (_, measure) in _TOPICS.items() if topic in topics]
    return {
        name: told
        for measure in asked
        for stem, value in measure(view).items()
        for name, told in _BY_NAME[stem].told(value, pixel_size)
    }

"""What does a cell measure?  A few cheap figures of shape and size, the unit in each name."""

from __future__ import annotations

import math

from leukoscope.domain.images import PixelSize
from leukoscope.imaging.segmentation.values import SegmentedCell


def measure(cell: SegmentedCell, pixel_size: PixelSize | None) -> dict[str, float]:
    """Measure a cell.

    Args:
        cell: A cell as found in the picture.
        pixel_size: Edge length of a pixel; None leaves out everything in micrometers.

    Returns:
        - `cell_area_px`, `nucleus_area_px`: square pixels.
        - `diameter_px`: diameter of the circle of the cell's area, sqrt(4 area / pi).
        - `nucleus_to_cell_ratio`: nucleus area over cell area, in [0, 1].
        - `roundness`: 4 pi area / perimeter^2 of the cell (Cox 1927), 1 for a circle, at most 1.
        - `solidity`: cell area over the area of its convex hull, in (0, 1].
        - `nucleus_solidity`: the same of the nucleus with all its lobes: low where it is lobed or bent.
        - `nucleus_parts`: lobes that do not touch one another (lobes joined by a visible bridge count as one).
        - `diameter_um`, `cell_area_um2`, `nucleus_area_um2`: only where the pixel size is known.

    References:
        Cox 1927, "A method of assigning numerical and percentage values to the degree of roundness of sand grains".
    """
    features = {
        "cell_area_px": cell.cell_area_px,
        "nucleus_area_px": cell.nucleus_area_px,
        "diameter_px": _diameter(cell.cell_area_px),
        "nucleus_to_cell_ratio": min(1.0, cell.nucleus_area_px / cell.cell_area_px),
        "roundness": min(1.0, 4 * math.pi * cell.cell_area_px / cell.cell_perimeter_px**2),
        "solidity": min(1.0, cell.cell_area_px / cell.cell_hull_area_px),
        "nucleus_parts": float(cell.nucleus_parts),
    }
    if cell.nucleus_hull_area_px > 0:
        features["nucleus_solidity"] = min(1.0, cell.nucleus_area_px / cell.nucleus_hull_area_px)
    if pixel_size is not None:
        features["diameter_um"] = _diameter(cell.cell_area_px) * pixel_size.um
        features["cell_area_um2"] = cell.cell_area_px * pixel_size.um**2
        features["nucleus_area_um2"] = cell.nucleus_area_px * pixel_size.um**2
    return features


def _diameter(area: float) -> float:
    return math.sqrt(4 * area / math.pi)

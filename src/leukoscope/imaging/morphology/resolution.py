"""Is a cell large enough in the picture for its chromatin, nucleoli and granules to be compared?"""

from __future__ import annotations

from collections.abc import Mapping

FEWEST_PX = 60.0
"""Diameter of a cell in pixels; below, the finest grain is lost (docs/explanation/cells.md has the figures)."""


def shows_texture(values: Mapping[str, float]) -> bool:
    """Whether what depends on fine grain can be told of a measured cell.

    Example:
        >>> shows_texture({"diameter_px": 120.0}), shows_texture({"diameter_px": 34.0}), shows_texture({})
        (True, False, False)
    """
    return values.get("diameter_px", 0.0) >= FEWEST_PX

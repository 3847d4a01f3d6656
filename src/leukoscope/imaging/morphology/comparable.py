"""Which measurements of a cell may be compared with those of other cells, and said in words?"""

from __future__ import annotations

from collections.abc import Mapping

from leukoscope.imaging.measurements import MEASUREMENTS, Topic

FEWEST_PX = 60.0
"""Diameter of a cell in pixels; below, the finest grain is lost (docs/explanation/cells.md has the figures)."""
MOST_NUCLEUS = 0.6
"""N:C up to which the rim of cytoplasm is wider than the largest disk by which granules are looked for."""
DARKEST = 2.3
"""Mean absorbance of green in the nucleus above which hardly a tenth of the light is left: grain is lost in black."""
EVENEST = 0.11
"""Heterogeneity of chromatin of the most even reference leukocyte; below, camera noise would pass for its grain."""
FINEST = 0.9
"""Fineness of chromatin that no reference cell reaches (the highest is 0.88): noise from pixel to pixel does."""
_FINE: tuple[Topic, ...] = ("chromatin", "spots", "granularity")
_OF = {name: one for one in MEASUREMENTS for name, _ in one.columns}


def comparable_values(values: Mapping[str, float]) -> dict[str, float]:
    """What can be trusted.

    Left out are chromatin, spots and granules of cells that are small in their picture; chromatin and nucleoli of
    nuclei that are nearly black in green; fineness of chromatin that is so even, or so fine, that camera noise would
    pass for it; granules where the cytoplasm is a thin rim, whose border would pass for them;
    and nucleoli of lobed nuclei, whose gaps would.

    Args:
        values: Measurements of a cell by name.

    Example:
        >>> comparable_values({"diameter_px": 34.0, "chromatin_fineness": 0.6})
        {'diameter_px': 34.0}
    """
    small = values.get("diameter_px", 0.0) < FEWEST_PX
    thin = values.get("nucleus_to_cell_ratio", 1.0) > MOST_NUCLEUS
    dark = values.get("chromatin_density", 0.0) > DARKEST
    noisy = values.get("chromatin_heterogeneity", 0.0) < EVENEST or values.get("chromatin_fineness", 0.0) > FINEST
    lobed = values.get("nucleus_lobes", 1.0) > 1
    left_out: list[str] = [
        name
        for name in values
        if (small and name in _OF and _OF[name].topic in _FINE)
        or (thin and name.startswith("granularity_"))
        or (dark and name.startswith("chromatin_"))
        or (noisy and name == "chromatin_fineness")
        or ((dark or lobed) and name.startswith("nucleoli_"))
    ]
    return {name: value for name, value in values.items() if name not in left_out}

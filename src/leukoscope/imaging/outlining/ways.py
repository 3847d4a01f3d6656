"""The classical ways, by name: one call for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from leukoscope.errors import NotFoundError
from leukoscope.imaging.outlining.kmeans import cluster_colors
from leukoscope.imaging.outlining.thresholds import OtsuSettings, threshold_hsv, threshold_otsu
from leukoscope.imaging.outlining.tracing import TracingOutliner
from leukoscope.imaging.outlining.values import Outliner
from leukoscope.imaging.outlining.watershed import flood
from leukoscope.imaging.outlining.windowed import WindowedOutliner

WAYS: dict[str, Callable[[], Outliner]] = {
    "kmeans": lambda: WindowedOutliner(cluster_colors),
    "hsv": lambda: WindowedOutliner(threshold_hsv),
    "otsu-saturation": lambda: _otsu(OtsuSettings("saturation")),
    "otsu-density": lambda: _otsu(OtsuSettings("density")),
    "otsu-hematoxylin": lambda: _otsu(OtsuSettings("hematoxylin")),
    "watershed": lambda: WindowedOutliner(flood),
    "tracer": TracingOutliner,
}


def outliner(name: str) -> Outliner:
    """A classical way of outlining, by name.

    Args:
        name: One of `WAYS`.

    Raises:
        NotFoundError: There is no such way.

    Example:
        >>> from leukoscope.domain.regions import Box
        >>> import numpy as np
        >>> outliner("kmeans").outline(np.full((40, 40, 3), 230, np.uint8), [Box(0, 0, 40, 40)])
        [None]
    """
    if name not in WAYS:
        raise NotFoundError(f"There is no way of outlining called {name!r}.", hint=f"Choose of {', '.join(WAYS)}.")
    return WAYS[name]()


def _otsu(settings: OtsuSettings) -> Outliner:
    return WindowedOutliner(partial(threshold_otsu, settings=settings))

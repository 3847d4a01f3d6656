"""Pictures for golden samples: drawn, seeded, of the kind a model reads."""

from __future__ import annotations

from typing import Literal

import numpy as np

from leukoscope.domain.images import Pixels
from leukoscope.imaging.preprocessing import resize
from leukoscope.synthetic import DIFFERENTIAL, STYLES, draw_cell, draw_field

COUNT = 6


def golden_images(level: Literal["cell", "image"], side: int) -> Pixels:
    """Synthetic pictures in every stain of `leukoscope.synthetic`, uint8, shape (6, side, side, 3)."""
    rng = np.random.default_rng(20260)
    kinds, styles = sorted(DIFFERENTIAL), list(STYLES.values())
    drawn = []
    for number in range(COUNT):
        style = styles[number % len(styles)]
        if level == "cell":
            pixels = draw_cell(rng, kinds[number % len(kinds)], side=200, style=style).pixels
        else:
            pixels = draw_field(
                rng, width=320, height=320, pixel_size_um=0.25, cells={"lymphocyte": 5}, style=style
            ).pixels
        drawn.append(resize(pixels, side, side))
    return np.stack(drawn)

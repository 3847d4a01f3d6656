"""Which colors does a normalizing preset aim at?  Those of a given picture, or of a drawn smear."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.errors import InvalidValueError
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.stain import ColorStatistics, StainStatistics, color_statistics, stain_statistics
from leukoscope.modeling.augmentation.presets import Preset
from leukoscope.modeling.augmentation.steps import Normalize
from leukoscope.synthetic import draw_field

DRAWN = "drawn smear, seed 0"
_CELLS = {"neutrophil": 3, "lymphocyte": 2}


@dataclass(frozen=True, slots=True)
class Reference:
    """Colors to reach, and where they come from."""

    name: str
    colors: ColorStatistics | StainStatistics


def reference_of(preset: Preset, picture: Path | None) -> Reference | None:
    """The reference of a preset; None for one that does not normalize.

    Raises:
        InvalidValueError: A picture was given, but the preset does not normalize.
        InputError: The picture cannot be read, or shows too little stain.
    """
    step = next((one for one in preset.steps if isinstance(one, Normalize)), None)
    if step is None:
        if picture is not None:
            raise InvalidValueError(
                f"The preset {preset.name!r} does not normalize colors, so a reference picture means nothing to it.",
                hint="Use --preset reinhard or macenko, or leave --reference away.",
            )
        return None
    if picture is None:
        pixels, name = draw_field(np.random.default_rng(0), width=640, height=480, cells=_CELLS).pixels, DRAWN
    else:
        image = read_image(picture)
        pixels, name = image.pixels, image.sha256
    colors = color_statistics(pixels) if step.method == "reinhard" else stain_statistics(pixels)
    return Reference(name, colors)

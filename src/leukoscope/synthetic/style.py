"""HOW IS IT STAINED AND SEEN?  The looks of a laboratory: stain, lamp, focus and camera as values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from leukoscope.errors import InvalidValueError

Absorbance = tuple[float, float, float]
"""Natural-log optical density in red, green and blue; 0 lets all light through."""

Dye = Literal["red_cell", "nucleus", "basophilic", "acidophilic", "azurophil", "eosinophil", "basophil"]


@dataclass(frozen=True, slots=True)
class StainStyle:
    """Colors of a Romanowsky stain (May-Gruenwald-Giemsa, Wright) as one laboratory gets them.

    Attributes:
        background: Empty glass as the camera shows it, RGB in [0, 255].
        red_cell: Hemoglobin of one red cell at full thickness.
        nucleus: Dense chromatin.
        basophilic: Blue cytoplasm (RNA) at full strength, as of a blast.
        acidophilic: Pinkish cytoplasm, as of a mature neutrophil.
        azurophil: Lilac granules; platelets.
        eosinophil: Orange granules.
        basophil: Dark violet granules.

    Raises:
        InvalidValueError: The background is outside [0, 255], or an absorbance outside [0, 6].
    """

    background: tuple[float, float, float] = (255.0, 229.0, 204.0)
    red_cell: Absorbance = (0.24, 0.36, 0.20)
    nucleus: Absorbance = (1.35, 2.05, 0.50)
    basophilic: Absorbance = (0.70, 0.62, 0.10)
    acidophilic: Absorbance = (0.13, 0.20, 0.07)
    azurophil: Absorbance = (0.60, 1.00, 0.28)
    eosinophil: Absorbance = (0.24, 0.82, 0.56)
    basophil: Absorbance = (1.10, 2.10, 0.75)

    def __post_init__(self) -> None:
        if not all(0 <= value <= 255 for value in self.background):
            raise InvalidValueError(f"A background lies in [0, 255], got {self.background}.")
        for dye in _DYES:
            if not all(0 <= value <= 6 for value in self.of(dye)):
                raise InvalidValueError(f"An absorbance lies in [0, 6], got {self.of(dye)} for {dye}.")

    def of(self, dye: Dye) -> Absorbance:
        """Absorbance of one dye at full strength."""
        absorbance: Absorbance = getattr(self, dye)
        return absorbance

    def shifted(self, *, hue_deg: float = 0.0, intensity: float = 1.0) -> StainStyle:
        """The same stain turned around the gray axis by `hue_deg` and made `intensity` times as dense.

        Example:
            >>> StainStyle().shifted(intensity=0.5).red_cell
            (0.12, 0.18, 0.1)
        """
        return replace(self, **{dye: _turned(self.of(dye), hue_deg, intensity) for dye in _DYES})


@dataclass(frozen=True, slots=True)
class SmearStyle:
    """Everything about the looks of a field that is not a cell.

    Attributes:
        stain: Colors.
        pallor: Least and greatest depth of the central pallor that is typical of a field's red cells, in [0, 1].
        red_cell_cover: Share of the free glass under red cells when no number is asked for, in [0, 0.7].
        film: Unevenness of the stained film on the glass, as a standard deviation of absorbance.
        dirt: Specks of stain per 10,000 square micrometers.
        brightness: Exposure; 1 shows empty glass as `stain.background`.
        white_balance: Gain of the camera per channel.
        vignetting: Loss of light in the corners, in [0, 0.9].
        gradient: Loss of light from one side to the other, in [0, 0.9].
        gradient_deg: Direction toward the darker side, counter-clockwise from the right.
        blur_um: Standard deviation of the focus blur.
        sharpening: Strength of the camera's unsharp mask; 0 is none.
        shot_noise: Standard deviation of the noise at full light, in gray levels.
        read_noise: Standard deviation of the noise in the dark, in gray levels.

    Raises:
        InvalidValueError: A value lies outside its range.
    """

    stain: StainStyle = field(default_factory=StainStyle)
    pallor: tuple[float, float] = (0.2, 0.9)
    red_cell_cover: float = 0.38
    film: float = 0.005
    dirt: float = 3.0
    brightness: float = 1.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignetting: float = 0.03
    gradient: float = 0.02
    gradient_deg: float = 30.0
    blur_um: float = 0.10
    sharpening: float = 0.8
    shot_noise: float = 1.2
    read_noise: float = 0.5

    def __post_init__(self) -> None:
        low, high = self.pallor
        within = {
            "pallor": 0 <= low <= high <= 1,
            "red_cell_cover": 0 <= self.red_cell_cover <= 0.7,
            "film": 0 <= self.film <= 0.5,
            "dirt": 0 <= self.dirt <= 1000,
            "brightness": 0 < self.brightness <= 4,
            "white_balance": all(0 < gain <= 4 for gain in self.white_balance),
            "vignetting": 0 <= self.vignetting <= 0.9,
            "gradient": 0 <= self.gradient <= 0.9,
            "gradient_deg": math.isfinite(self.gradient_deg),
            "blur_um": 0 <= self.blur_um <= 20,
            "sharpening": 0 <= self.sharpening <= 5,
            "shot_noise": 0 <= self.shot_noise <= 100,
            "read_noise": 0 <= self.read_noise <= 100,
        }
        for name, fits in within.items():
            if not fits:
                raise InvalidValueError(
                    f"The smear style's {name} is out of range: {getattr(self, name)}.",
                    hint="See the attributes of SmearStyle for the ranges.",
                )

    def varied(self, rng: np.random.Generator, *, strength: float = 1.0) -> SmearStyle:
        """A neighbor of this style: hue, density, light, focus and noise drawn at random around it.

        Raises:
            InvalidValueError: `strength` is outside [0, 2].
        """
        if not 0 <= strength <= 2:
            raise InvalidValueError(f"A strength lies in [0, 2], got {strength}.")
        hue, density, light, blur, noise, *shifts = (float(v) for v in rng.uniform(-strength, strength, 8))
        red, green, blue = (
            gain * math.exp(0.03 * shift) for gain, shift in zip(self.white_balance, shifts, strict=True)
        )
        return replace(
            self,
            stain=self.stain.shifted(hue_deg=12 * hue, intensity=math.exp(0.2 * density)),
            brightness=self.brightness * math.exp(0.08 * light),
            white_balance=(red, green, blue),
            gradient_deg=float(rng.uniform(0, 360)),
            blur_um=self.blur_um * math.exp(0.5 * blur),
            shot_noise=self.shot_noise * math.exp(0.4 * noise),
        )


def _turned(absorbance: Absorbance, hue_deg: float, intensity: float) -> Absorbance:
    """Rotate an absorbance about the gray axis (Rodrigues) and scale it; never below 0."""
    vector = np.asarray(absorbance)
    axis = np.full(3, 1 / math.sqrt(3))
    angle = math.radians(hue_deg)
    turned = (
        vector * math.cos(angle)
        + np.cross(axis, vector) * math.sin(angle)
        + axis * float(axis @ vector) * (1 - math.cos(angle))
    )
    red, green, blue = (round(max(0.0, float(value)), 6) for value in turned * intensity)
    return red, green, blue


_DYES: tuple[Dye, ...] = (
    "red_cell",
    "nucleus",
    "basophilic",
    "acidophilic",
    "azurophil",
    "eosinophil",
    "basophil",
)

CREAM = SmearStyle()
"""Warm cream glass, violet nuclei, sharpened by the camera: the look of an automated imaging system."""

GRAY = SmearStyle(
    stain=StainStyle(
        background=(207.0, 208.0, 202.0),
        red_cell=(0.12, 0.28, 0.25),
        nucleus=(0.80, 1.22, 0.04),
        basophilic=(0.45, 0.42, 0.02),
        acidophilic=(0.12, 0.19, 0.03),
        azurophil=(0.40, 0.75, 0.08),
        eosinophil=(0.16, 0.66, 0.32),
        basophil=(0.95, 1.35, 0.12),
    ),
    pallor=(0.35, 0.95),
    red_cell_cover=0.48,
    film=0.010,
    dirt=6.0,
    vignetting=0.06,
    gradient=0.05,
    blur_um=0.17,
    sharpening=0.0,
    shot_noise=1.8,
)
"""Greenish-gray glass, brick red cells, blue-violet nuclei: a microscope camera under halogen light."""

BLUISH = SmearStyle(
    stain=StainStyle(
        background=(250.0, 253.0, 254.0),
        red_cell=(0.33, 0.29, 0.16),
        nucleus=(0.60, 1.00, 0.10),
        basophilic=(0.55, 0.42, 0.05),
        acidophilic=(0.14, 0.20, 0.05),
        azurophil=(0.40, 0.75, 0.12),
        eosinophil=(0.20, 0.62, 0.40),
        basophil=(0.85, 1.20, 0.20),
    ),
    pallor=(0.3, 0.95),
    vignetting=0.05,
    gradient=0.03,
    blur_um=0.16,
    sharpening=0.3,
    shot_noise=1.5,
)
"""Almost white glass, bluish-gray red cells, lilac nuclei: a cool white balance."""

PINK = SmearStyle(
    stain=StainStyle(
        background=(232.0, 203.0, 196.0),
        red_cell=(0.42, 0.40, 0.18),
        nucleus=(0.58, 1.75, 0.42),
        basophilic=(0.42, 0.48, 0.08),
        acidophilic=(0.10, 0.20, 0.08),
        azurophil=(0.32, 0.85, 0.22),
        eosinophil=(0.16, 0.70, 0.42),
        basophil=(0.75, 1.70, 0.42),
    ),
    vignetting=0.10,
    gradient=0.06,
    blur_um=0.18,
    sharpening=0.0,
    shot_noise=1.8,
)
"""Rosy glass, mauve red cells, magenta nuclei: a phone on the eyepiece."""

STYLES: dict[str, SmearStyle] = {"cream": CREAM, "gray": GRAY, "bluish": BLUISH, "pink": PINK}
"""The presets by name."""

"""The part `[augmentation]` of a recipe: a preset by name, or our own way with its keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

OWN_WAY = "leukoscope"
"""The preset whose parameters are the keys of the recipe."""

_Share = Annotated[float, Field(ge=0, le=1)]
_Range = tuple[float, float]


class Augmentation(BaseModel):
    """How pictures are changed while training; each is drawn anew for every picture and epoch.

    Attributes:
        preset: One of `leukoscope data augment --list`. Every preset but `leukoscope` brings its own parameters and
            takes none of the keys below.
        flip: Mirror in half of the pictures, each way.
        rotation_degrees: Largest turn either way.
        scale: Smallest and largest magnification.
        shift: Largest shift, as a share of the side.
        stain_strength: Standard deviation of the log of each channel's optical-density factor.
        stain_mixing: Standard deviation of what of one channel's optical density spills into another.
        hue_degrees: Largest turn of the colors around the gray axis.
        saturation: Smallest and largest factor.
        contrast: Smallest and largest factor.
        brightness: Largest shift, as a share of full scale.
        blur: Share of batches' quarters that are blurred, sigma up to `blur_sigma_px`.
        blur_sigma_px: Largest blur.
        noise: Share of pictures with noise, standard deviation up to `noise_strength` of full scale.
        noise_strength: Largest noise.
        jpeg: Share of pictures that are compressed once more.
        jpeg_quality: Smallest and largest JPEG quality.
        paint_corner: Share of pictures whose corners are painted over, or get a false scale bar.
        erase: Share of pictures that lose a rectangle at a random place near the edge.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: str = OWN_WAY
    flip: bool = True
    rotation_degrees: float = 180
    scale: _Range = (0.75, 1.3)
    shift: float = 0.08
    stain_strength: float = 0.2
    stain_mixing: float = 0.06
    hue_degrees: float = 14
    saturation: _Range = (0.6, 1.4)
    contrast: _Range = (0.75, 1.3)
    brightness: float = 0.12
    blur: _Share = 0.25
    blur_sigma_px: float = 1.2
    noise: _Share = 0.2
    noise_strength: float = 0.03
    jpeg: _Share = 0.1
    jpeg_quality: tuple[int, int] = (40, 90)
    paint_corner: _Share = 0.0
    erase: _Share = 0.15

    @model_validator(mode="after")
    def _known(self) -> Augmentation:
        from leukoscope.modeling.augmentation.presets import check_on_the_fly

        if self.preset == OWN_WAY:
            return self
        check_on_the_fly(self.preset)
        keys = sorted(self.model_fields_set - {"preset"})
        if keys:
            raise ValueError(
                f"the preset {self.preset!r} brings its own parameters and takes no {', '.join(keys)}; to replace a "
                f"recipe's whole part: --set 'augmentation={{preset=\"{self.preset}\"}}'"
            )
        return self

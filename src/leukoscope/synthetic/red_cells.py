"""HOW DO RED CELLS AND PLATELETS LOOK?  Disks with a pale center; small lilac heaps of granules."""

from __future__ import annotations

import math

import numpy as np

from leukoscope.synthetic.shapes import Patch, RoundOutline
from leukoscope.synthetic.style import StainStyle
from leukoscope.synthetic.texture import Floats, scatter, smoothstep

RED_CELL_DIAMETER_UM = 7.2
_CRENATED_SHARE = 0.04


def plan_red_cell(rng: np.random.Generator) -> RoundOutline:
    """Outline of a red cell: 7.2 um on average, slightly oval, a few crenated."""
    radius_um = float(np.clip(rng.normal(RED_CELL_DIAMETER_UM, 0.42), 5.8, 8.8)) / 2
    outline = RoundOutline.random(rng, radius_um, float(rng.uniform(0.02, 0.065)))
    oval = (2, float(abs(rng.normal(0, 0.065))), float(rng.uniform(0, 2 * math.pi)))
    waves = (*outline.waves[1:], oval)
    if rng.random() < _CRENATED_SHARE:
        spikes = int(rng.integers(10, 15))
        waves += tuple((spikes + more, 0.025, float(rng.uniform(0, 2 * math.pi))) for more in (0, 2))
    return RoundOutline(radius_um, waves)


def paint_red_cell(
    rng: np.random.Generator, outline: RoundOutline, patch: Patch, stain: StainStyle, *, pallor: float
) -> tuple[Floats, Floats]:
    """Coverage and absorbance of a red cell: thick ring, thin middle; `pallor` is what is typical of the field."""
    distance = outline.distance(patch)
    cover = patch.coverage(distance)
    out = np.clip(1 + distance / np.float32(outline.radius_um), 0, None)
    # The pale middle lies off center and is not quite round.
    aside = outline.radius_um * rng.normal(0, 0.05, 2)
    middle = np.hypot(patch.x - np.float32(aside[0]), patch.y - np.float32(aside[1])) / np.float32(outline.radius_um)
    middle = 0.6 * middle + 0.4 * out
    depth = float(np.clip(rng.normal(pallor, 0.14), 0, 1))
    width = float(np.clip(rng.normal(0.30 + 0.28 * pallor, 0.06), 0.2, 0.68))
    thickness = 1.06 - depth * np.exp(-((middle / width) ** float(rng.uniform(2.5, 6.0))))
    thickness = thickness * (0.50 + 0.50 * smoothstep(0.0, 0.9, -distance))
    thickness = thickness + 0.12 * np.exp(-((distance + 0.2) ** 2) / 0.03)
    tilt = float(rng.uniform(0, 2 * math.pi))
    slope = (patch.x * np.float32(math.cos(tilt)) + patch.y * np.float32(math.sin(tilt))) / np.float32(
        outline.radius_um
    )
    thickness = thickness * (1 + 0.08 * slope) * float(rng.normal(1, 0.07))
    amount = np.maximum(thickness, 0) * cover
    return cover, amount[..., None] * np.asarray(stain.red_cell, np.float32)


def plan_platelet(rng: np.random.Generator) -> RoundOutline:
    """Outline of a platelet, 1.8 to 3.4 um across."""
    return RoundOutline.random(rng, float(rng.uniform(0.9, 1.7)), 0.14)


def paint_platelet(
    rng: np.random.Generator, outline: RoundOutline, patch: Patch, stain: StainStyle
) -> tuple[Floats, Floats]:
    """Coverage and absorbance of a platelet: granules in a faint blue rim."""
    distance = outline.distance(patch.warped(rng, scale_um=0.8, by_um=0.15))
    # However ragged, there is always a core.
    distance = np.minimum(distance, np.hypot(patch.x, patch.y) - np.float32(0.45))
    cover = patch.coverage(distance)
    unit = 1 / patch.pixel_size_um
    count = round(6 * math.pi * outline.radius_um**2)
    core = distance < -0.3
    grains = scatter(rng, core, count=count, radius_px=(0.10 * unit, 0.26 * unit), contrast=0.7)
    lilac = cover * (0.85 * smoothstep(0.1, 0.9, -distance) * (1 + 0.3 * patch.noise(rng, 0.7)) + 0.7 * grains)
    blue = 0.3 * cover
    absorbance = lilac[..., None] * np.asarray(stain.azurophil, np.float32) + blue[..., None] * np.asarray(
        stain.basophilic, np.float32
    )
    return cover, absorbance


def plan_speck(rng: np.random.Generator) -> RoundOutline:
    """Outline of a speck of precipitated stain, 0.3 to 1 um across."""
    return RoundOutline.random(rng, float(rng.uniform(0.15, 0.5)), 0.2)


def paint_speck(
    rng: np.random.Generator, outline: RoundOutline, patch: Patch, stain: StainStyle
) -> tuple[Floats, Floats]:
    """Coverage and absorbance of a speck of stain."""
    cover = patch.coverage(outline.distance(patch))
    amount = cover * np.float32(rng.uniform(0.3, 1.0))
    return cover, amount[..., None] * np.asarray(stain.basophil, np.float32)

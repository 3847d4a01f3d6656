"""HOW DOES A WHITE CELL LOOK?  Nucleus, cytoplasm and granules as absorbance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.synthetic.kinds import KINDS, CellKind, Chromatin, Granules
from leukoscope.synthetic.nuclei import place_nucleus
from leukoscope.synthetic.shapes import Patch, RoundOutline
from leukoscope.synthetic.style import Dye, StainStyle
from leukoscope.synthetic.texture import Floats, bent, scatter, smoothstep


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A white cell before it has a place: its class and its outline."""

    label: str
    outline: RoundOutline

    @classmethod
    def random(cls, rng: np.random.Generator, label: str) -> PlannedCell:
        """A cell of plausible size for its class."""
        kind = KINDS[label]
        radius_um = float(rng.uniform(*kind.diameter_um)) / 2
        return cls(label, RoundOutline.random(rng, radius_um, kind.irregularity))


@dataclass(frozen=True, slots=True, eq=False)
class PaintedCell:
    """A white cell on its window.

    Attributes:
        cell: Share of each pixel that the cell covers.
        nucleus: Share of each pixel that the nucleus covers.
        absorbance: Shape (height, width, 3).
        lobes: Number of lobes of the nucleus.
    """

    cell: Floats
    nucleus: Floats
    absorbance: Floats
    lobes: int


def paint_cell(rng: np.random.Generator, planned: PlannedCell, patch: Patch, stain: StainStyle) -> PaintedCell:
    """Paint a planned cell around the center of a window."""
    kind = KINDS[planned.label]
    rough = patch.warped(rng, scale_um=1.2, by_um=0.10)
    cell_distance = planned.outline.distance(rough)
    nucleus_distance, lobes = place_nucleus(rng, kind, planned.outline.radius_um, patch, cell_distance)
    cell, nucleus = patch.coverage(cell_distance), patch.coverage(nucleus_distance)
    dyes: dict[Dye, Floats] = {"nucleus": nucleus * _chromatin(rng, kind.chromatin, patch, nucleus_distance)}
    # What shows in the gaps of the chromatin is not empty: a reddish ground.
    dyes["azurophil"] = np.float32(0.22) * nucleus
    _add_nucleoli(rng, kind, patch, nucleus_distance, dyes)
    _add_cytoplasm(rng, kind, patch, cell_distance, nucleus_distance, dyes)
    for granules in kind.granules:
        _add_granules(rng, granules, patch, cell_distance, nucleus, dyes)
    absorbance = np.zeros((*cell.shape, 3), np.float32)
    for dye, amount in dyes.items():
        absorbance += amount[..., None] * np.asarray(stain.of(dye), np.float32)
    return PaintedCell(cell, nucleus, absorbance, lobes)


def _chromatin(rng: np.random.Generator, chromatin: Chromatin, patch: Patch, distance: Floats) -> Floats:
    """Density of the nuclear dye: clumps, pale gaps between them, a darker membrane."""
    fine = 0.8 * patch.noise(rng, chromatin.grain_um) + 0.6 * patch.noise(rng, 2 * chromatin.grain_um)
    wide = patch.noise(rng, 2.0)
    gaps = smoothstep(chromatin.cover - 0.9, chromatin.cover + 1.3, fine + 0.25 * wide)
    membrane = np.exp(-((distance + 0.12) ** 2) / 0.05)
    density = float(rng.uniform(*chromatin.density))
    grain: Floats = density * (1.08 - chromatin.gap * gaps * (1 - 0.9 * membrane) + 0.05 * wide + 0.12 * membrane)
    return np.maximum(grain, 0)


def _add_nucleoli(
    rng: np.random.Generator, kind: CellKind, patch: Patch, nucleus_distance: Floats, dyes: dict[Dye, Floats]
) -> None:
    """Pale bluish spots in the nucleus, well inside its border."""
    blue = np.zeros_like(nucleus_distance)
    places = np.flatnonzero(nucleus_distance < -1.3)
    for _ in range(int(rng.integers(kind.nucleoli[0], kind.nucleoli[1] + 1)) if len(places) else 0):
        row, column = divmod(int(rng.choice(places)), nucleus_distance.shape[1])
        away = np.hypot(patch.x - patch.x[row, column], patch.y - patch.y[row, column])
        radius_um = float(rng.uniform(0.6, 1.1))
        spot = smoothstep(-radius_um - 0.25, -radius_um + 0.3, -away)
        rim = np.exp(-((away - radius_um - 0.2) ** 2) / 0.06)
        dyes["nucleus"] = dyes["nucleus"] * (1 - 0.5 * spot + 0.16 * rim)
        blue = np.maximum(blue, 0.35 * spot)
    dyes["basophilic"] = blue


def _add_cytoplasm(
    rng: np.random.Generator,
    kind: CellKind,
    patch: Patch,
    cell_distance: Floats,
    nucleus_distance: Floats,
    dyes: dict[Dye, Floats],
) -> None:
    """Blue and pinkish ground, mottled, thinner at the edge, with a membrane, a perinuclear zone and vacuoles."""
    cell, nucleus = patch.coverage(cell_distance), patch.coverage(nucleus_distance)
    ground = cell * (1 - 0.75 * nucleus) * (1 + kind.mottle * (patch.noise(rng, 0.4) + 0.7 * patch.noise(rng, 1.6)))
    ground = ground * (0.72 + 0.28 * smoothstep(0.0, 1.2, -cell_distance))
    ground = ground + 0.35 * np.exp(-((cell_distance + 0.15) ** 2) / 0.03) * cell
    ground = np.maximum(ground, 0) * (1 - _vacuoles(rng, kind, patch, cell_distance, nucleus_distance))
    # A pale zone hugs the nucleus on its inner side; it is what makes blue cytoplasm look like a rim.
    hof = 1 - 0.22 * np.exp(-(nucleus_distance**2) / 0.15)
    basophilia = float(rng.uniform(*kind.basophilia))
    dyes["basophilic"] = dyes["basophilic"] + ground * hof * basophilia
    dyes["acidophilic"] = ground * float(rng.uniform(*kind.acidophilia))
    for granules in kind.granules:
        haze = ground * np.float32(granules.haze)
        dyes[granules.dye] = dyes.get(granules.dye, np.zeros_like(ground)) + haze


def _vacuoles(
    rng: np.random.Generator, kind: CellKind, patch: Patch, cell_distance: Floats, nucleus_distance: Floats
) -> Floats:
    """Pale round holes in the cytoplasm, as monocytes have."""
    inside = (cell_distance < -0.5) & (nucleus_distance > 0.4)
    count = int(rng.integers(kind.vacuoles[0], kind.vacuoles[1] + 1))
    unit = 1 / patch.pixel_size_um
    holes = scatter(rng, inside, count=count, radius_px=(0.25 * unit, 0.65 * unit), contrast=0.3)
    pale: Floats = np.float32(0.95) * holes * (nucleus_distance > 0)
    return pale


def _add_granules(
    rng: np.random.Generator,
    granules: Granules,
    patch: Patch,
    cell_distance: Floats,
    nucleus: Floats,
    dyes: dict[Dye, Floats],
) -> None:
    """Granules in the cytoplasm and, where the class has them there, over the nucleus."""
    within: NDArray[np.bool_] = cell_distance < -granules.radius_um[0]
    unit = 1 / patch.pixel_size_um
    radius_px = (granules.radius_um[0] * unit, granules.radius_um[1] * unit)
    per_um2 = float(rng.uniform(*granules.per_um2))
    amount = np.zeros_like(nucleus)
    for area, density in (
        (within & (nucleus < 0.5), per_um2),
        (within & (nucleus >= 0.5), per_um2 * granules.over_nucleus),
    ):
        count = round(density * float(area.sum()) * patch.pixel_size_um**2)
        spots = scatter(rng, area, count=count, radius_px=radius_px, contrast=granules.contrast)
        amount = np.maximum(amount, bent(rng, spots, scale_px=0.5 * unit, by_px=0.4 * granules.radius_um[1] * unit))
    shown = amount * patch.coverage(cell_distance) * np.float32(granules.strength)
    if granules.over_nucleus == 0.0:
        shown = shown * (1 - nucleus)
    dyes[granules.dye] = dyes.get(granules.dye, np.zeros_like(nucleus)) + shown


def diameter_um(planned: PlannedCell) -> float:
    """Diameter of the circle that has the area of the planned outline.

    Example:
        >>> diameter_um(PlannedCell("lymphocyte", RoundOutline(4.5, ())))
        9.0
    """
    return 2 * planned.outline.radius_um

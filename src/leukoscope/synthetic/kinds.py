"""WHAT IS EACH WHITE CELL LIKE?  One row per class: size, nucleus, chromatin, cytoplasm, granules.

The ranges are those of hematology textbooks (for example Bain, "Blood Cells"), set by eye beside real fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from leukoscope.synthetic.style import Dye

NucleusShape = Literal["segmented", "kidney", "round"]
Span = tuple[float, float]
Whole = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chromatin:
    """How dense and how coarse the nucleus is.

    `density` of the nuclear dye; grain `grain_um` wide; gaps lose the share `gap` of the dye; the higher `cover` (in
    standard deviations of the grain), the fewer gaps.
    """

    density: Span
    grain_um: float
    gap: float
    cover: float = 0.8


@dataclass(frozen=True, slots=True)
class Granules:
    """Granules of one dye: how many per square micrometer of cytoplasm, how large, how strong.

    `over_nucleus` is the share of that number per area that lies over the nucleus; `haze` the even ground of granules
    too small or too deep to be seen.
    """

    dye: Dye
    per_um2: Span
    radius_um: Span
    strength: float
    contrast: float = 0.5
    over_nucleus: float = 0.0
    haze: float = 0.0


@dataclass(frozen=True, slots=True)
class CellKind:
    """A class of white cells.

    Attributes:
        diameter_um: Least and greatest diameter on the smear.
        irregularity: Waviness of the outline, relative to the radius.
        nucleus: Shape of the nucleus.
        nucleus_share: Diameter of the nucleus (of the circle of its area) relative to the cell's.
        chromatin: Density and grain of the nucleus.
        basophilia: Strength of the blue cytoplasm.
        acidophilia: Strength of the pinkish cytoplasm.
        lobes: Least and greatest number of lobes.
        granules: Kinds of granules, painted in this order.
        vacuoles: Least and greatest number of pale holes in the cytoplasm.
        nucleoli: Least and greatest number of nucleoli.
        dent: Chance of an indented round nucleus.
        mottle: Unevenness of the cytoplasm.
    """

    diameter_um: Span
    irregularity: float
    nucleus: NucleusShape
    nucleus_share: Span
    chromatin: Chromatin
    basophilia: Span
    acidophilia: Span
    lobes: Whole = (1, 1)
    granules: tuple[Granules, ...] = ()
    vacuoles: Whole = (0, 0)
    nucleoli: Whole = (0, 0)
    dent: float = 0.0
    mottle: float = 0.12


KINDS: Mapping[str, CellKind] = MappingProxyType(
    {
        "neutrophil": CellKind(
            diameter_um=(12.0, 14.2),
            irregularity=0.035,
            nucleus="segmented",
            nucleus_share=(0.55, 0.62),
            chromatin=Chromatin((0.9, 1.05), grain_um=0.32, gap=0.72, cover=0.5),
            basophilia=(0.0, 0.06),
            acidophilia=(0.7, 1.0),
            lobes=(2, 5),
            granules=(
                Granules("azurophil", (0.8, 3.2), (0.08, 0.15), strength=0.5, contrast=0.8),
                Granules("acidophilic", (4.0, 6.0), (0.15, 0.25), strength=0.7, contrast=0.8),
            ),
        ),
        "eosinophil": CellKind(
            diameter_um=(12.5, 15.0),
            irregularity=0.035,
            nucleus="segmented",
            nucleus_share=(0.54, 0.60),
            chromatin=Chromatin((0.88, 1.02), grain_um=0.32, gap=0.72, cover=0.4),
            basophilia=(0.05, 0.12),
            acidophilia=(0.3, 0.6),
            lobes=(2, 3),
            granules=(Granules("eosinophil", (7.0, 9.0), (0.18, 0.34), strength=0.75, contrast=0.7, haze=0.24),),
        ),
        "basophil": CellKind(
            diameter_um=(11.5, 14.0),
            irregularity=0.04,
            nucleus="segmented",
            nucleus_share=(0.62, 0.70),
            chromatin=Chromatin((0.7, 0.85), grain_um=0.4, gap=0.5, cover=0.5),
            basophilia=(0.05, 0.2),
            acidophilia=(0.4, 0.8),
            lobes=(2, 3),
            granules=(
                Granules("basophil", (2.0, 3.4), (0.18, 0.40), strength=1.0, contrast=0.3, over_nucleus=0.5, haze=0.08),
            ),
        ),
        "lymphocyte": CellKind(
            diameter_um=(8.2, 11.0),
            irregularity=0.04,
            nucleus="round",
            nucleus_share=(0.76, 0.91),
            chromatin=Chromatin((0.88, 1.05), grain_um=0.32, gap=0.62, cover=0.45),
            basophilia=(0.6, 0.95),
            acidophilia=(0.0, 0.15),
            dent=0.3,
        ),
        "monocyte": CellKind(
            diameter_um=(14.5, 18.0),
            irregularity=0.085,
            nucleus="kidney",
            nucleus_share=(0.60, 0.68),
            chromatin=Chromatin((0.8, 0.98), grain_um=0.26, gap=0.62, cover=0.1),
            basophilia=(0.36, 0.5),
            acidophilia=(0.3, 0.7),
            mottle=0.15,
            granules=(Granules("azurophil", (1.0, 2.5), (0.08, 0.14), strength=0.3, contrast=0.8),),
            vacuoles=(2, 14),
        ),
        "immature-granulocyte": CellKind(
            diameter_um=(13.5, 17.5),
            irregularity=0.03,
            nucleus="round",
            nucleus_share=(0.66, 0.78),
            chromatin=Chromatin((0.85, 1.02), grain_um=0.28, gap=0.66, cover=0.25),
            basophilia=(0.2, 0.45),
            acidophilia=(0.3, 0.6),
            granules=(Granules("azurophil", (2.0, 6.0), (0.09, 0.19), strength=1.0, contrast=0.7, over_nucleus=0.2),),
            nucleoli=(0, 1),
            dent=0.7,
        ),
        "erythroblast": CellKind(
            diameter_um=(8.5, 11.5),
            irregularity=0.05,
            nucleus="round",
            nucleus_share=(0.56, 0.72),
            chromatin=Chromatin((1.05, 1.25), grain_um=0.38, gap=0.75, cover=0.95),
            basophilia=(0.35, 0.6),
            acidophilia=(0.7, 1.0),
            mottle=0.05,
        ),
        "blast": CellKind(
            diameter_um=(11.0, 16.5),
            irregularity=0.065,
            nucleus="round",
            nucleus_share=(0.86, 0.94),
            chromatin=Chromatin((0.72, 0.92), grain_um=0.24, gap=0.55, cover=0.25),
            basophilia=(0.7, 1.05),
            acidophilia=(0.0, 0.05),
            nucleoli=(1, 3),
            dent=0.35,
        ),
    }
)
"""White-cell (nucleated-cell) classes by label."""

DIFFERENTIAL: Mapping[str, int] = MappingProxyType(
    {
        "neutrophil": 9,
        "lymphocyte": 5,
        "monocyte": 2,
        "eosinophil": 1,
        "basophil": 1,
        "immature-granulocyte": 1,
        "erythroblast": 1,
    }
)
"""The cells of a field when none are asked for: 20 with one of each rare class, so that a demo shows them all."""

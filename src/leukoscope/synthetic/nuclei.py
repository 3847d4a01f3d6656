"""WHERE IS THE NUCLEUS?  Its shape within the cell: lobes joined by bridges, a kidney, or a disk."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from leukoscope.synthetic.kinds import CellKind
from leukoscope.synthetic.shapes import Patch, arc, ellipse, joined, segment
from leukoscope.synthetic.texture import Floats

_MARGIN_UM = 0.3
"""Rim of cytoplasm that a nucleus always leaves, so that it never reaches out of its cell."""


def place_nucleus(
    rng: np.random.Generator, kind: CellKind, radius_um: float, patch: Patch, cell_distance: Floats
) -> tuple[Floats, int]:
    """Signed distance of a nucleus inside its cell, and its number of lobes."""
    size_um = radius_um * float(rng.uniform(*kind.nucleus_share))
    angle = float(rng.uniform(0, 2 * math.pi))
    if kind.nucleus == "segmented":
        lobes = _number_of_lobes(rng, *kind.lobes)
        nucleus = _chain(rng, patch, radius_um, size_um, angle, lobes)
    elif kind.nucleus == "kidney":
        lobes, nucleus = 1, _kidney(rng, patch, size_um, angle)
    else:
        dented = bool(rng.random() < kind.dent)
        lobes, nucleus = 1, _disk(rng, patch, radius_um, size_um, angle, oval=kind.dent > 0.5, dented=dented)
    return np.maximum(nucleus, cell_distance + np.float32(_MARGIN_UM)), lobes


def _number_of_lobes(rng: np.random.Generator, fewest: int, most: int) -> int:
    """A number of lobes: the middle of the range is the most frequent, as three lobes are of a neutrophil."""
    return int(np.clip(round(float(rng.normal((fewest + most) / 2 - 0.4, 0.7))), fewest, most))


def _chain(
    rng: np.random.Generator, patch: Patch, radius_um: float, size_um: float, angle: float, lobes: int
) -> Floats:
    """Lobes along a bow, each joined to the next by a thin bridge."""
    bent = patch.warped(rng, scale_um=2.6, by_um=0.30)
    lobe_um = size_um / math.sqrt(lobes)
    bow_um = radius_um * float(rng.uniform(0.46, 0.54))
    step = 2 * math.asin(min(0.97, float(rng.uniform(0.98, 1.18)) * lobe_um / bow_um))
    step = min(step, 1.75 * math.pi / lobes)
    centers = []
    nucleus: Floats | None = None
    for number in range(lobes):
        turn = angle + (number - (lobes - 1) / 2) * step + float(rng.normal(0, 0.08))
        away_um = bow_um * float(rng.uniform(0.88, 1.1))
        center = (away_um * math.cos(turn), away_um * math.sin(turn))
        long = float(rng.uniform(1.05, 1.35))
        tilt = turn + math.pi / 2 + float(rng.normal(0, 0.35))
        grown = lobe_um * float(rng.uniform(0.9, 1.08))
        lobe = ellipse(bent, center, (grown * long, grown / long), tilt)
        nucleus = lobe if nucleus is None else joined(nucleus, lobe, 0.25)
        centers.append(center)
    for start, end in pairwise(centers):
        bridge = segment(bent, start, end, float(rng.uniform(0.3, 0.95)))
        nucleus = joined(nucleus, bridge, 0.3)  # type: ignore[arg-type]  # there is at least one lobe
    return nucleus  # type: ignore[return-value]


def _kidney(rng: np.random.Generator, patch: Patch, size_um: float, angle: float) -> Floats:
    """A bent band of the wanted area, its middle near the center of the cell."""
    half_width_um = size_um * float(rng.uniform(0.50, 0.66))
    bend_um = size_um * float(rng.uniform(0.52, 0.72))
    length_um = math.pi * (size_um**2 - half_width_um**2) / (2 * half_width_um)
    half_angle = min(length_um / (2 * bend_um), 2.2)
    middle_um = bend_um * math.sin(half_angle) / half_angle
    center = (-middle_um * math.cos(angle), -middle_um * math.sin(angle))
    bent = patch.warped(rng, scale_um=3.2, by_um=0.5)
    return arc(bent, center, angle, bend_um=bend_um, half_angle=half_angle, half_width_um=half_width_um)


def _disk(
    rng: np.random.Generator, patch: Patch, radius_um: float, size_um: float, angle: float, *, oval: bool, dented: bool
) -> Floats:
    """A round or oval nucleus, off center by up to the room there is, indented or not."""
    room_um = (radius_um - size_um) * float(rng.uniform(0.2, 0.9))
    center = (room_um * math.cos(angle), room_um * math.sin(angle))
    long = float(rng.uniform(1.0, 1.16 if oval else 1.06))
    bent = patch.warped(rng, scale_um=3.0, by_um=0.038 * size_um)
    nucleus = ellipse(bent, center, (size_um * long, size_um / long), angle + math.pi / 2)
    if not dented:
        return nucleus
    # The dent faces the wide side of the cytoplasm, where the Golgi zone lies.
    toward = angle + math.pi + float(rng.normal(0, 0.3))
    away_um = size_um * float(rng.uniform(1.35, 1.75))
    dent_center = (center[0] + away_um * math.cos(toward), center[1] + away_um * math.sin(toward))
    dent = ellipse(bent, dent_center, (size_um * 0.75, size_um * 0.75), 0.0)
    return -joined(-nucleus, dent, 0.9)

"""The cell around a nucleus: the closed border that best parts cytoplasm from glass and red cells.

Every pixel votes for or against belonging to a nucleated cell. Around each nucleus the votes are unrolled to polar
coordinates, and dynamic programming finds the smooth closed border that gathers the most votes and lies on an edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.color import Floats
from leukoscope.imaging.segmentation.border import ANGLES, RINGS, best_border
from leukoscope.imaging.segmentation.grouping import Nucleus
from leukoscope.imaging.segmentation.parts import Labels
from leukoscope.imaging.segmentation.survey import Survey


@dataclass(frozen=True, slots=True)
class CytoplasmSettings:
    """How pixels vote; densities are natural-log absorbances.

    Attributes:
        glass: Density below which a pixel is glass.
        off_ray: Distance from the color of red cells that makes a full vote for the cell.
        glass_vote: Vote of glass.
        red_vote: Vote of a pixel that looks like a red cell.
        pale_vote: Vote of a pixel between glass and red cell, as pale cytoplasm is.
        foreign_vote: Vote of a pixel of another nucleus.
        reach: How far the search goes beyond the nucleus, in red-cell diameters.
        far: Loss of vote per red-cell diameter outside the nucleus.
        edge: Weight of the fall of density across the border.
    """

    glass: float = 0.05
    off_ray: float = 0.07
    glass_vote: float = -1.0
    red_vote: float = -0.7
    pale_vote: float = 0.25
    foreign_vote: float = -3.0
    reach: float = 0.75
    far: float = 0.35
    edge: float = 0.6


SETTINGS = CytoplasmSettings()
"""Chosen on the training part of BCCD and by eye on the other sets."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Votes of every working pixel.

    Attributes:
        belongs: For (up to 1) or against (down to -1) lying in a nucleated cell.
        amount: Density over the density of red cells.
    """

    belongs: Floats
    amount: Floats


def count_votes(density: Floats, seen: Survey, settings: CytoplasmSettings = SETTINGS) -> Votes:
    """Let every pixel vote by its color.

    A pixel whose color lies off the line from glass to red cell is stained by something else than hemoglobin, so it
    votes for the cell. On that line glass and red cells vote against it, what lies between them weakly for it.

    Args:
        density: Absorbance of the working picture.
        seen: What the survey told about glass and red cells.
        settings: How pixels vote.
    """
    soft = np.asarray(cv2.GaussianBlur(density, (0, 0), 1.0), np.float32)
    square = cv2.transform(soft * soft, np.ones((1, 3), np.float32))
    amount = np.sqrt(square)
    along = np.maximum(cv2.transform(soft, np.array([seen.hemoglobin], np.float32)), 0)
    aside = np.sqrt(np.maximum(square - along * along, 0))
    off = np.clip((aside - seen.aside) / settings.off_ray, 0, 1)
    relative = amount / seen.red_density
    glass = 0.06 / seen.red_density + 0.12
    on = np.interp(
        relative,
        [0.6 * glass, 1.2 * glass, 0.45, 0.8, 1.1, 1.6],
        [settings.glass_vote, settings.pale_vote, settings.pale_vote, settings.red_vote, settings.red_vote, 0.3],
    )
    belongs = np.minimum(on * (1 - off) + off, np.clip((amount - settings.glass) / 0.05, -1, 1))
    return Votes(belongs.astype(np.float32), relative.astype(np.float32))


def trace(
    votes: Votes,
    labels: Labels,
    nuclei: Sequence[Nucleus],
    red_cell: float,
    settings: CytoplasmSettings = SETTINGS,
) -> list[NDArray[np.float32]]:
    """Border of the cell around each nucleus, shape (ANGLES, 2), x and y in working pixels; it may leave the picture.

    Args:
        votes: Votes of every pixel.
        labels: Number of the part at each pixel, 0 elsewhere.
        nuclei: The nuclei.
        red_cell: Diameter of a red cell in working pixels.
        settings: How far to search, and the weights.
    """
    if not nuclei:
        return []
    owner = _owner(labels, nuclei)
    polar = [_unrolled(votes, owner, number, nucleus, red_cell, settings) for number, nucleus in enumerate(nuclei, 1)]
    rings = best_border(np.stack([one.gain for one in polar]))
    return [one.to_picture(ring) for one, ring in zip(polar, rings, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Polar:
    """The surroundings of a nucleus: what a border gains at each angle and ring."""

    x: float
    y: float
    ring_width: float
    gain: Floats

    def to_picture(self, rings: NDArray[np.int64]) -> NDArray[np.float32]:
        radius = (rings + 1.0) * self.ring_width
        radius = cv2.GaussianBlur(np.tile(radius, 3)[None].astype(np.float32), (0, 0), 0.8)[0][ANGLES : 2 * ANGLES]
        angle = _angles()
        return np.stack([self.x + radius * np.cos(angle), self.y + radius * np.sin(angle)], axis=1).astype(np.float32)


def _angles() -> NDArray[np.float64]:
    return np.asarray(np.arange(ANGLES) * (2 * np.pi / ANGLES), np.float64)


def _owner(labels: Labels, nuclei: Sequence[Nucleus]) -> NDArray[np.int16]:
    """Number of the nucleus (from 1) at each pixel; -1: a part that belongs to none; 0: no nucleus."""
    table = np.full(int(labels.max()) + 1, -1, np.int16)
    table[0] = 0
    for number, nucleus in enumerate(nuclei, start=1):
        table[[part.number for part in nucleus.parts]] = number
    return np.asarray(table[labels], np.int16)


def _unrolled(
    votes: Votes, owner: NDArray[np.int16], number: int, nucleus: Nucleus, red_cell: float, settings: CytoplasmSettings
) -> _Polar:
    (x, y), hull = cv2.minEnclosingCircle(nucleus.outline)
    x, y = (x + nucleus.center[0]) / 2, (y + nucleus.center[1]) / 2
    width = (hull + settings.reach * red_cell) / RINGS
    radius = (np.arange(RINGS) + 0.5) * width
    across = (x + np.outer(np.cos(_angles()), radius)).astype(np.float32)
    down = (y + np.outer(np.sin(_angles()), radius)).astype(np.float32)

    def unroll(picture: NDArray[np.float32] | NDArray[np.int16], method: int) -> NDArray[np.float32]:
        return np.asarray(cv2.remap(picture, across, down, method, borderMode=cv2.BORDER_REPLICATE), np.float32)

    owned = unroll(owner, cv2.INTER_NEAREST)
    own = owned == number
    belongs = np.where(own, 1.0, unroll(votes.belongs, cv2.INTER_LINEAR))
    belongs[(owned > 0) & ~own] = settings.foreign_vote
    belongs -= settings.far * np.maximum(0, (radius - hull) / red_cell)
    amount = unroll(votes.amount, cv2.INTER_LINEAR)
    fall = np.zeros_like(amount)
    fall[:, 1:-1] = np.clip(amount[:, :-2] - amount[:, 2:], -0.3, 1.0)
    # A ring counts by its area, so that the sum over the inside of a border is the sum over its pixels.
    gain = np.cumsum(belongs * (10 * radius * width / red_cell**2), axis=1) + settings.edge * fall * radius / red_cell
    last = np.where(own, np.arange(RINGS), -1).max(axis=1)
    gain[np.arange(RINGS) < last[:, None]] = -50.0  # the border may not cut the nucleus
    return _Polar(x, y, width, gain.astype(np.float32))

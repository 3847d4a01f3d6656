"""WHERE DO THEY LIE?  Centers that keep white cells apart and let red cells crowd around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.cells import PlannedCell
from leukoscope.synthetic.shapes import RoundOutline

Points = NDArray[np.float64]
"""Centers in micrometers from the upper left corner, shape (n, 2), as (x, y)."""

_GAP_UM = 0.8
_TRIES = 2000
_BLOCK = 128
_OUTSIDE_UM = 1.5
"""How far the center of a red cell may lie outside the picture, which then shows part of it."""

_PRESSED_UM = 0.35
"""How deep two touching white cells are pressed into each other."""


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A white cell and its center in micrometers."""

    planned: PlannedCell
    center_um: tuple[float, float]


def place_white_cells(
    rng: np.random.Generator, cells: Sequence[PlannedCell], size_um: tuple[float, float], *, touching_pairs: int
) -> list[PlacedCell]:
    """Give every white cell a place wholly inside the picture, none overlapping; the first pairs touch.

    Raises:
        InvalidValueError: They do not fit.
    """
    groups = [_pair(rng, *cells[2 * i : 2 * i + 2]) for i in range(touching_pairs)]
    groups += [[PlacedCell(cell, (0.0, 0.0))] for cell in cells[2 * touching_pairs :]]
    groups.sort(key=_reach, reverse=True)
    placed: list[PlacedCell] = []
    taken = np.empty((0, 3))
    for group in groups:
        reach_um = _reach(group)
        x, y = _free_place(rng, reach_um, size_um, taken, total=len(cells))
        taken = np.vstack([taken, (x, y, reach_um)])
        placed += [PlacedCell(one.planned, (x + one.center_um[0], y + one.center_um[1])) for one in group]
    return placed


def _pair(rng: np.random.Generator, first: PlannedCell, second: PlannedCell) -> list[PlacedCell]:
    """Two cells pressed against each other, around their common middle."""
    angle = float(rng.uniform(0, 2 * math.pi))
    facing = np.array([angle]), np.array([angle + math.pi])
    apart_um = float(first.outline.radius_at(facing[0])[0] + second.outline.radius_at(facing[1])[0]) - _PRESSED_UM
    x, y = apart_um * math.cos(angle) / 2, apart_um * math.sin(angle) / 2
    return [PlacedCell(first, (-x, -y)), PlacedCell(second, (x, y))]


def _reach(group: Sequence[PlacedCell]) -> float:
    """Radius of the circle around (0, 0) that holds a group."""
    return max(math.hypot(*one.center_um) + one.planned.outline.reach_um for one in group) + 0.3


def _free_place(
    rng: np.random.Generator, reach_um: float, size_um: tuple[float, float], taken: Points, *, total: int
) -> tuple[float, float]:
    """A place for a circle, clear of the edge and of the circles in `taken` (x, y, radius)."""
    room = np.array(size_um) - 2 * reach_um
    if np.all(room >= 0):
        candidates = reach_um + rng.uniform(0, 1, (_TRIES, 2)) * room
        apart = _distances(taken[:, :2], candidates) - taken[:, 2:] - reach_um
        free = np.flatnonzero((apart > _GAP_UM).all(axis=0))
        if len(free):
            x, y = candidates[free[0]].tolist()
            return x, y
    raise InvalidValueError(
        f"{total} white cells do not fit into {size_um[0]:.0f} x {size_um[1]:.0f} um without overlapping.",
        hint="Ask for fewer cells, a larger picture or a larger pixel size.",
    )


def place_red_cells(
    rng: np.random.Generator,
    outlines: Sequence[RoundOutline],
    white: Sequence[PlacedCell],
    size_um: tuple[float, float],
    *,
    rounds: int = 40,
) -> Points:
    """Centers of red cells: pushed away from white cells, some of them lying over one another."""
    radii = np.array([outline.radius_um for outline in outlines])
    # Most cells keep clear of the others; some do not mind and end up overlapping.
    yielding = np.where(rng.random(len(radii)) < 0.7, 1.02, rng.uniform(0.5, 0.9, len(radii)))
    middle = np.array([one.center_um for one in white]).reshape(-1, 2)
    keep = np.array([one.planned.outline.radius_um for one in white])[:, None] + radii
    spread = np.array(size_um)
    centers: Points = rng.uniform(0, 1, (len(radii), 2)) * spread
    for _ in range(rounds):
        centers = centers + 0.5 * _pushes_among(centers, radii, yielding)
        # White cells win: the last word of every round is theirs.
        centers = np.clip(centers + _pushes(middle, centers, keep), -_OUTSIDE_UM, spread + _OUTSIDE_UM)
    return centers


def _pushes_among(centers: Points, radii: Points, yielding: Points) -> Points:
    """How far each red cell has to move to keep its distance from the others.

    The cells are taken in order of x, a block at a time against those near in x, so that large fields stay cheap.
    """
    pushes = np.zeros_like(centers)
    order = np.argsort(centers[:, 0])
    x = centers[order, 0]
    near_um = 2 * float(radii.max(initial=0.0))
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        first = np.searchsorted(x, centers[block[0], 0] - near_um)
        last = np.searchsorted(x, centers[block[-1], 0] + near_um, side="right")
        others = order[first:last]
        wanted = (radii[others][:, None] + radii[block]) * np.minimum(yielding[others][:, None], yielding[block])
        pushes[block] = _pushes(centers[others], centers[block], wanted)
    return pushes


def _pushes(others: Points, centers: Points, wanted: Points) -> Points:
    """How far each center has to move so that it keeps `wanted[other, center]` from the others."""
    apart = centers[None, :, :] - others[:, None, :]
    distance = _distances(others, centers)
    short = np.where(distance > 1e-9, np.clip(wanted - distance, 0, None), 0.0)
    pushes: Points = (apart * (short / np.maximum(distance, 1e-9))[..., None]).sum(axis=0)
    return pushes


def _distances(others: Points, centers: Points) -> Points:
    """Distance of each of `others` from each center, shape (others, centers)."""
    apart = centers[None, :, :] - others[:, None, :]
    distances: Points = np.hypot(apart[..., 0], apart[..., 1])
    return distances
